"""Helping somebody: taking up an invitation, where one helps, and who works for an organisation.

The link's token is in no address after the first page and in no session: only its keyed hash.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trackmycrime.kernel import setwise
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people import limits, signing
from trackmycrime.people.access import PortalRequest, fresh_only, open_to_all
from trackmycrime.people.helping import giving, organisations, rules, taking_up
from trackmycrime.people.helping.rules import Refused
from trackmycrime.people.helping.taking_up import OnTheWay
from trackmycrime.people.joining import AnotherPassword
from trackmycrime.people.models import Access, Member
from trackmycrime.people.signing import How
from trackmycrime.portal import tongue
from trackmycrime.publish import dates, view

from .joining_forms import CodeForm, NewAccount, too_many, words
from .people import PAGE, Email, said

KEPT = "helping"


class HelpCode(CodeForm):
    """The code that whoever asked for help tells."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["code"].help_text = _(
            "Eight letters and numbers, from the person who asked for your help."
        )


class Colleague(Email):
    """Somebody who works for the organisation."""

    name = forms.CharField(
        label=gettext_lazy("Their name"),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter their name")},
    )
    administrator = forms.BooleanField(label=gettext_lazy("They too say who works here"), required=False)
    field_order = ("name", "email", "administrator")


def _page(request: HttpRequest, name: str, *, status: int = 200, **context: Any) -> HttpResponse:
    return render(request, f"portal/helping/{name}.html", context, status=status)


def _unusable(request: HttpRequest) -> HttpResponse:
    request.session.pop(KEPT, None)
    return _page(request, "unusable", status=404)


