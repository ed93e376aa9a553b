"""What `delivery` asks and tells of every letter: which of them are for whom in this room."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from trackmycrime.delivery.api import POST, Finished, Letter, Verdict

from . import looking, posting, sign_in_codes
from .looking import Undelivered


def recheck(letters: Sequence[Letter], now: datetime) -> dict[UUID, Verdict]:
    """Which of these letters, about to be sent or printed, must not be (any more, or now); all others may."""
    signing = sign_in_codes.ours(letters)
    return {
        **looking.recheck([each for each in letters if each.purpose != POST and each.id not in signing], now),
        **sign_in_codes.look_again([each for each in letters if each.id in signing], now),
        **posting.look_again([each for each in letters if each.purpose == POST], now),
    }


def finished(ended: Sequence[Finished], now: datetime) -> list[Undelivered]:
    """Take note of letters that were accepted, that arrived, or that failed for good (`looking`, `posting`)."""
    posting.ended([each for each in ended if each.purpose == POST], now)
    return looking.finished([each for each in ended if each.purpose != POST], now)
