"""Who can see a case with its victim: letting somebody in, changing it, ending it. What may be is decided elsewhere."""

from collections.abc import Callable
from datetime import date, datetime
from functools import wraps
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from trackmycrime.design.forms import DatePartsField
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.people.access import PortalRequest, fresh_only
from trackmycrime.people.helping import giving, rules
from trackmycrime.people.helping.rules import Kind, Refused
from trackmycrime.people.models import Access, HelpInvitation, Organisation, Victim
from trackmycrime.portal import reads
from trackmycrime.publish import dates, view

CODE = "help_code"
PAGE = ["GET", "HEAD", "POST"]
_MAY = [
    ("read", gettext_lazy("Read it")),
    ("write", gettext_lazy("Read it, and write to police in their own name")),
]


def said(why: Refused) -> str:
    """Why something was not possible, in words."""
    return {
        "child": _("You are under 18. Ask your officer to let somebody in for you"),
        "no_portal": _("Police do not use this site for your case any more. Ask your officer"),
        "past": _("Choose a day that is still to come"),
        "too_long": _("Choose a day within the next year. You can let them in again after that"),
        "already": _("They can see this case already"),
        "too_many": _("You have let in many people today. Wait until tomorrow, or ask your officer"),
        "not_joined": _("They have to join first"),
    }.get(why.reason, _("That did not work. Look at the list of people and try again"))


