"""What a victim and the police write to each other on one case."""

from uuid import UUID

from django import forms
from django.http import Http404, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from trackmycrime.design.forms import LongTextField
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.messages import api
from trackmycrime.messages.view import lines
from trackmycrime.people.access import PortalRequest
from trackmycrime.people.helping import giving
from trackmycrime.portal import reads
from trackmycrime.publish import dates, view


class Write(forms.Form):
    """One message. `once` is made with the form, so that a form sent twice is one message."""

    once = forms.UUIDField(widget=forms.HiddenInput)
    text = LongTextField(
        label=gettext_lazy("Your message"),
        help_text=gettext_lazy(
            "It becomes part of the case record. The defence may be shown it if the case goes to court."
        ),
        max_length=api.MOST_CHARACTERS,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={
            "required": gettext_lazy("Write your message before you send it"),
            "max_length": gettext_lazy(
                "Your message is too long. Make it %(limit_value)d characters or fewer, or send it in two parts"
            ),
            "null_characters_not_allowed": gettext_lazy("Your message has a sign in it that cannot be read"),
        },
    )


@require_safe
def threads(request: PortalRequest) -> HttpResponse:
    """Which case is it about? With one case there is nothing to ask."""
    found = view.my_cases(get_language() or "en", now=utc_now(), unread=api.my_unread())
    if len(found) == 1:
        return HttpResponseRedirect(reverse("messages_of", args=[found[0].id]))
    return render(request, "portal/cases/threads.html", {"lines": found, "here": "messages"})


@require_http_methods(["GET", "HEAD", "POST"])
def thread(request: PortalRequest, id: UUID) -> HttpResponse:
    """The thread, oldest first, and the form below it; what the police wrote is read once it was shown."""
    now = utc_now()
    account = request.account_id
    assert account is not None
    victims = reads.parts(account, id)
    access = [] if victims else reads.let_in(account, id, now=now)
    case = view.case_page(id, get_language() or "en", now=now) if victims or access else None
    if case is None:
        raise Http404
    form = Write(request.POST) if request.method == "POST" else Write(initial={"once": new_id()})
    if form.is_bound and form.is_valid():
        try:
            text, once = form.cleaned_data["text"], form.cleaned_data["once"]
            if victims:
                api.write_as_victim(victims[0], id, account, text, once, now=now)
            else:
                api.write_as_helper(access[0].id, id, account, text, once, now=now)
            return HttpResponseRedirect(f"{reverse('messages_of', args=[id])}?sent=1")
        except api.NotSent as why:
            if why.reason == "closed":
                raise Http404 from why
            form.add_error(
                None,
                _("You have written a lot in the last hour. Wait a little, or call 101 if it is urgent."),
            )
    found = sorted(
        (m for victim in victims or {one.victim_id for one in access} for m in api.thread(victim)),
        key=lambda message: message.written_at,
    )
    shown = lines(
        found, "victim", now=now, helpers=api.helpers(found), victim=_("The person you help"),
        reader=None if victims else account,
    )  # fmt: skip
    if request.method == "GET":
        for victim in victims:
            api.mark_read_by_victim(victim, account, now=now)
        for one in access:
            giving.looked(account, one.id, one.victim_id, force_id=one.force_id, now=now)
    language = view.language_of(get_language() or "en")
    due = api.answer_by(now, reads.answer_days(id))
    context = {
        "case": case,
        "id": id,
        "lines": shown,
        "form": form if victims or access[0].may_write else None,
        "helping": not victims,
        "sent": "sent" in request.GET,
        "answer_by": dates.day(due, language, today=london_date(now)),
        "here": "messages",
    }
    return render(request, "portal/cases/messages.html", context)
