"""What goes over a channel and what comes back. Pure: no Django, no clock."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal, NamedTuple
from uuid import UUID

BELL = "delivery"
"""What is rung when there is something to send."""

SECRET = frozenset({"invitation", "code"})
"""Purposes whose words let somebody in."""

POST = "post"
"""The purpose of a letter that goes by post: its body is the PDF in base64, its address what stands in the window."""

WIPED = SECRET | {POST}
"""Purposes whose words are wiped as soon as nobody has to send them: they let somebody in, or are a document."""

GONE = "gone"
"""A provider's answer (`never`) for an address that is not there any more and never will be again"""

WAITS = "waits"
"""Why a letter is put off by the rooms above; they may ask for it sooner."""
LOOK_AGAIN = timedelta(minutes=30)
"""What waits for a cap is looked at this much later: the cap may have been raised, or a new day begun."""

Result = Literal["accepted", "later", "never", "unclear"]


class Letter(NamedTuple):
    """One frozen text to one address. Its `id` is ours to the provider; `owner_id` is the row of whoever asked.

    `repr` shows ids only, so that no log or traceback can show whom it is for.
    """

    id: UUID
    force: int
    purpose: str
    """``alert``, ``invitation``, ``code``, ``reply`` or ``post``"""
    owner_id: UUID
    channel: str
    """``email``, ``text``, ``push`` or ``letter``"""
    address: str
    """For ``push`` the subscription of one browser (`channels.push.subscription`)"""
    address_hash: bytes
    body: str
    language: str
    due_at: datetime
    give_up_at: datetime
    """When a passing failure becomes a final one. The first try is made however late it is."""
    subject: str | None = None
    tries: int = 0
    """How often it was begun, this time included; 0 for one that nobody has claimed."""
    asks: int = 0
    """How many of these tries only asked a provider, which could not say."""
    doubts: int = 0
    """How many of its tries may have arrived, as far as anybody knows; a provider that was asked takes doubt away."""
    words: str = ""
    """From which version of the words it was frozen: ``alert.email/en@0`` for the built-in ones, ``…/en@3`` for a
    force's third, ``…/cy@2+en@0`` where both languages stand in it"""
    disguised: bool = False
    """Whether nothing on it may say who writes: it goes out under the neutral sender, or not at all."""

    def __repr__(self) -> str:
        return f"<letter {self.id} by {self.channel}>"


@dataclass(frozen=True)
class Outcome:
    """What a provider made of one letter.

    ``accepted``: it took it. ``later``: it did not, and may another time. ``never``: it will not take this one.
    ``unclear``: it may have taken it; nobody can say. `answer` is a code without any address in it.
    """

    result: Result
    answer: str = ""
    provider_id: str = ""
    wait: timedelta | None = None
    """For how long the provider asks to be left alone (with ``later``)"""
    nobody: bool = False
    """With ``never``: it says that there is no such address, so this one is not used again until it is confirmed"""


@dataclass(frozen=True)
class Receipt:
    """What a provider says of a letter after it has taken it; `receipts.take` writes it down.

    The letter is named by our own id where the provider gives it back (`dispatch`), else by what the provider calls it.
    ``delivered``: it has arrived. ``failed``: for good. ``later``: not yet, the provider goes on trying.
    ``complained``: it has arrived and was called unwanted. ``unsubscribed``: whoever holds the letter wants no more at
    that address. ``replied``: somebody wrote back. `answer` is a code without any address in it; `at` is when the
    provider says that it happened, which decides nothing: receipts come late, twice and in any order.
    """

    channel: str
    dispatch: UUID | None
    provider_id: str
    result: Literal["delivered", "failed", "later", "complained", "unsubscribed", "replied"]
    answer: str
    at: datetime


@dataclass(frozen=True)
class Stop:
    """This letter must not go out any more."""

    reason: str


@dataclass(frozen=True)
class Wait:
    """This letter must not go out now, but may at that moment; then it is given up at another one, if that is said."""

    until: datetime
    give_up_at: datetime | None = None
    reason: str = WAITS
    """Kept with the letter while it waits"""


Verdict = Stop | Wait


OverCap = Callable[[Sequence[tuple[Letter, str]], datetime], Mapping[UUID, Verdict]]
"""Says what becomes of letters that are over a cap, given with why: each must stop or wait. Called inside the claim."""


@dataclass(frozen=True)
class Finished:
    """A letter that ended: ``accepted``, or ``delivered`` or ``failed``, which may follow it by a receipt."""

    id: UUID
    force: int
    purpose: str
    owner_id: UUID
    channel: str
    state: str
    reason: str
    address_hash: bytes = b""

    @property
    def gone(self) -> bool:
        """Whether the address is not there any more, for good."""
        return self.state == "failed" and self.reason == f"refused {GONE}"


StillAllowed = Callable[[Sequence[Letter], datetime], Mapping[UUID, Verdict]]
"""Says for letters about to be sent which must stop or wait, and why; all others go. Called inside the claim."""

OnFinished = Callable[[Sequence[Finished], datetime], object]
"""Hears of letters that were accepted or failed for good, in the transaction that writes it down."""


@dataclass(frozen=True)
class Lost:
    """An address that is not used any more, as a letter to it has shown: ``bounced``, ``complained`` or
    ``unsubscribed``. `reason` is the provider's code; `written_at` is when that letter was made."""

    force: int
    address_hash: bytes
    channel: str
    state: str
    reason: str
    purpose: str
    owner_id: UUID
    written_at: datetime


OnLost = Callable[[Sequence[Lost], datetime], object]
"""Hears of addresses that are not used any more, in the transaction that writes it down."""


def _nobody(lost: Sequence[Lost], now: datetime) -> None:
    """Nobody above asked to hear."""


def _wait_for_it(over: Sequence[tuple[Letter, str]], now: datetime) -> dict[UUID, Verdict]:
    """Nobody above knows another way."""
    return {letter.id: Wait(now + LOOK_AGAIN, reason=why) for letter, why in over}


@dataclass(frozen=True)
class Upstairs:
    """What the rooms above have to say about letters; this room does not know them."""

    still_allowed: StillAllowed
    finished: OnFinished
    address_lost: OnLost = _nobody
    over_cap: OverCap = _wait_for_it
