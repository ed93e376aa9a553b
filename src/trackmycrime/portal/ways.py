"""By which ways a victim may ask to be told: only what safe contact allows and what leads somewhere."""

from django.utils.translation import gettext as _

from trackmycrime.alerts import rules
from trackmycrime.people.models import Victim


def open_to(victim: Victim) -> list[tuple[str, str]]:
    """(channel, words) to choose from; nothing where no machine may reach this person: an officer tells them."""
    contact = rules.contact_of(victim, joined=True, invited=True)
    if rules.no_machine(contact):
        return []
    words = {
        "email": _("Email to %(address)s") % {"address": masked_email(victim.email or "")},
        "text": _("Text message to the number that ends in %(digits)s")
        % {"digits": (victim.mobile or "")[-3:]},
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


def masked_email(address: str) -> str:
    """Enough to recognise one's own address, too little for somebody who looks over the shoulder."""
    name, _at, domain = address.partition("@")
    return f"{name[:1]}…@{domain}"
