"""The pages of factors, the same at both doors: on the way in, to confirm that it is still you, and to change them.

A door gives its name, how it answers with a page (in the frame ``<door>/base.html``), how somebody goes on once they
are in, and how it says that there were too many tries.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django import forms
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext as _

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import access, limits, signing
from trackmycrime.people.limits import TooManyTries
from trackmycrime.people.models import Account
from trackmycrime.people.signing import How

from . import code_app, passkeys, recovery
from .ceremony import NotRight, site
from .forms import AppCode, NamePasskey, RecoveryForm
from .owner import LastOne, held

SECRET = "code_app"  # noqa: S105 (the name under which a session keeps it)


class FactorPages:
    """The pages at one door."""

    def __init__(
        self,
        door: str,
        page: Callable[..., HttpResponse],
        arrived: Callable[[HttpRequest, Account], HttpResponse],
        too_many: Callable[[TooManyTries], str],
    ) -> None:
        self.door, self.page, self.arrived, self.too_many = door, page, arrived, too_many

    # On the way in, and to confirm

    def show_passkey(self, request: HttpRequest) -> HttpResponse:
        """Show a passkey: whoever it is, or the person who has begun to sign in or confirms it."""
        now, who = utc_now(), self._who(request)
        wrong, status = "", 200
        if request.method == "POST":
            of = who if request.POST.get("of") == "me" else None
            try:
                limits.count(limits.SHOWING, f"{self.door} {limits.address_of(request)}", now=now)
                shown = passkeys.shown(self.door, request.POST.get("answer", ""), account=of, now=now)
                if done := self._passed(request, shown, How.PASSKEY, now):
                    return done
                wrong = _("That passkey did not let you in. Try again, or sign in another way.")
            except NotRight:
                wrong = _("That passkey did not let you in. Try again, or sign in another way.")
            except TooManyTries as many:
                wrong, status = self.too_many(many), 429
        options = passkeys.to_prove(self.door, who, now=now) if who else self.to_sign_in(now)
        return self._page(request, "show_passkey", status, options=options, wrong=wrong, me=bool(who))

    def to_sign_in(self, now: datetime | None = None) -> str:
        """What a page with the form to sign in offers passkeys by."""
        return passkeys.to_sign_in(self.door, now=now or utc_now())

    def show_code(self, request: HttpRequest) -> HttpResponse:
        """Type a code of the app."""
        wrong = _("That code is not right. Wait for the next one that your app shows, and enter that.")
        return self._typed(request, "show_code", AppCode, How.APP, code_app.right, wrong)

    def show_recovery(self, request: HttpRequest) -> HttpResponse:
        """Type a recovery code."""
        wrong = _("That code is not right, or it was used before. Check it, or try another one.")
        return self._typed(request, "show_recovery", RecoveryForm, How.RECOVERY, recovery.use, wrong)

    def _typed(
        self,
        request: HttpRequest,
        name: str,
        kind: type[forms.Form],
        how: How,
        right: Callable[..., bool],
        wrong: str,
    ) -> HttpResponse:
        now, who, status = utc_now(), self._who(request), 200
        if who is None:
            return HttpResponseRedirect(f"{reverse('sign_in')}?ended=1")
        form = kind(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                tries = limits.second_step(request, self.door, who, now=now)
                if right(self.door, who, form.cleaned_data["code"], now=now):
                    tries.forgive(now=now)
                    if done := self._passed(request, who, how, now):
                        return done
                form.add_error("code", wrong)
            except TooManyTries as many:
                form.add_error(None, self.too_many(many))
                status = 429
        return self._page(request, name, status, form=form)

    def _who(self, request: HttpRequest) -> UUID | None:
        """Who has begun to sign in here, or is signed in."""
        begun = signing.half(request, now=utc_now())
        return begun.account_id if begun else access.signed_in(request)

    def _passed(self, request: HttpRequest, who: UUID, how: How, now: datetime) -> HttpResponse | None:
        """Where to go now that this was shown; None where it lets nobody in."""
        confirms = access.signed_in(request) == who
        account = signing.passed(request, self.door, who, how, now=now)
        if account is None:
            if not signing.half(request, now=now):
                return None
            return HttpResponseRedirect(_with_next(request, "second_step"))
        if confirms:
            return HttpResponseRedirect(access.safe_next(request, reverse("account")))
        return self.arrived(request, account)

    # To change them, once signed in

    def needed(self, request: HttpRequest) -> HttpResponse:
        """That an app or a passkey is needed before anything else opens, and the ways to both."""
        return self._page(request, "needed")

    def passkeys(self, request: HttpRequest) -> HttpResponse:
        """The passkeys of the account, and a form to add one."""
        now, account = utc_now(), self._account(request)
        form = NamePasskey(request.POST if request.method == "POST" else None)
        wrong = ""
        if request.method == "POST" and form.is_valid():
            try:
                answer, name = request.POST.get("answer", ""), form.cleaned_data["name"]
                passkeys.add(self.door, account.pk, answer, name, now=now)
                signing.confirmed(request, How.PASSKEY, now)
                return self._added(account.pk, "passkeys")
            except NotRight:
                wrong = _("That did not work, and nothing has changed. Try again.")
            except passkeys.TakenAlready:
                wrong = _("That passkey is in use already.")
            except passkeys.TooMany:
                wrong = _("You have as many passkeys as anybody can have. Remove one first.")
        context = {
            "form": form,
            "wrong": wrong,
            "mine": passkeys.mine(self.door, account.pk),
            "options": passkeys.to_add(self.door, account.pk, account.email, now=now),
        }
        return self._page(request, "passkeys", 422 if wrong else 200, **context)

    def rename_passkey(self, request: HttpRequest, passkey: UUID) -> HttpResponse:
        """Call a passkey something else."""
        form = NamePasskey(request.POST)
        who = self._account(request).pk
        if passkey not in {one.id for one in passkeys.mine(self.door, who)}:
            raise Http404
        if form.is_valid():
            passkeys.rename(self.door, who, passkey, form.cleaned_data["name"], now=utc_now())
        return _back("passkeys", "named" if form.is_valid() else "unnamed")

    def remove_passkey(self, request: HttpRequest, passkey: UUID) -> HttpResponse:
        """Take a passkey away."""
        try:
            if not passkeys.remove(self.door, self._account(request).pk, passkey, now=utc_now()):
                raise Http404
        except LastOne:
            return _back("passkeys", "last")
        return _back("passkeys", "removed")

    def code_app(self, request: HttpRequest) -> HttpResponse:
        """Add the app: its secret, to photograph or to type, and a field for the first code; or that there is one."""
        now, account = utc_now(), self._account(request)
        form = AppCode(request.POST if request.method == "POST" else None)
        has = code_app.has(self.door, account.pk)
        secret: str = request.session.get(SECRET) or code_app.new_secret()
        if not has:
            request.session[SECRET] = secret
        if not has and request.method == "POST" and form.is_valid():
            try:
                added = code_app.add(self.door, account.pk, secret, form.cleaned_data["code"], now=now)
            except code_app.HasOne:
                return _back("code_app", "")
            if added:
                del request.session[SECRET]
                signing.confirmed(request, How.APP, now)
                return self._added(account.pk, "code_app")
            form.add_error(
                "code",
                _(
                    "That code is not right. Check that the app has this page’s key, and enter the newest code."
                ),
            )
        context: dict[str, Any] = {"form": form, "has": has}
        if not has:
            context["picture"] = code_app.picture(secret, account.email)
            context["spelled"] = code_app.spelled(secret)
        return self._page(request, "code_app", **context)

    def remove_code_app(self, request: HttpRequest) -> HttpResponse:
        """Take the app away."""
        try:
            code_app.remove(self.door, self._account(request).pk, now=utc_now())
        except LastOne:
            return _back("code_app", "last")
        return _back("code_app", "removed")

    def recovery_codes(self, request: HttpRequest) -> HttpResponse:
        """How many recovery codes are left; new ones, shown this once, where that was asked for."""
        account = self._account(request).pk
        made = recovery.renew(self.door, account, now=utc_now()) if request.method == "POST" else []
        return self._page(request, "recovery_codes", made=made, left=recovery.left(self.door, account))

    def _added(self, account: UUID, page: str) -> HttpResponse:
        """Whoever has a first factor and no recovery codes goes on to them."""
        return _back(page if held(self.door, account).codes else "recovery_codes", "added")

    def _account(self, request: HttpRequest) -> Account:
        who = access.signed_in(request)
        assert who is not None
        return Account.objects.get(pk=who)

    def _page(self, request: HttpRequest, name: str, status: int = 200, **context: Any) -> HttpResponse:
        of = site(self.door)
        here = urlsplit(f"//{request.get_host()}").hostname
        context |= {
            "base": f"{self.door}/base.html",
            "at_desk": self.door == "desk",
            "said": request.GET.get("said", ""),
            "next": access.safe_next(request, ""),
            # passkeys belong to one address; at another one the page says where
            "elsewhere": "" if here == of.id else of.origin + request.path,
        }
        return self.page(request, f"design/factors/{name}.html", status, **context)


def _with_next(request: HttpRequest, name: str) -> str:
    to = access.safe_next(request, "")
    return reverse(name) + (f"?{urlencode({'next': to})}" if to else "")


def _back(name: str, said: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'said': said})}")
