"""The channels of a force: how they are doing, and the switch that holds one and lets it go again."""

from django.http import Http404, HttpResponse

from trackmycrime.audit.api import Actor
from trackmycrime.delivery import switches
from trackmycrime.desk import words
from trackmycrime.desk.forms import HoldForm
from trackmycrime.desk.gate import FORM, allowed
from trackmycrime.desk.pages import back_to, page
from trackmycrime.desk.reads import channels as reads
from trackmycrime.desk.rights import Act
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.access import DeskRequest


@allowed(Act.SEE_CHANNELS)
def listed(request: DeskRequest) -> HttpResponse:
    """How email, text and push are doing."""
    found = reads.channels(request.staff.force_id, utc_now())
    return page(request, "desk/channels.html", "channels", channels=found)


def _one(request: DeskRequest, name: str, *, held: bool) -> reads.Channel:
    """That channel, if the force itself holds it, or does not."""
    found = reads.channels(request.staff.force_id, utc_now())
    one = next((one for one in found if one.name == name and one.may_hold is not held), None)
    if one is None:
        raise Http404
    return one


@allowed(Act.HOLD_CHANNELS, FORM)
def hold(request: DeskRequest, channel: str) -> HttpResponse:
    """Hold a channel, after saying what that does and how many wait."""
    one = _one(request, channel, held=False)
    form = HoldForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        reason = form.cleaned_data["reason"]
        switches.hold(channel, force=request.staff.force_id, reason=reason, by=_by(request), now=utc_now())
        return back_to("channels", done="held_channel")
    return page(
        request,
        "desk/channel_hold.html",
        "channels",
        422 if form.errors else 200,
        channel=one,
        way=words.said(words.CHANNELS, channel),
        form=form,
    )


@allowed(Act.HOLD_CHANNELS, FORM)
def release(request: DeskRequest, channel: str) -> HttpResponse:
    """Let a channel go again, after saying how many go out at once."""
    one = _one(request, channel, held=True)
    if request.method == "POST":
        switches.release(channel, force=request.staff.force_id, by=_by(request), now=utc_now())
        return back_to("channels", done="released_channel")
    return page(
        request,
        "desk/channel_release.html",
        "channels",
        channel=one,
        way=words.said(words.CHANNELS, channel),
        still=any(each.everywhere for each in one.held),
    )


def _by(request: DeskRequest) -> Actor:
    return Actor("officer", str(request.staff.account_id))
