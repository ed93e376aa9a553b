"""From an invitation to a case that can be read: the button, the code, and the account.

The link's token and the typed code are in no address after the first page and in no session: only their keyed hash.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import codes, joining, limits, signing
from trackmycrime.people.access import open_to_all
from trackmycrime.people.joining import Joining
from trackmycrime.people.models import Account
from trackmycrime.people.recovering import reopening
from trackmycrime.portal import tongue

from .joining_forms import CodeForm, NewAccount, StartForm, too_many, words
from .session import SignIn, to_second_step

KEPT = "joining"
PAGE = ["GET", "HEAD", "POST"]


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"portal/joining/{name}.html", context, status=status)


def _unusable(request: HttpRequest) -> HttpResponse:
    """One page for wrong, unknown, used up, run out, stopped, and not eligible."""
    request.session.pop(KEPT, None)
    return _page(request, "unusable", status=404, why=words("error.invitation_not_usable"))


def _go_on(request: HttpRequest, found: Joining) -> HttpResponse:
    """Keep how far this browser is, and go to the next page under a clean address."""
    request.session[KEPT] = found.kept()
    return redirect("join_account" if found.ticket else "join_code")


def on_the_way(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view how far this browser is; who has not opened an invitation begins at the beginning."""

    @wraps(view)
    def run(request: HttpRequest) -> HttpResponse:
        found = joining.read(request.session.get(KEPT))
        return view(request, found) if found else redirect("join")

    return run


