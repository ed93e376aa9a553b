"""Which look at somebody is enough to let them into their account again. Pure: no Django, no clock.

Nothing here can be answered by somebody who only knows the person well: name, date of birth, address and reference
are what a partner knows, and a phone that rings is what a partner holds.
"""

from collections.abc import Collection
from enum import StrEnum


class How(StrEnum):
    """Where the officer and the person were when it was checked."""

    IN_PERSON = "in_person"
    VIDEO = "video"
    PHONE = "phone"
    """The officer called them, on a number that they knew before"""


class What(StrEnum):
    """What was looked at. Never a number of it."""

    PASSPORT = "passport"
    DRIVING_LICENCE = "driving_licence"
    IDENTITY_CARD = "identity_card"
    """A national identity card, a residence permit, or a card with the PASS hologram"""
    KNOWN = "known"
    """The officer has met this person in this case, and knows their face or voice"""


SEEN = frozenset({How.IN_PERSON, How.VIDEO})


def enough(how: str, what: Collection[str]) -> bool:
    """Whether that is enough: a document with a photo beside the face, or an officer who has met them.

    On the phone no document shows whose it is.
    """
    looked = {one for one in what if one in set(What)}
    if how in SEEN:
        return bool(looked)
    return how == How.PHONE and What.KNOWN in looked
