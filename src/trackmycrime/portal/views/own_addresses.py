"""Changing one's own email address and mobile number: what is on file, another one, and the code that went to it."""

from dataclasses import dataclass
from uuid import UUID

import phonenumbers
from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.views.decorators.http import require_http_methods, require_safe

from trackmycrime.alerts import rules
from trackmycrime.delivery import numbers
from trackmycrime.delivery.api import neutral, set_up
from trackmycrime.delivery.masking import masked
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import own_addresses
from trackmycrime.people.access import PortalRequest, fresh_only
from trackmycrime.people.limits import TooManyTries
from trackmycrime.people.models import Victim
from trackmycrime.people.own_addresses import COLUMN
from trackmycrime.portal import reads
from trackmycrime.publish import view


@dataclass(frozen=True)
class Group:
    """The parts of an account that are reached at one address, which is changed for all of them at once."""

    channel: str
    victims: tuple[Victim, ...]
    titles: tuple[str, ...]
    """The cases that are named; another part of theirs in a crime that was merged has no page of its own"""

    @property
    def first(self) -> Victim:
        """By which the group is named in an address."""
        return self.victims[0]

    @property
    def now(self) -> str:
        """What is on file, masked; empty for nothing."""
        value = getattr(self.first, COLUMN[self.channel])
        return masked(self.channel, value) if value else ""


class NewEmail(forms.Form):
    """Another email address."""

    value = forms.EmailField(
        label=lazy("New email address"),
        help_text=lazy("We send a code to it. Use one that nobody else can read."),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        error_messages={
            "required": lazy("Enter your new email address"),
            "invalid": lazy("Enter all of your email address, like name@example.com"),
        },
    )


class NewNumber(forms.Form):
    """Another mobile number; it becomes one with its country (E.164)."""

    value = forms.CharField(
        label=lazy("New mobile number"),
        help_text=lazy("We send a code to it. Use a phone that nobody else can look at."),
        max_length=40,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
        error_messages={"required": lazy("Enter your new mobile number")},
    )

    def __init__(self, *args: object, countries: tuple[str, ...] = ("GB",), **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self._countries = countries

    def clean_value(self) -> str:
        """The number with its country. Refuses what no text may go to."""
        wrong = forms.ValidationError(_("Enter a mobile number, like 07700 900 982"))
        try:
            parsed = phonenumbers.parse(self.cleaned_data["value"], "GB")
        except phonenumbers.NumberParseException:
            raise wrong from None
        found = phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)
        landline = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.FIXED_LINE
        if landline or not numbers.allowed(found, self._countries):
            raise wrong
        return found


class Code(forms.Form):
    """The code that went to the new one."""

    code = forms.CharField(
        label=lazy("Code"),
        help_text=lazy("Six numbers. It works for 10 minutes."),
        max_length=60,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "numeric", "spellcheck": "false"}
        ),
        error_messages={"required": lazy("Enter the code")},
    )


@fresh_only
@require_safe
def page(request: PortalRequest) -> HttpResponse:
    """What is on file, what was changed lately, and what cannot be changed here."""
    account = _account(request)
    groups = _groups(account)
    channels = [channel for channel in COLUMN if channel in set_up()]
    said = {
        "proved": _("We are changing it now."),
        "waits": _(
            "Your officer speaks with you first, because we know no other safe way to tell you of it."
        ),
        "allowed": _("We are changing it now."),
        "done": _("It is changed. We have told you in another way, or your officer has spoken with you."),
        "refused": _("It was not changed. Talk to your officer."),
    }
    changes = {one.batch: one for one in own_addresses.mine(account, now=utc_now())}
    context = {
        "groups": groups,
        "changes": [
            {"what": masked(one.channel, one.value), "said": said[one.state]} for one in changes.values()
        ],
        "elsewhere": any(
            not _may(one, channel) for _case, one in reads.my_parts(account) for channel in channels
        ),
        "here": "settings",
    }
    return render(request, "portal/account/own_addresses.html", context)


