"""By which ways a victim may ask to be told: only what safe contact allows and what leads somewhere."""

from django.utils.translation import gettext as _

from trackmycrime.alerts import rules
from trackmycrime.delivery.masking import masked
from trackmycrime.people.models import Victim


def open_to(victim: Victim) -> list[tuple[str, str]]:
    """(channel, words) to choose from; nothing where no machine may reach this person: an officer tells them."""
    contact = rules.contact_of(victim, joined=True, invited=True)
    if rules.no_machine(contact):
        return []
    words = {
        "email": _("Email to %(address)s") % {"address": masked("email", victim.email or "")},
        "text": _("Text message to the number that ends in %(digits)s")
        % {"digits": masked("text", victim.mobile or "").lstrip("…")},
        "phone": _("A phone call from your officer"),
        "letter": _("A letter"),
    }
    return [
        (channel, said)
        for channel, said in words.items()
        if rules.is_safe(contact, channel) and (channel in rules.PERSON or rules.reachable(contact, channel))
    ]


def now_used(victim: Victim) -> str:
    """The way by which this victim is told today, if it is one that can be chosen; else empty."""
    offered = [channel for channel, _words in open_to(victim)]
    usual = (victim.chosen_channel, victim.preferred_channel, *rules.MACHINE)
    return next((channel for channel in usual if channel in offered), "")
