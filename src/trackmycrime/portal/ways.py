"""By which ways a victim may ask to be told: only what safe contact allows and what leads somewhere."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from trackmycrime.alerts import rules
from trackmycrime.delivery.api import neutral
from trackmycrime.delivery.masking import masked
from trackmycrime.people import browsers, devices, letters
from trackmycrime.people.models import Victim


@dataclass(frozen=True)
class Phones:
    """What an account can be told by push on: the newest browser, and for which of its victims that is safe."""

    newest: devices.Device | None = None
    allowed: frozenset[UUID] = frozenset()

    def for_victim(self, victim: Victim) -> devices.Device | None:
        """The browser on which this victim can be told, if any."""
        return self.newest if victim.id in self.allowed else None


NONE = Phones()


def phones_of(account_id: UUID) -> Phones:
    """What the signed-in account can be told by push on."""
    mine = devices.mine(account_id)
    return Phones(mine[0], frozenset(devices.allowed())) if mine else NONE


def masked_way(channel: str, victim: Victim) -> str:
    """«Email to r…@example.org», «Text message to the number that ends in 123»: the one on file, masked."""
    if channel == "email":
        return _("Email to %(address)s") % {"address": masked(channel, victim.email or "")}
    digits = masked(channel, victim.mobile or "").lstrip("…")
    return _("Text message to the number that ends in %(digits)s") % {"digits": digits}


def open_to(victim: Victim, phones: Phones = NONE) -> list[tuple[str, str]]:
    """(channel, words) to choose from; nothing where no machine may reach this person: an officer tells them."""
    phone = phones.for_victim(victim)
    contact = rules.contact_of(
        victim, joined=True, invited=True, phone=devices.hash_of(phone.endpoint) if phone else None
    )
    if rules.no_machine(contact, neutral()):
        return []
    words = {
        "email": masked_way("email", victim),
        "text": masked_way("text", victim),
        "push": _("A message on your phone (%(phone)s)")
        % {"phone": browsers.said(phone.browser, phone.system) if phone else ""},
        "phone": _("A phone call from your officer"),
        "letter": _("A letter"),
    }
    return [
        (channel, said)
        for channel, said in words.items()
        if rules.is_safe(contact, channel)
        and not (channel == "letter" and letters.unwanted(victim))
        and (channel in rules.PERSON or rules.reachable(contact, channel))
        and (channel in rules.PERSON or not contact.disguise or channel in neutral())
    ]


def now_used(victim: Victim, phones: Phones = NONE) -> str:
    """The way by which this victim is told today, if it is one that can be chosen; else empty."""
    offered = [channel for channel, _words in open_to(victim, phones)]
    usual = [victim.chosen_channel, victim.preferred_channel, *rules.MACHINE]
    if "push" not in (*usual[:2], *(victim.safe_channels or ())):
        usual.remove("push")  # it is used for who wants it, or of whom somebody said that it is safe
    return next((channel for channel in usual if channel in offered), "")


def paces() -> list[tuple[str, str]]:
    """(pace, words): how soon somebody may want to be told."""
    return [
        ("daytime", _("As it happens, but not at night")),
        ("at_once", _("As it happens, at night too")),
        ("weekly", _("Once a week, all in one")),
    ]


def intervals(usual: int, now: int) -> list[tuple[int, str]]:
    """(days, words): after how many days without news somebody may want to hear that there is none."""
    words = {
        7: _("Every week"),
        14: _("Every 2 weeks"),
        28: _("Every 4 weeks"),
        56: _("Every 8 weeks"),
    }
    days = sorted({14, 28, 56, usual, now} - {0})
    return [
        *((n, words.get(n) or _("Every %(n)s days") % {"n": n}) for n in days),
        (0, _("Only when there is news")),
    ]
