"""What becomes of one entry of a timeline: whether victims may see it, and the row that says so."""

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter
from typing import Any
from uuid import UUID

from trackmycrime.forces.policy import Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id

from . import defaults
from .timeline import Wanted
from .words import spelled

PUBLISHED, HELD, NEVER, WITHDRAWN, GONE = "published", "held", "never", "withdrawn", "gone"

_COMPARED = (
    "revision", "milestone", "outcome", "happened_at", "words_hash", "officer_id", "victims", "state", "hold_reason",
    "withdrawn_reason", "replaced_by", "live", "missed",
)  # fmt: skip
_compared = itemgetter(*_COMPARED)
_CHANGED = (*_COMPARED, "published_at", "corrected_at")
READ = ("id", "case_id", "key", "decision", "decided_hash", *_CHANGED)
"""What has to be known of an entry to say what becomes of it; its words only by their hash."""
_NEW = ("id", "force_id", "case_id", "key", "words", "decision", *_CHANGED)


def write(rows: Sequence[dict[str, Any]]) -> None:
    """Write entries: those that are new, and what has changed of the others. Two statements at most."""
    setwise.insert("publish_entry", _NEW, [row for row in rows if row["new"]])
    setwise.update("publish_entry", ["id"], _CHANGED, [row for row in rows if not row["new"]], kept=["words"])


def differ(old: dict[str, Any] | None, row: dict[str, Any]) -> bool:
    """Whether the row says anything else than it did."""
    return old is None or _compared(old) != _compared(row)


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
) -> dict[str, Any]:
    """The row of one entry as it should stand: published, held, never, withdrawn or gone, and in which words.

    `old` is its row until now (of its words only the hash); `by_person` the victims of the case by the records
    system's ids; `guarded` as in `defaults.rule`; `missed`: the case was closed to victims until now. What an officer
    decided holds for the words that were decided about. In the row, ``words`` is None where they stay as they are, and
    ``new`` tells a row that is added from one that is changed.
    """
    key = old["id"] if old else new_id()
    words, words_hash = spelled(want)
    same_words = old is not None and old["words_hash"] == words_hash
    act, reason = defaults.rule(want.milestone, want.outcome, guarded=guarded, policy=policy.milestones)
    if want.review and act == defaults.PUBLISH:
        act, reason = defaults.HOLD, "review"
    is_missed = (old["missed"] if old else False) or (
        missed and not (same_words and old and old["state"] in (PUBLISHED, WITHDRAWN))
    )
    if is_missed and act == defaults.PUBLISH:
        act, reason = defaults.HOLD, "missed"
    decided = old is not None and old["decision"] != "" and old["decided_hash"] == words_hash
    if act == defaults.HOLD and decided:
        assert old is not None
        act = {"release": defaults.PUBLISH, "never": defaults.NEVER}.get(old["decision"], defaults.HOLD)
        reason = reason if act == defaults.HOLD else ""
    state = {defaults.PUBLISH: PUBLISHED, defaults.HOLD: HELD, defaults.NEVER: NEVER}[act]
    if want.withdrawn:
        # what an officer let victims see leaves its mark in other words too
        seen = old is not None and old["decision"] == "release" and old["state"] in (PUBLISHED, WITHDRAWN)
        state = WITHDRAWN if state == PUBLISHED or seen else GONE
    was_published = old is not None and old["published_at"] is not None
    victims = (
        sorted(by_person[p] for p in want.victims if p in by_person) if want.victims is not None else None
    )
    return {
        "id": key,
        "force_id": case["force_id"],
        "case_id": case["id"],
        "key": want.key,
        "revision": want.revision,
        "milestone": want.milestone,
        "outcome": want.outcome,
        "happened_at": want.happened_at,
        "words": None if same_words else crypto.seal("publish_entry.words", key, words),
        "words_hash": words_hash,
        "officer_id": want.officer,
        "victims": victims,
        "state": state,
        "hold_reason": reason if state == HELD else "",
        "decision": old["decision"] if old else "",
        "published_at": old["published_at"]
        if was_published and old
        else (now if state == PUBLISHED else None),
        "corrected_at": (
            now
            if was_published and old and not same_words and state == PUBLISHED
            else old["corrected_at"]
            if old
            else None
        ),
        "withdrawn_reason": want.withdrawn,
        "replaced_by": want.replaced_by,
        "live": want.live,
        "missed": is_missed,
        "new": old is None,
    }
