"""One try of one letter by one channel: what may have arrived already is asked for before it is sent again."""

import logging
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial

from .channels import Channel
from .channels.stepping import Elsewhere, Steps
from .letters import Letter, Outcome
from .settling import Tried

log = logging.getLogger(__name__)


def attempting(channel: Channel, letter: Letter, clock: Callable[[], datetime]) -> Steps[Tried]:
    """Send the letter, or learn that it need not be sent, step by step. Needs no database connection; never raises.

    A letter that may have arrived goes to a provider that can be asked only after that has said that it never got it.
    """
    at, began = clock(), time.monotonic()

    def tried(letter: Letter, outcome: Outcome, *, asked: bool = False) -> Tried:
        return Tried(letter, outcome, at, int((time.monotonic() - began) * 1000), asked)

    if letter.doubts and channel.askable:
        try:
            known: Outcome | None = yield Elsewhere(partial(channel.ask, letter))
        except Exception as fault:
            known = _fault(letter, fault, "asking")
        sure = letter._replace(doubts=0)
        if known is not None:
            return tried(letter if known.result == "unclear" else sure, known, asked=True)
        letter = sure
    try:
        outcome = yield from channel.steps(letter)
    except Exception as fault:
        outcome = _fault(letter, fault, "sending")
    return tried(letter, outcome)


def _fault(letter: Letter, fault: Exception, doing: str) -> Outcome:
    """A fault of ours: the text may be out, and the letter must not be lost."""
    log.error("dispatch %s: %s while %s", letter.id, type(fault).__name__, doing)
    return Outcome("unclear", "fault")
