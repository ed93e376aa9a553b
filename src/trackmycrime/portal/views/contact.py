"""How a victim is told that there is something new, and in which language. An address is never changed here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django import forms
from django.conf import settings as configured
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from trackmycrime.alerts.addresses import confirm_mine, lost_of_mine
from trackmycrime.audit import api as audit
from trackmycrime.delivery.api import push_key
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people import choices, devices
from trackmycrime.people.access import PortalRequest, fresh_only
from trackmycrime.people.models import Victim
from trackmycrime.portal import reads, ways
from trackmycrime.publish import view

from .information import remember


class Settings(forms.Form):
    """A channel for each case, and one language for all. Only ways that are safe for that case are offered."""

    def __init__(
        self, *args: object, parts: list[tuple[str, Victim]], phones: ways.Phones, **kwargs: object
    ) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        self.parts = parts
        for title, victim in parts:
            if not (offered := ways.open_to(victim, phones)):
                continue
            label = _("How should we tell you that there is something new?")
            self.fields[f"channel_{victim.id}"] = forms.ChoiceField(
                label=f"{title}: {label[:1].lower()}{label[1:]}" if len(parts) > 1 else label,
                choices=offered,
                initial=ways.now_used(victim, phones),
                widget=forms.RadioSelect,
                error_messages={
                    "required": _("Choose how we should tell you"),
                    "invalid_choice": _("Choose one of the ways that are shown"),
                },
            )
        if any(ways.open_to(victim, phones) for _title, victim in parts):
            self._ask_when(parts[0][1])
        self.fields["language"] = forms.ChoiceField(
            label=_("In which language?"),
            choices=configured.LANGUAGES,
            initial=next((v.chosen_language for _t, v in parts if v.chosen_language), get_language()),
            widget=forms.RadioSelect,
            error_messages={
                "required": _("Choose a language"),
                "invalid_choice": _("Choose one of the languages that are shown"),
            },
        )

    def _ask_when(self, victim: Victim) -> None:
        """How soon, and how often without news: for all cases together, shown as it is for this one."""
        usual = reads.policy_of(victim)
        days = usual.update_days if victim.agreed_days is None else victim.agreed_days
        wrong = {"invalid_choice": _("Choose one of the times that are shown")}
        self.fields["pace"] = forms.ChoiceField(
            label=_("How soon should we tell you?"),
            help_text=_("An arrest, a charge or a date in court does not wait for the end of the week."),
            choices=ways.paces(),
            initial=victim.chosen_pace or usual.pace,
            required=False,
            widget=forms.RadioSelect,
            error_messages=wrong,
        )
        self.fields["update_days"] = forms.TypedChoiceField(
            label=_("How often should you hear from us when there is no news?"),
            choices=ways.intervals(usual.update_days, days),
            coerce=int,
            empty_value=None,
            initial=days,
            required=False,
            widget=forms.RadioSelect,
            error_messages=wrong,
        )

    def save(self, account_id: UUID, *, now: datetime) -> None:
        """Keep what was chosen."""
        chosen = {
            victim.id: choices.Choice(
                self.cleaned_data.get(f"channel_{victim.id}", victim.chosen_channel),
                self.cleaned_data["language"],
                self._said("pace", victim.chosen_pace),
                self._said("update_days", victim.agreed_days),
            )
            for _title, victim in self.parts
        }
        choices.choose(account_id, chosen, now=now)

    def _said(self, name: str, before: Any) -> Any:
        """What was chosen; what was left as it was shown stays, and goes with the force where it was the force's."""
        said = self.cleaned_data.get(name)
        return before if said in ("", None) or name not in self.changed_data else said


class Confirming(forms.Form):
    """Which address: of which of the account's victims, on which channel."""

    victim = forms.UUIDField()
    channel = forms.ChoiceField(choices=[("email", ""), ("text", "")])


@fresh_only
@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: PortalRequest) -> HttpResponse:
    """The form; when it was right, everything from now on goes the new way."""
    now = utc_now()
    account = request.account_id
    assert account is not None
    lines = view.my_cases(get_language() or "en", now=now)
    titles = {line.id: f"{line.title} ({line.reference})" for line in lines}
    parts = [(titles[case], victim) for case, victim in reads.my_parts(account) if case in titles]
    phones = ways.phones_of(account)
    form = Settings(request.POST if request.method == "POST" else None, parts=parts, phones=phones)
    if form.is_bound and form.is_valid():
        form.save(account, now=now)
        language = form.cleaned_data["language"]
        request.account.language = language
        request.account.save(update_fields=["language"])
        return remember(HttpResponseRedirect(f"{reverse('settings')}?saved=1"), language)
    titles_of = {victim.id: title for title, victim in parts if ways.open_to(victim, phones)}
    context = {
        "form": form,
        "saved": "saved" in request.GET,
        "lost": [(titles_of[one], one, by) for one, by in lost_of_mine() if one in titles_of],
        "told_in_person": [title for title, victim in parts if not ways.open_to(victim, phones)],
        "phone_offered": bool(push_key() and devices.allowed()),
        "here": "settings",
    }
    return render(request, "portal/account/settings.html", context)


@fresh_only
@require_http_methods(["POST"])
def confirm_address(request: PortalRequest) -> HttpResponse:
    """«This address is right, use it again»: for one that came back, or where somebody asked for no more."""
    form = Confirming(request.POST)
    if not form.is_valid():
        raise Http404
    victim, now = form.cleaned_data["victim"], utc_now()
    if not confirm_mine(victim, form.cleaned_data["channel"], now=now):
        raise Http404
    act = audit.Act("address.confirmed", "victim", str(victim))
    audit.record(audit.Actor("victim", str(request.account_id)), [act], force=None, now=now)
    return HttpResponseRedirect(f"{reverse('settings')}?saved=1")
