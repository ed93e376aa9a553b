"""Writing down what became of letters, and telling the rooms above of those that ended. In the caller's transaction."""

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal
from uuid import UUID

from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id

from . import addresses, retry, switches
from .letters import SECRET, WIPED, Finished, Letter, Lost, Outcome, Upstairs
from .retry import Next


@dataclass(frozen=True)
class Tried:
    """One try of one letter, as the sender saw it. `at` is when it began."""

    letter: Letter
    outcome: Outcome
    at: datetime
    millis: int = 0
    asked: bool = False
    """Nothing was sent: the outcome is what the provider said when it was asked"""
    id: UUID = field(default_factory=new_id)
    """Names the try, so that writing it down twice (a commit whose answer was lost) is one row"""

    @property
    def how(self) -> Literal["sent", "again", "asked"]:
        """As it is kept (`models.Attempt.how`)."""
        return "asked" if self.asked else "again" if self.letter.doubts else "sent"


def settle(tried: Sequence[Tried], now: datetime, upstairs: Upstairs) -> None:
    """Write down these tries, and tell the rooms above of letters that ended.

    The number of the try is the claim's mark: a letter that was claimed again since is no longer this try's to change.
    """
    if not tried:
        return
    nexts = _not_given_up_for_a_hold(tried, [_next(each, now) for each in tried], now)
    _write_down(tried, nexts, now, upstairs)
    setwise.insert(
        "delivery_attempt",
        ("id", "force_id", "dispatch_id", "at", "result", "answer", "millis", "how"),
        [
            {
                "id": each.id,
                "force_id": each.letter.force,
                "dispatch_id": each.letter.id,
                "at": each.at,
                "result": each.outcome.result,
                "answer": each.outcome.answer[:200],
                "millis": each.millis,
                "how": each.how,
            }
            for each in tried
        ],
        conflict="on conflict (id) do nothing",
    )


def stop_doubtful(letters: Sequence[Letter], now: datetime, upstairs: Upstairs) -> None:
    """End letters that may have arrived twice already, and of which nobody can be asked: no third is sent."""
    unsent = [Tried(each, Outcome("never"), now) for each in letters]
    _write_down(unsent, [Next("failed", "unclear twice")] * len(unsent), now, upstairs)


def _not_given_up_for_a_hold(tried: Sequence[Tried], nexts: Sequence[Next], now: datetime) -> list[Next]:
    """A letter that was held has longer until it is given up; but what lets somebody in runs out at its time."""
    given_up = [
        each.letter.id
        for each, step in zip(tried, nexts, strict=True)
        if step.state == "failed" and each.outcome.result != "never" and each.letter.purpose not in SECRET
    ]
    held = switches.held_for(given_up, now=now) if given_up else {}
    return [
        _next(each, now, held=held[each.letter.id]) if each.letter.id in held else step
        for each, step in zip(tried, nexts, strict=True)
    ]


def _next(tried: Tried, now: datetime, *, held: timedelta = timedelta()) -> Next:
    letter = tried.letter
    return retry.after(
        tried.outcome.result,
        tries=letter.asks + 1 if tried.asked else letter.tries - letter.asks,
        now=now,
        give_up_at=letter.give_up_at + held,
        chance=random.random(),  # noqa: S311 (spreads tries; hides nothing)
        answer=tried.outcome.answer,
        wait=tried.outcome.wait,
    )


def _write_down(tried: Sequence[Tried], nexts: Sequence[Next], now: datetime, upstairs: Upstairs) -> None:
    if not tried:
        return
    cannot_say = [each.asked and each.outcome.result == "unclear" for each in tried]
    written = setwise.fetch(
        "update delivery_dispatch t set state = n.state, reason = n.reason, next_try_at = n.at, lease_until = null,"
        " finished_at = case when n.at is null then %s end, provider_id = n.provider_id,"
        " asks = n.asks, doubts = n.doubts,"
        " body = case when n.at is null and t.purpose = any(%s) then null else t.body end"
        " from unnest(%s::uuid[], %s::int[], %s::text[], %s::text[], %s::timestamptz[], %s::text[], %s::int[],"
        " %s::int[]) as n (id, tries, state, reason, at, provider_id, asks, doubts)"
        " where t.id = n.id and t.tries = n.tries and t.state in ('sending', 'prepared')"
        " returning t.id",
        [
            now,
            list(WIPED),
            [each.letter.id for each in tried],
            [each.letter.tries for each in tried],
            [step.state for step in nexts],
            [step.reason[:60] for step in nexts],
            [step.at for step in nexts],
            [each.outcome.provider_id for each in tried],
            [each.letter.asks + vain for each, vain in zip(tried, cannot_say, strict=True)],
            [
                each.letter.doubts + (each.outcome.result == "unclear" and not vain)
                for each, vain in zip(tried, cannot_say, strict=True)
            ],
        ],
    )
    ours = {row["id"] for row in written}
    ended = [
        Finished(
            each.letter.id,
            each.letter.force,
            each.letter.purpose,
            each.letter.owner_id,
            each.letter.channel,
            step.state,
            step.reason,
            each.letter.address_hash,
        )
        for each, step in zip(tried, nexts, strict=True)
        if each.letter.id in ours and step.at is None
    ]
    refused = [_refused(each) for each in tried if each.letter.id in ours and each.outcome.nobody]
    if refused and (lost := addresses.lose(refused, now=now)):
        upstairs.address_lost(lost, now)
    if ended:
        upstairs.finished(ended, now)


def _refused(tried: Tried) -> Lost:
    """The address that a provider has refused at once: as lost as by what comes back later."""
    letter, answer = tried.letter, tried.outcome.answer
    return Lost(
        letter.force,
        letter.address_hash,
        letter.channel,
        "bounced",
        answer,
        letter.purpose,
        letter.owner_id,
        tried.at,
    )