def on_the_way(view_: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Give the view how far this browser is; who has not opened an invitation has nothing here."""

    @wraps(view_)
    def run(request: HttpRequest) -> HttpResponse:
        found = taking_up.read(request.session.get(KEPT))
        return view_(request, found) if found else _unusable(request)

    return run


@open_to_all
@require_http_methods(PAGE)
def link(request: HttpRequest, token: str) -> HttpResponse:
    """A link from a mail. Opening it uses nothing up; the button does."""
    now = utc_now()
    if request.method != "POST":
        return _page(request, "link") if taking_up.usable(token, now=now) else _unusable(request)
    try:
        found = taking_up.open_link(token, limits.address_of(request), now=now)
    except limits.TooManyTries as many:
        return _page(request, "unusable", status=429, why=words("error.too_many_tries", minutes=many.minutes))
    if found is None:
        return _unusable(request)
    request.session[KEPT] = found.kept()
    return redirect("helping_not_for_me" if "not_for_me" in request.POST else "helping_code")


@open_to_all
@require_http_methods(PAGE)
@on_the_way
def code(request: HttpRequest, found: OnTheWay) -> HttpResponse:
    """The second proof: the code that whoever asked for help tells them."""
    if found.ticket:
        return redirect("helping_account")
    form = HelpCode(request.POST or None)
    status = 200
    if form.is_valid():
        try:
            result, proved = taking_up.prove(
                found, form.cleaned_data["code"], limits.address_of(request), now=utc_now()
            )
            if proved:
                request.session.cycle_key()
                request.session[KEPT] = proved.kept()
                return redirect("helping_account")
            if result == "gone":
                return _unusable(request)
            form.add_error("code", words("error.code_wrong"))
        except limits.TooManyTries as many:
            status = too_many(form, many)
    return _page(request, "code", form=form, status=status)


@open_to_all
@sensitive_post_parameters("password")
@require_http_methods(PAGE)
@on_the_way
def account(request: HttpRequest, found: OnTheWay) -> HttpResponse:
    """A new sign-in of their own, or the one that they have and are signed in with."""
    if not found.ticket:
        return redirect("helping_code")
    now, status = utc_now(), 200
    mine: UUID | None = getattr(request, "account_id", None)
    if mine and "mine" in request.POST:
        if not taking_up.take_up(found, mine, now=now):
            return _unusable(request)
        request.session.pop(KEPT, None)
        return redirect("helping")
    form = NewAccount(request.POST or None)
    form.fields["email"].help_text = _("You will use it to sign in.")
    if not mine and form.is_valid():
        try:
            made = taking_up.take_up_with(
                found, form.cleaned_data["email"], form.cleaned_data["password"], limits.address_of(request),
                language=get_language() or "", now=now,
            )  # fmt: skip
            if made is None:
                return _unusable(request)
            request.session.pop(KEPT, None)
            signing.passed(request, "portal", made.pk, How.INVITATION, now=now)
            return redirect(tongue.onwards(made.pk, reverse("helping"), now=now))
        except AnotherPassword:
            form.add_error("password", words("error.password_common"))
        except limits.TooManyTries as many:
            status = too_many(form, many)
    return _page(request, "account", form=form, status=status, signed_in=bool(mine))


@open_to_all
@require_http_methods(PAGE)
@on_the_way
def not_for_me(request: HttpRequest, found: OnTheWay) -> HttpResponse:
    """Ask once more, then end it."""
    if request.method != "POST":
        return _page(request, "not_for_me")
    stopped = taking_up.stop(found, now=utc_now())
    request.session.pop(KEPT, None)
    return _page(request, "stopped") if stopped else _unusable(request)


# ---------------------------------------------------------------- where somebody helps


@require_safe
def mine(request: PortalRequest) -> HttpResponse:
    """The cases that this account helps with, by what, and the organisations that it works for."""
    now, language = utc_now(), get_language() or "en"
    assert request.account_id is not None
    cases = {line.id: line for line in view.my_cases(language, now=now)}
    context: dict[str, Any] = {
        "lines": [
            {
                "id": access.id,
                "case": cases[case],
                "may_write": access.may_write,
                "until": dates.day(
                    rules.last_day(access.until), language, today=london_date(now)
                ),
                "own": access.account_id == request.account_id,
                "wants_alerts": access.wants_alerts,
            }
            for case, access in _accesses()
            if case in cases
        ],
        "works": [
            {"id": one.id, "name": one.organisation.name, "organisation": one.organisation_id,
             "leads": one.role == Member.Role.ADMINISTRATOR}
            for one in Member.objects.select_related("organisation").filter(
                account_id=request.account_id, ended_at=None, organisation__ended_at=None
            )
        ],
        "done": request.GET.get("done", ""),
        "here": "cases",
    }  # fmt: skip
    return _page(request, "mine", **context)


def _accesses() -> list[tuple[UUID, Access]]:
    """(case, access) of all that the signed-in account was let in to."""
    rows = setwise.fetch(
        "select c.id as case_id, a.id from people_access a join publish_case c"
        " on c.crime_id = a.crime_id and c.force_id = a.force_id"
        " where a.id = any ((select my_accesses())::uuid[]) order by a.given_at, a.id limit 200"
    )
    known = Access.objects.in_bulk([row["id"] for row in rows])
    return [(row["case_id"], known[row["id"]]) for row in rows if row["id"] in known]


@require_POST
def leave(request: PortalRequest, access: UUID) -> HttpResponse:
    """«I do not want to help with this any more.»"""
    return _did(request, lambda who: giving.leave(who, access, now=utc_now()), "left")


@require_POST
def alerts(request: PortalRequest, access: UUID) -> HttpResponse:
    """«Tell me when there is something new», or not any more."""
    wanted = request.POST.get("wanted") == "yes"
    return _did(
        request, lambda who: giving.want_alerts(who, access, wanted, now=utc_now()), "on" if wanted else "off"
    )


@require_POST
def off(request: PortalRequest, member: UUID) -> HttpResponse:
    """Somebody leaves an organisation, or an administrator of it takes them off: at once."""
    assert request.account_id is not None
    try:
        gone = organisations.remove_member(request.account_id, member, now=utc_now())
    except Refused as why:
        if why.reason != "last":
            raise Http404 from why
        return redirect(f"{reverse('helping')}?done=last")
    if gone.account_id == request.account_id:
        return redirect(f"{reverse('helping')}?done=left")
    return redirect("helping_team", gone.organisation_id)


def _did(request: PortalRequest, act: Callable[[UUID], None], done: str) -> HttpResponse:
    assert request.account_id is not None
    try:
        act(request.account_id)
    except Refused as why:
        raise Http404 from why
    return redirect(f"{reverse('helping')}?done={done}")


@fresh_only
@require_http_methods(PAGE)
def team(request: PortalRequest, organisation: UUID) -> HttpResponse:
    """Who works for an organisation, for its administrators: the list, and somebody new."""
    assert request.account_id is not None
    of = next((one for one in organisations.led_by(request.account_id) if one.id == organisation), None)
    if of is None:
        raise Http404
    form = Colleague(request.POST or None)
    shown: dict[str, str] = {}
    if form.is_valid():
        try:
            code = organisations.add_member(
                request.account_id, of.id, who=form.cleaned_data["name"], email=form.cleaned_data["email"],
                administrator=form.cleaned_data["administrator"], language=get_language() or "en", now=utc_now(),
            )  # fmt: skip
            request.session["team_code"] = {"name": form.cleaned_data["name"], "code": code}
            return redirect("helping_team", of.id)
        except Refused as why:
            form.add_error(None, ValidationError(said(why)))
    elif request.method == "GET":
        shown = request.session.pop("team_code", {})
    members = [
        {
            "id": one.id, "name": one.name, "leads": one.role == Member.Role.ADMINISTRATOR,
            "joined": one.joined_at is not None, "me": one.account_id == request.account_id,
        }
        for one in organisations.members(of.id)
    ]  # fmt: skip
    return _page(
        request, "team", organisation=of, members=members, form=form, shown=shown, here="cases",
        status=422 if form.errors else 200,
    )  # fmt: skip