@fresh_only
@require_http_methods(["GET", "HEAD", "POST"])
def change(request: PortalRequest, victim: UUID, channel: str) -> HttpResponse:
    """The form for another one, and the code is on its way."""
    account, now = _account(request), utc_now()
    group = next(
        (
            each
            for each in _groups(account)
            if each.channel == channel and victim in {v.id for v in each.victims}
        ),
        None,
    )
    if group is None:
        raise Http404
    given = request.POST if request.method == "POST" else None
    countries = reads.policy_of(group.first).text_countries
    form = NewEmail(given) if channel == "email" else NewNumber(given, countries=countries)
    if form.is_bound and form.is_valid():
        value = form.cleaned_data["value"]
        if fault := _fault(group, value):
            form.add_error("value", fault)
        else:
            try:
                batch = own_addresses.ask(account, group.victims, channel, value, now=now)
                return HttpResponseRedirect(reverse("own_address_code", args=[batch]))
            except TooManyTries:
                form.add_error(None, _("You have asked for too many codes. Try again tomorrow, or call 101."))
    context = {"form": form, "group": group, "here": "settings"}
    return render(request, "portal/account/own_address.html", context, status=422 if form.errors else 200)


@fresh_only
@require_http_methods(["GET", "HEAD", "POST"])
def code(request: PortalRequest, batch: UUID) -> HttpResponse:
    """Type the code. What is another's, over or unknown looks the same as one that has run out."""
    form = Code(request.POST if request.method == "POST" else None)
    over = False
    if form.is_bound and form.is_valid():
        result = own_addresses.prove(_account(request), batch, form.cleaned_data["code"], now=utc_now())
        if result == "right":
            return HttpResponseRedirect(reverse("own_addresses"))
        over = result == "over"
        form.add_error(
            "code",
            _("This code does not work any more. Ask for a new one.")
            if over
            else _("The code is not right. Check it and try again."),
        )
    context = {"form": form, "over": over, "here": "settings"}
    return render(
        request, "portal/account/own_address_code.html", context, status=422 if form.errors else 200
    )


def _groups(account_id: UUID) -> list[Group]:
    """The addresses that the account may change here, one after the other."""
    lines = {
        line.id: f"{line.title} ({line.reference})"
        for line in view.my_cases(get_language() or "en", now=utc_now())
    }
    titles = {victim.id: lines[case] for case, victim in reads.my_parts(account_id) if case in lines}
    mine = list(Victim.objects.filter(account_id=account_id, live=True).order_by("joined_at", "id"))
    found = []
    for channel, column in COLUMN.items():
        by_address: dict[bytes, list[Victim]] = {}
        for victim in mine:
            if channel in set_up() and _may(victim, channel):
                by_address.setdefault(bytes(getattr(victim, f"{column}_hash") or b""), []).append(victim)
        for several in by_address.values():
            if named := tuple(titles[one.id] for one in several if one.id in titles):
                found.append(Group(channel, tuple(several), named))
    return found


def _may(victim: Victim, channel: str) -> bool:
    """Whether that channel is one by which this person may be reached at all, and not at another hour."""
    contact = rules.contact_of(victim, joined=True, invited=True)
    return (
        not rules.no_machine(contact, neutral())
        and rules.is_safe(contact, channel)
        and (not contact.disguise or channel in neutral())
    )


def _fault(group: Group, value: str) -> str:
    found, now = own_addresses.hash_of(group.channel, value), utc_now()
    if bytes(getattr(group.first, f"{COLUMN[group.channel]}_hash") or b"") == found:
        return _("This is the one that we have already")
    if any(found in {bytes(one) for one in victim.blocked_hashes} for victim in group.victims):
        return _("We cannot use this one. Talk to your officer.")
    for victim in group.victims:
        contact = rules.contact_of(victim, joined=True, invited=True)
        if rules.next_safe(contact, now) > now:
            return _(
                "At this time of day we do not write to you, to keep you safe. Try again at a safe time."
            )
    return ""


def _account(request: PortalRequest) -> UUID:
    assert request.account_id is not None
    return request.account_id
