"""That an officer has made sure who somebody is, who had joined and cannot get in any more."""

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime import pipeline
from trackmycrime.desk import words
from trackmycrime.desk.gate import FORM, allowed
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest
from trackmycrime.people.recovering import rules

from . import found
from .case import title_of


class IdentityForm(forms.Form):
    """How it was checked, and what was looked at. There is no room for a number, on purpose."""

    how = forms.ChoiceField(
        label=lazy("How did you check?"),
        choices=list(words.CHECKED_HOW.items()),
        widget=forms.RadioSelect,
        error_messages={"required": lazy("Choose how you checked who it is")},
    )
    what = forms.MultipleChoiceField(
        label=lazy("What did you look at?"),
        help_text=lazy("Never write down the number, and keep no copy."),
        choices=list(words.CHECKED_WHAT.items()),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": lazy("Choose what you looked at")},
    )

    def clean(self) -> dict[str, object]:
        """Say what would be enough, if this is not."""
        given = super().clean() or self.cleaned_data
        if "how" in given and "what" in given and not rules.enough(given["how"], given["what"]):
            self.add_error(
                "what",
                _(
                    "On the phone no document shows whose it is. See them, or let an officer do this who knows them"
                ),
            )
        return given


@allowed(Act.RECOVER, FORM)
def check(request: DeskRequest, victim_id: UUID) -> HttpResponse:
    """What must be checked before somebody is let in again, and that it was."""
    victim = found.victim(request, victim_id)
    if victim.account_id is None or victim.no_portal or not victim.live:
        raise Http404
    crime = found.crime(request, victim.crime_id)
    form = IdentityForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        with found.possible():
            pipeline.check_identity(
                request.staff, victim.id, form.cleaned_data["how"], form.cleaned_data["what"], now=utc_now()
            )
        return back_to("invitation", victim.id, done="checked")
    return page(
        request,
        "desk/identity.html",
        "cases",
        422 if form.errors else 200,
        crime=crime,
        title=title_of(crime),
        victim=victim,
        name=str(victim.detail.get("name") or ""),
        form=form,
    )