class Until(forms.Form):
    """What they may do, and until when."""

    may = forms.ChoiceField(
        label=gettext_lazy("What may they do?"),
        choices=_MAY,
        initial="read",
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose what they may do")},
    )
    day = DatePartsField(
        label=gettext_lazy("Until which day?"),
        help_text=gettext_lazy("At most a year. You can stop it before, whenever you like."),
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["day"].initial = self.initial.get("day") or today + rules.USUAL

    @property
    def may_write(self) -> bool:
        """Whether they may write."""
        return bool(self.cleaned_data["may"] == "write")


class Email(forms.Form):
    """Where the invitation goes."""

    email = forms.EmailField(
        label=gettext_lazy("Their email address"),
        help_text=gettext_lazy("We send them a link, and nothing about you or what happened."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": gettext_lazy("Enter their email address"),
            "invalid": gettext_lazy("Enter all of their email address, like name@example.com"),
        },
    )


class Somebody(Email, Until):
    """A person to let in."""

    name = forms.CharField(
        label=gettext_lazy("Their name"),
        help_text=gettext_lazy("As you call them. Police see it too."),
        max_length=100,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
        error_messages={"required": gettext_lazy("Enter their name")},
    )
    field_order = ("name", "email", "may", "day")


class Organise(Until):
    """An organisation to let in."""

    organisation = forms.ChoiceField(
        label=gettext_lazy("Which organisation?"),
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose an organisation")},
    )
    field_order = ("organisation", "may", "day")

    def __init__(self, *args: Any, organisations: list[Organisation], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["organisation"].choices = [(str(one.id), one.name) for one in organisations]  # type: ignore[attr-defined]


class HandOver(forms.Form):
    """To whom the addresses belong that police have."""

    addresses = forms.ChoiceField(
        label=gettext_lazy("The email address and the number that police have for this case are"),
        choices=[
            ("ours", gettext_lazy("the business's: go on using them")),
            ("mine", gettext_lazy("mine: do not use them any more")),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("Choose whose they are")},
    )
    sure = forms.BooleanField(
        label=gettext_lazy("I know that I cannot see this case any more after this"),
        error_messages={"required": gettext_lazy("Say that you know what happens")},
    )


def _parts(request: PortalRequest, case: UUID) -> list[Victim]:
    """The reader's own parts in the case. Who was let in shares with nobody: 404."""
    assert request.account_id is not None
    ids = reads.parts(request.account_id, case)
    if not ids:
        raise Http404
    return list(Victim.objects.filter(id__in=ids).order_by("joined_at", "id"))


def _case_of(request: PortalRequest, access: UUID) -> tuple[UUID, Access]:
    """The case of access that one of the reader's own parts has given."""
    assert request.account_id is not None
    found = Access.objects.select_related("victim").filter(
        id=access, ended_at=None, victim__account_id=request.account_id
    )
    one = found.first()
    cases = {victim.id: case for case, victim in reads.my_parts(request.account_id)} if one else {}
    if one is None or one.victim_id not in cases:
        raise Http404
    return cases[one.victim_id], one


@require_safe
def people(request: PortalRequest, id: UUID) -> HttpResponse:
    """Everybody who can see the case with its victim, and what can be done about each."""
    now = utc_now()
    parts = _parts(request, id)
    found = list(Access.objects.filter(victim__in=parts, ended_at=None).order_by("given_at", "id"))
    invited = {
        row[0]: (row[1], row[2])
        for row in HelpInvitation.objects.filter(access__in=found)
        .order_by("created_at")
        .values_list("access_id", "state", "expires_at")
    }
    ended = Access.objects.filter(victim__in=parts, ended_at__isnull=False).order_by("-ended_at", "-id")
    context = {
        "id": id,
        "people": [_line(one, invited.get(one.id), now) for one in found],
        "ended": [
            {"name": one.name, "when": _day(one.ended_at, now), "why": _why(one)}
            for one in ended[:20]
            if one.ended_at
        ],
        "done": request.GET.get("done", ""),
        "child": any(part.under_age for part in parts),
        "business": any(part.role == giving.BUSINESS for part in parts),
        "organisations": Organisation.objects.filter(force_id=parts[0].force_id, ended_at=None).exists(),
        "here": "cases",
    }
    return render(request, "portal/people/list.html", context)


def _day(moment: datetime, now: datetime) -> str:
    return dates.day(london_date(moment), get_language() or "en", today=london_date(now))


def _line(one: Access, invited: tuple[str, datetime] | None, now: datetime) -> dict[str, Any]:
    waiting = one.joined_at is None
    state, expires = invited or ("", now)
    words = {
        "locked": _(
            "Somebody typed a wrong code five times. Ask them if it was them, then send a new invitation."
        ),
        "expired": _("They have not used the invitation, and it has run out."),
        "stopped": _("Somebody said that the invitation was not for them."),
    }
    if state in ("waiting", "open", "opened") and expires <= now:
        state = "expired"
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "may_write": one.may_write,
        "over": one.until <= now,
        "until": dates.day(rules.last_day(one.until), get_language() or "en", today=london_date(now)),
        "waiting": words.get(state, _("They have been asked, and have not joined yet.")) if waiting else "",
        "by_officer": one.by_officer,
        "guardian": one.kind == Kind.GUARDIAN,
        "person": one.kind != Kind.ORGANISATION,
    }


def _why(one: Access) -> str:
    return {
        "victim": _("You stopped it"),
        "officer": _("Police stopped it"),
        "left": _("They did not want to any more"),
        "not_for_me": _("They said that the invitation was not for them"),
        "of_age": _("The birthday was there"),
        "contact": _("They became the named contact"),
        "lost": _("They could not sign in any more"),
        "reopened": _("Your account was opened again after it was lost"),
        "moved": _("Somebody else followed the case then"),
    }.get(one.ended_why, _("The time was over"))


def _answered(view_: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """A refusal that no form shows is a page that is not there."""

    @wraps(view_)
    def run(request: PortalRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view_(request, *args, **kwargs)
        except Refused as why:
            raise Http404 from why

    return run


@fresh_only
@require_http_methods(PAGE)
def add(request: PortalRequest, id: UUID) -> HttpResponse:
    """Let a person in: who, what, until when. What comes next is the code to tell them."""
    now = utc_now()
    part = _parts(request, id)[0]
    assert request.account_id is not None
    form = Somebody(request.POST or None, today=london_date(now))
    if form.is_valid():
        try:
            given = giving.give(
                request.account_id, part.id, name=form.cleaned_data["name"], email=form.cleaned_data["email"],
                may_write=form.may_write, day=form.cleaned_data["day"], language=get_language() or "en", now=now,
            )  # fmt: skip
            return _with_code(request, id, form.cleaned_data["name"], given.code)
        except Refused as why:
            form.add_error("day" if why.reason in ("past", "too_long") else None, ValidationError(said(why)))
    return _form(request, id, form, "add")


@fresh_only
@require_http_methods(PAGE)
def organisation(request: PortalRequest, id: UUID) -> HttpResponse:
    """Let an organisation in: from now on, whoever works there."""
    now = utc_now()
    part = _parts(request, id)[0]
    assert request.account_id is not None
    known = list(Organisation.objects.filter(force_id=part.force_id, ended_at=None).order_by("name", "id"))
    form = Organise(request.POST or None, today=london_date(now), organisations=known)
    if form.is_valid():
        try:
            giving.give_organisation(
                request.account_id, part.id, UUID(form.cleaned_data["organisation"]), may_write=form.may_write,
                day=form.cleaned_data["day"], now=now,
            )  # fmt: skip
            return _back(id, "added")
        except Refused as why:
            form.add_error("day" if why.reason in ("past", "too_long") else None, ValidationError(said(why)))
    return _form(request, id, form, "organisation")


@fresh_only
@require_http_methods(PAGE)
@_answered
def change(request: PortalRequest, access: UUID) -> HttpResponse:
    """Change what somebody may do, or until when."""
    now = utc_now()
    case, one = _case_of(request, access)
    if one.by_officer:
        raise Http404
    assert request.account_id is not None
    shown = {"may": "write" if one.may_write else "read", "day": rules.last_day(one.until)}
    form = Until(request.POST or None, today=london_date(now), initial=shown)
    if form.is_valid():
        try:
            giving.change(
                request.account_id, access, may_write=form.may_write, day=form.cleaned_data["day"], now=now
            )
            return _back(case, "changed")
        except Refused as why:
            form.add_error("day" if why.reason in ("past", "too_long") else None, ValidationError(said(why)))
    return _form(request, case, form, "change", name=one.name)


@fresh_only
@require_http_methods(PAGE)
@_answered
def again(request: PortalRequest, access: UUID) -> HttpResponse:
    """Send a new invitation to somebody who has not joined, or who cannot sign in any more; what was before ends."""
    case, one = _case_of(request, access)
    if one.by_officer or one.kind != Kind.HELPER:
        raise Http404
    assert request.account_id is not None
    form = Email(request.POST or None)
    if form.is_valid():
        try:
            asked: dict[str, Any] = {
                "email": form.cleaned_data["email"], "language": get_language() or "en", "now": utc_now(),
            }  # fmt: skip
            if one.joined_at is None:
                code = giving.again(request.account_id, access, **asked)
            else:
                code = giving.anew(request.account_id, access, **asked).code
            return _with_code(request, case, one.name, code)
        except Refused as why:
            form.add_error(None, ValidationError(said(why)))
    return _form(request, case, form, "again" if one.joined_at is None else "anew", name=one.name)


@require_POST
@_answered
def end(request: PortalRequest, access: UUID) -> HttpResponse:
    """Stop it, at once. It only protects: nobody is asked to sign in anew for that."""
    case, _one = _case_of(request, access)
    assert request.account_id is not None
    giving.end(request.account_id, access, now=utc_now())
    return _back(case, "ended")


@fresh_only
@require_http_methods(PAGE)
@_answered
def hand_over(request: PortalRequest, access: UUID) -> HttpResponse:
    """A business's named contact passes the case on to a colleague who helps with it."""
    case, one = _case_of(request, access)
    if one.victim.role != giving.BUSINESS or one.kind != Kind.HELPER or one.joined_at is None:
        raise Http404
    assert request.account_id is not None
    form = HandOver(request.POST or None)
    if form.is_valid():
        keep = form.cleaned_data["addresses"] == "ours"
        giving.hand_over(request.account_id, access, keep_addresses=keep, now=utc_now())
        return redirect("cases")
    return _form(request, case, form, "hand_over", name=one.name)


@require_safe
def code(request: PortalRequest, id: UUID) -> HttpResponse:
    """The code to tell whoever was let in, shown once."""
    _parts(request, id)
    kept = request.session.pop(CODE, {})
    return render(request, "portal/people/code.html", {"id": id, "here": "cases", **kept})


def _with_code(request: PortalRequest, case: UUID, name: str, code: str) -> HttpResponse:
    request.session[CODE] = {"name": name, "code": code}
    return redirect("case_people_code", case)


def _back(case: UUID, done: str) -> HttpResponse:
    response = redirect("case_people", case)
    response["Location"] += f"?done={done}"
    return response


def _form(request: PortalRequest, case: UUID, form: forms.Form, what: str, name: str = "") -> HttpResponse:
    cases = view.my_cases(get_language() or "en", now=utc_now())
    title = next((f"{line.title} · {line.reference}" for line in cases if line.id == case), "")
    context = {"id": case, "form": form, "what": what, "name": name, "case_title": title, "here": "cases"}
    return render(request, "portal/people/form.html", context, status=422 if form.errors else 200)
