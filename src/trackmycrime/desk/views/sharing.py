"""Who sees a case with its victim, for the desk; the guardian of a child; and the organisations of a force."""

from typing import Any
from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime.desk import words
from trackmycrime.desk.gate import FORM, WRITE, allowed, write_down
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import sharing as reads
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest
from trackmycrime.people.helping import giving, organisations
from trackmycrime.people.helping.rules import Refused

from . import found
from .acts import asked
from .case import title_of

CODE = "help_code"


class Invited(forms.Form):
    """Who is to be let in, and where the mail with the link goes."""

    name = forms.CharField(
        label=lazy("Their name"), max_length=100, error_messages={"required": lazy("Enter their name")}
    )
    email = forms.EmailField(
        label=lazy("Their email address"),
        help_text=lazy("They get a link. It says nothing of the case."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
        error_messages={
            "required": lazy("Enter their email address"),
            "invalid": lazy("Enter all of their email address, like name@example.com"),
        },
    )


class Guardian(Invited):
    """A parent or guardian."""

    may = forms.ChoiceField(
        label=lazy("What may they do?"),
        choices=[
            ("read", lazy("Read it")),
            ("write", lazy("Read it, and write to police in their own name")),
        ],
        initial="write",
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose what they may do")},
    )
    sure = forms.BooleanField(
        label=lazy("I have made sure who they are, and that it is right and safe that they see this case"),
        error_messages={"required": lazy("Make sure of it first, and say so")},
    )


class NewOrganisation(Invited):
    """An organisation, with the first person who says who works there."""

    organisation = forms.CharField(
        label=lazy("Name of the organisation"),
        max_length=200,
        error_messages={"required": lazy("Enter the name of the organisation")},
    )
    field_order = ("organisation", "name", "email")


def _why_not(why: Refused) -> str:
    return {
        "no_birthday": _("The records system has not said when they were born. Have it put in there first"),
        "not_a_child": _("They are 18 or older. They can let somebody in themselves"),
        "no_portal": _("This site is not safe for this person"),
    }.get(why.reason, _("That is not possible any more. Look at the case again"))


@allowed(Act.SEE_CASES)
def people(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """Who can see the case with this victim, and who could."""
    victim = found.victim(request, victim_id)
    crime = found.crime(request, victim.crime_id)
    write_down(request, "sharing.seen", "victim", victim.id)
    lines = reads.shared(victim.id, utc_now())
    return page(
        request,
        "desk/people.html",
        "cases",
        crime=crime,
        title=title_of(crime),
        victim=victim,
        name=str(victim.detail.get("name") or ""),
        now_shared=[line for line in lines if not line.ended],
        before=[line for line in lines if line.ended],
        shown=request.session.pop(CODE, None),
    )


@allowed(Act.INVITE, FORM)
def guardian(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """Let in the parent or guardian of a child, until the 18th birthday."""
    victim = found.victim(request, victim_id)
    crime = found.crime(request, victim.crime_id)
    form = Guardian(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            given = giving.give_guardian(
                request.staff.force_id, victim.id, request.staff.account_id, name=form.cleaned_data["name"],
                email=form.cleaned_data["email"], may_write=form.cleaned_data["may"] == "write",
                language=words.language(), now=utc_now(),
            )  # fmt: skip
            request.session[CODE] = {"name": form.cleaned_data["name"], "code": given.code}
            return back_to("sharing", victim.id)
        except Refused as why:
            form.add_error(None, _why_not(why))
    return asked(
        request,
        crime,
        form,
        heading=_("Let in a parent or guardian"),
        paragraphs=[
            _("They see what the child sees, until the day of the 18th birthday. Then it ends by itself."),
            _("The next page shows a code. Tell it to them yourself: the link alone opens nothing."),
        ],
        button=_("Send the invitation"),
    )


@allowed(Act.WITHHOLD, WRITE)
def end(request: DeskRequest, access_id: UUID) -> HttpResponse:
    """End access to a case at once: it only protects, so whoever works a case may."""
    try:
        access = giving.end_by_officer(
            request.staff.force_id, access_id, request.staff.account_id, now=utc_now()
        )
    except Refused as why:
        raise Http404 from why
    return back_to("sharing", access.victim_id, done="access_ended")


@allowed(Act.ORGANISATIONS, FORM)
def listed(request: DeskRequest) -> HttpResponse:
    """The organisations that the force works with, and a new one."""
    form = NewOrganisation(request.POST if request.method == "POST" else None)
    if form.is_valid():
        _of, code = organisations.add(
            request.staff.force_id, request.staff.account_id, name=form.cleaned_data["organisation"],
            language=words.language(), now=utc_now(), **_who(form),
        )  # fmt: skip
        return _with_code(request, form, code)
    return page(
        request,
        "desk/organisations.html",
        "organisations",
        422 if form.errors else 200,
        organisations=reads.organisations(request.staff.force_id, utc_now()),
        form=form,
        shown=request.session.pop(CODE, None) if request.method == "GET" else None,
    )


@allowed(Act.ORGANISATIONS, FORM)
def administrator(request: DeskRequest, organisation_id: UUID) -> HttpResponse:
    """Invite another person who says who works there."""
    of = reads.organisation(request.staff.force_id, organisation_id)
    if of is None:
        raise Http404
    form = Invited(request.POST if request.method == "POST" else None)
    if form.is_valid():
        code = organisations.invite_administrator(
            request.staff.force_id, of.id, request.staff.account_id, language=words.language(), now=utc_now(),
            **_who(form),
        )  # fmt: skip
        return _with_code(request, form, code)
    return page(
        request,
        "desk/organisation.html",
        "organisations",
        422 if form.errors else 200,
        organisation=of,
        form=form,
    )


@allowed(Act.ORGANISATIONS, WRITE)
def close(request: DeskRequest, organisation_id: UUID) -> HttpResponse:
    """The force does not work with it any more: nobody there sees anything from now on."""
    try:
        organisations.close(request.staff.force_id, organisation_id, request.staff.account_id, now=utc_now())
    except Refused as why:
        raise Http404 from why
    return back_to("organisations", done="organisation_closed")


def _who(form: forms.Form) -> dict[str, Any]:
    return {"who": form.cleaned_data["name"], "email": form.cleaned_data["email"]}


def _with_code(request: DeskRequest, form: forms.Form, code: str) -> HttpResponse:
    request.session[CODE] = {"name": form.cleaned_data["name"], "code": code}
    return back_to("organisations")
