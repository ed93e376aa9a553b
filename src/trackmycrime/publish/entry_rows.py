"""What becomes of one entry of a timeline: whether victims may see it, and the row that says so."""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any, NamedTuple
from uuid import UUID

from trackmycrime.forces.policy import Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id

from . import defaults
from .timeline import Sealed, Wanted
from .words import spelled

PUBLISHED, HELD, NEVER, WITHDRAWN, GONE = "published", "held", "never", "withdrawn", "gone"


class Standing(NamedTuple):
    """What an entry says, and to whom: in the order, and by the names, of its columns."""

    revision: int
    milestone: str
    outcome: str
    happened_at: datetime
    words_hash: bytes
    officer_id: str
    victims: list[UUID] | None
    state: str
    hold_reason: str
    withdrawn_reason: str
    replaced_by: str
    live: bool
    missed: bool


_standing = itemgetter(*Standing._fields)
_CHANGED = (*Standing._fields, "published_at", "corrected_at")
READ = ("id", "case_id", "key", "decision", "decided_hash", *_CHANGED)
"""What has to be known of an entry to say what becomes of it; its words only by their hash."""
GLANCED = ("key", "revision", "outcome", "state", "hold_reason", "decision", "missed", "words_hash")
"""What has to be known of an entry to say whether it can change at all; most cannot."""
_NEW = ("id", "force_id", "case_id", "key", "words", "decision", *_CHANGED)


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Write entries: those that are new, and what has changed of the others. Two statements at most."""
    setwise.insert("publish_entry", _NEW, [row for row in rows if row["new"]])
    setwise.update("publish_entry", ["id"], _CHANGED, [row for row in rows if not row["new"]], kept=["words"])


def can_only_stand(want: Wanted, old: dict[str, Any], policy: Policy, *, guarded: bool, missed: bool) -> bool:
    """Whether `entry_row` could only say of this entry that it stands as it does, by what `GLANCED` tells of it.

    Of one revision everything that the records system says is the same. What is left is what is decided here: whether
    it is published or held by the rule, for all victims, and nobody's decision, doubt or withdrawal is in it.
    """
    if (old["revision"], old["outcome"]) != (want.revision, want.outcome):
        return False
    if want.victims is not None or want.review or want.withdrawn or want.facts is not None:
        return False
    act, reason = defaults.rule(want.milestone, want.outcome, guarded=guarded, policy=policy.milestones)
    if old["state"] == PUBLISHED:
        return act == defaults.PUBLISH and not old["missed"]
    held = old["state"] == HELD and not old["decision"]
    return held and act == defaults.HOLD and reason == old["hold_reason"] and not missed


def entry_row(
    want: Wanted,
    old: dict[str, Any] | None,
    case: dict[str, Any],
    by_person: dict[str, UUID],
    policy: Policy,
    *,
    guarded: bool,
    missed: bool,
    now: datetime,
) -> tuple[Standing, dict[str, Any] | None]:
    """How one entry should stand: published, held, never, withdrawn or gone; and its row, None where it stands so.

    `old` is its row until now (of its words only the hash); `by_person` the victims of the case by the records
    system's ids; `guarded` as in `defaults.rule`; `missed`: the case was closed to victims until now. What an officer
    decided holds for the words that were decided about. In the row, ``words`` is None where they stay as they are, and
    ``new`` tells a row that is added from one that is changed.
    """
    words = None
    if old is not None and _in_the_same_words(old, want):
        words_hash = old["words_hash"]
    else:
        words, words_hash = spelled(want)
    same_words = old is not None and old["words_hash"] == words_hash
    standing = _how_it_stands(
        want,
        old,
        words_hash,
        by_person,
        policy,
        guarded=guarded,
        missed=missed and not _was_seen(old, same_words),
    )
    if old is not None and _standing(old) == standing:
        return standing, None
    key = old["id"] if old else new_id()
    published_at = old["published_at"] if old else None
    corrected = published_at is not None and not same_words and standing.state == PUBLISHED
    row: dict[str, Any] = {
        "id": key,
        "force_id": case["force_id"],
        "case_id": case["id"],
        "key": want.key,
        **standing._asdict(),
        "words": None if same_words or words is None else crypto.seal("publish_entry.words", key, words),
        "decision": old["decision"] if old else "",
        "published_at": published_at or (now if standing.state == PUBLISHED else None),
        "corrected_at": now if corrected else old["corrected_at"] if old else None,
        "new": old is None,
    }
    return standing, row


def _in_the_same_words(old: dict[str, Any], want: Wanted) -> bool:
    """Whether this can only be in the words that it is in: what an officer wrote changes with its revision alone.

    Then it need not be opened; and an entry that stands is not told anew because words are laid out otherwise since.
    """
    return isinstance(want.text, Sealed) and (old["revision"], old["milestone"], old["outcome"]) == (
        want.revision,
        want.milestone,
        want.outcome,
    )


def _was_seen(old: dict[str, Any] | None, same_words: bool) -> bool:
    return old is not None and same_words and old["state"] in (PUBLISHED, WITHDRAWN)


def _how_it_stands(
    want: Wanted,
    old: dict[str, Any] | None,
    words_hash: bytes,
    by_person: dict[str, UUID],
    policy: Policy,
    *,
    guarded: bool,
    missed: bool,
) -> Standing:
    act, reason = defaults.rule(want.milestone, want.outcome, guarded=guarded, policy=policy.milestones)
    if want.review and act == defaults.PUBLISH:
        act, reason = defaults.HOLD, "review"
    missed = missed or (old is not None and old["missed"])
    if missed and act == defaults.PUBLISH:
        act, reason = defaults.HOLD, "missed"
    if act == defaults.HOLD and old is not None and old["decision"] and old["decided_hash"] == words_hash:
        act = {"release": defaults.PUBLISH, "never": defaults.NEVER}.get(old["decision"], defaults.HOLD)
    state = _STATES[act]
    if want.withdrawn:
        # what an officer let victims see leaves its mark in other words too
        seen = old is not None and old["decision"] == "release" and old["state"] in (PUBLISHED, WITHDRAWN)
        state = WITHDRAWN if state == PUBLISHED or seen else GONE
    victims = want.victims
    return Standing(
        revision=want.revision,
        milestone=want.milestone,
        outcome=want.outcome,
        happened_at=want.happened_at,
        words_hash=words_hash,
        officer_id=want.officer,
        victims=None if victims is None else sorted(by_person[p] for p in victims if p in by_person),
        state=state,
        hold_reason=reason if state == HELD else "",
        withdrawn_reason=want.withdrawn,
        replaced_by=want.replaced_by,
        live=want.live,
        missed=missed,
    )


_STATES = {defaults.PUBLISH: PUBLISHED, defaults.HOLD: HELD, defaults.NEVER: NEVER}
