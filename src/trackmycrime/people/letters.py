"""Whether a victim may be written to on paper, and the lines of the address. Pure: no Django, no clock."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .models import Victim

WINDOW = 8
"""How many lines the window of an envelope shows"""


def unwanted(victim: "Victim") -> bool:
    """Whether they have said that they want no letters."""
    return "no_letters" in ((victim.detail or {}).get("needs") or ())


def why_not(victim: "Victim", *, protected: bool) -> str:
    """Why no letter may be sent to this victim, as a word; empty when one may.

    ``no_letters`` (they asked for none), ``disguise``, ``not_safe`` (letter is not among what is safe), ``not_known``
    (the crime is of a protected kind, and nobody has said what is safe), ``no_address``. Who chose letters here has
    said so.
    """
    if unwanted(victim):
        return "no_letters"
    if victim.disguise:
        return "disguise"
    if victim.safe_channels is not None and "letter" not in victim.safe_channels:
        return "not_safe"
    if protected and not victim.safe_known and victim.chosen_channel != "letter":
        return "not_known"
    return "" if ((victim.detail or {}).get("address") or {}).get("lines") else "no_address"


def addressed(victim: "Victim") -> list[str]:
    """The lines for the window of the envelope: name, organisation, address, postcode; `WINDOW` of them at most."""
    detail = victim.detail or {}
    address = detail.get("address") or {}
    lines = [
        detail.get("name"),
        detail.get("organisation"),
        *address.get("lines", ()),
        address.get("postcode"),
    ]
    found = [str(line) for line in lines if line]
    if len(found) > WINDOW:  # name, organisation, the six lines that the contract allows, and the postcode
        found[WINDOW - 1 :] = ["  ".join(found[WINDOW - 1 :])]
    return found