@open_to_all
@require_http_methods(PAGE)
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A link from a mail. Opening it uses nothing up, for mail scanners open links; the button does."""
    now = utc_now()
    if request.method != "POST":
        return _page(request, "link") if joining.usable(token, now=now) else _unusable(request)
    try:
        found = joining.open_link(token, limits.address_of(request), now=now)
    except limits.TooManyTries as many:
        said = words("error.too_many_tries", minutes=many.minutes)
        return _page(request, "unusable", status=429, why=said)
    if found is None:
        return _unusable(request)
    if "not_for_me" in request.POST:
        request.session[KEPT] = found.kept()
        return redirect("join_not_for_me")
    return _go_on(request, found)


@open_to_all
@require_http_methods(PAGE)
def start(request: HttpRequest) -> HttpResponse:
    """Where a code from a text, a letter or an officer is typed. The square of a letter types it, and tries nothing."""
    form = StartForm(request.POST or None, initial={"code": codes.start_code_in(request.GET.get("code", ""))})
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            found = joining.open_code(form.cleaned_data["code"], limits.address_of(request), now=utc_now())
            if found:
                return _go_on(request, found)
            form.add_error("code", words("error.invitation_not_usable"))
        except limits.TooManyTries as many:
            status = too_many(form, many)
    return _page(request, "start", form=form, status=status)


@open_to_all
@require_http_methods(PAGE)
@on_the_way
def code(request: HttpRequest, found: Joining) -> HttpResponse:
    """The second proof: a code by text, or from the officer."""
    if found.ticket:
        return redirect("join_account")
    form = CodeForm(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        try:
            typed, address = form.cleaned_data["code"], limits.address_of(request)
            result, proved = joining.prove(found, typed, address, now=utc_now())
            if proved:
                request.session.cycle_key()
                return _go_on(request, proved)
            if result == "gone":
                return _unusable(request)
            form.add_error("code", words("error.code_wrong"))
        except limits.TooManyTries as many:
            status = too_many(form, many)
    asked = request.session.get("code_asked", "")
    return _page(request, "code", form=form, status=status, joining=found, asked=asked)


@open_to_all
@require_POST
@on_the_way
def text(request: HttpRequest, found: Joining) -> HttpResponse:
    """Ask for a code by text. The worker makes and sends it."""
    try:
        wanted = joining.want_code(found, limits.address_of(request), now=utc_now())
    except limits.TooManyTries:
        wanted = False
    request.session["code_asked"] = "yes" if wanted else "wait"
    return redirect("join_code")


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
@on_the_way
def account(request: HttpRequest, found: Joining) -> HttpResponse:
    """A new sign-in for this case, or the one that is signed in already."""
    if not found.ticket:
        return redirect("join_code")
    if reopening.opens(found, now=utc_now()):
        return redirect("join_again")
    mine = getattr(request, "account_id", None)
    if mine and "mine" in request.POST:
        if not joining.join(found, mine, now=utc_now()):
            return _unusable(request)
        return _arrived(request, mine)
    form = NewAccount(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        email, password = form.cleaned_data["email"], form.cleaned_data["password"]
        language = get_language() or ""
        address = limits.address_of(request)
        try:
            joined = joining.join_with(found, email, password, address, language=language, now=utc_now())
            return _in(request, joined)
        except joining.AnotherPassword:
            form.add_error("password", words("error.password_common"))
        except limits.TooManyTries as many:
            status = too_many(form, many)
    return _page(
        request,
        "account",
        form=form,
        status=status,
        signed_in=bool(mine),
        one_login=bool(settings.TMC_ONE_LOGIN_ISSUER),
    )


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
@on_the_way
def again(request: HttpRequest, found: Joining) -> HttpResponse:
    """A new password for whoever police have let in again; every other way into the account ends."""
    if not reopening.opens(found, now=utc_now()):
        return redirect("join_account")
    form = NewAccount(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        email, password = form.cleaned_data["email"], form.cleaned_data["password"]
        try:
            known = reopening.reopen(found, email, password, limits.address_of(request), now=utc_now())
            return _in(request, (known, signing.How.INVITATION) if known else None)
        except joining.AnotherPassword:
            form.add_error("password", words("error.password_common"))
        except limits.TooManyTries as many:
            status = too_many(form, many)
    return _page(request, "again", form=form, status=status)


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
@on_the_way
def existing(request: HttpRequest, found: Joining) -> HttpResponse:
    """Add this case to a sign-in that somebody has already."""
    if not found.ticket:
        return redirect("join_code")
    if reopening.opens(found, now=utc_now()):
        return redirect("join_again")
    form = SignIn(request.POST or None)
    status = 200
    if request.method == "POST" and form.is_valid():
        email, password = form.cleaned_data["email"], form.cleaned_data["password"]
        now = utc_now()
        try:
            if known := signing.sign_in(request, "portal", email, password, now=now):
                if not joining.join(found, known.pk, now=now):
                    return _unusable(request)
                return _arrived(request, known.pk)
            if signing.half(request, now=now):
                return to_second_step(reverse("join_account"))
            form.add_error(None, words("error.sign_in_failed"))
        except limits.TooManyTries as many:
            status = too_many(form, many)
    return _page(request, "existing", form=form, status=status)


@open_to_all
@require_http_methods(PAGE)
@on_the_way
def not_for_me(request: HttpRequest, found: Joining) -> HttpResponse:
    """Ask once more, then end the invitation and say so."""
    said = {
        name: words(f"invitation.not_for_me.{name}")
        for name in ("title", "body", "question", "button", "back")
    }
    if request.method != "POST":
        return _page(request, "not_for_me", words=said)
    stopped = joining.stop(found, now=utc_now())
    request.session.pop(KEPT, None)
    if not stopped:
        return _unusable(request)
    done = {name: words(f"invitation.not_for_me.{name}") for name in ("done_title", "done_body")}
    return _page(request, "stopped", words=done)


def _in(request: HttpRequest, joined: tuple[Account, signing.How] | None) -> HttpResponse:
    """Sign in the account that has just joined."""
    if joined is None:
        return _unusable(request)
    known, how = joined
    if not signing.passed(request, "portal", known.pk, how, now=utc_now()):
        return to_second_step(reverse("cases"))
    return _arrived(request, known.pk)


def _arrived(request: HttpRequest, account: UUID) -> HttpResponse:
    for name in (KEPT, "code_asked"):
        request.session.pop(name, None)
    return redirect(tongue.onwards(account, reverse("cases"), now=utc_now()))
