"""What providers say of letters afterwards: taken down, and applied.

`take` is for a worker. A door, which may not touch letters of all forces, keeps what it hears (`hear`), and a worker
carries it on (`carry_on`); so is kept what is said of a text by the provider's id before the answer with that id was
written down, and what is said of a letter that somebody is writing at this moment. Nothing is guessed: what names no
letter of ours is counted and forgotten.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import InterfaceError, OperationalError, transaction

from trackmycrime.kernel import bell, setwise
from trackmycrime.kernel.ids import new_id

from . import addresses, meaning, stops
from .letters import WIPED, Finished, Lost, Receipt, Upstairs

log = logging.getLogger(__name__)

BELL = "receipts"
"""What is rung when something was heard."""
KEPT = timedelta(days=1)
"""How long a receipt waits for its letter to be known: an answer is written down within minutes, or never."""
_AGAIN = (timedelta(seconds=1), timedelta(minutes=10))
"""A kept receipt is looked at again after this long at least and at most."""

_HEARD = ("id", "channel", "dispatch_id", "provider_id", "result", "answer", "at", "heard_at", "look_at")


def hear(receipts: Sequence[Receipt], *, now: datetime) -> int:
    """Keep what was heard for a worker, in the caller's transaction; for doors. Says how many there are."""
    _keep([(new_id(), each, now, now) for each in receipts])
    if receipts:
        bell.ring(BELL)
    return len(receipts)


def take(receipts: Sequence[Receipt], *, now: datetime, upstairs: Upstairs) -> Counter[str]:
    """Apply these receipts in one transaction, and tell the rooms above what came of it.

    Counts: each receipt by its result when it is the first of that kind for its letter, else ``twice``; ``unknown``
    where it names no letter that was ever sent by that channel; ``stop`` for a number that texted it (`stops`, where
    other texts that came back are counted); ``kept`` where it is looked at again soon.
    """
    with transaction.atomic():
        counts, kept = _apply(receipts, now, upstairs)
        _keep([(new_id(), receipts[n], now, now + _AGAIN[0]) for n in kept])
    return counts


def carry_on(*, now: datetime, upstairs: Upstairs, most: int = 500) -> Counter[str]:
    """Apply what was heard and is due to be looked at, as `take`; in the caller's transaction.

    What waited for its letter for too long counts as ``unknown``.
    """
    rows = setwise.fetch(
        f"select {', '.join(_HEARD)} from delivery_heard where look_at <= %s order by look_at limit %s"  # noqa: S608 (ours)
        " for update skip locked",
        [now, most],
    )
    if not rows:
        return Counter()
    receipts = [
        Receipt(
            row["channel"], row["dispatch_id"], row["provider_id"], row["result"], row["answer"], row["at"]
        )
        for row in rows
    ]
    counts, kept = _apply_if_it_can(receipts, now, upstairs)
    young = [n for n in kept if rows[n]["heard_at"] > now - KEPT]
    setwise.fetch("delete from delivery_heard where id = any(%s) returning id", [[row["id"] for row in rows]])
    _keep(
        [(rows[n]["id"], receipts[n], rows[n]["heard_at"], _again(rows[n]["heard_at"], now)) for n in young]
    )
    counts["unknown"] += len(kept) - len(young)
    counts["kept"] = len(young)
    if counts["unknown"]:
        log.warning("%d receipts name no letter of ours", counts["unknown"])
    return +counts


def _again(heard_at: datetime, now: datetime) -> datetime:
    """When one that was kept is looked at next: the later, the longer it has waited."""
    return now + min(max(now - heard_at, _AGAIN[0]), _AGAIN[1])


def _keep(heard: Sequence[tuple[UUID, Receipt, datetime, datetime]]) -> None:
    """Write down receipts with their id, when they were heard and when to look at them."""
    rows = [
        {
            "id": id_,
            "channel": each.channel[:10],
            "dispatch_id": each.dispatch,
            "provider_id": each.provider_id[:200],
            "result": each.result,
            "answer": each.answer[:200],
            "at": each.at,
            "heard_at": heard_at,
            "look_at": look_at,
        }
        for id_, each, heard_at, look_at in heard
    ]
    setwise.insert("delivery_heard", _HEARD, rows)


def _apply_if_it_can(
    receipts: Sequence[Receipt], now: datetime, upstairs: Upstairs
) -> tuple[Counter[str], list[int]]:
    """As `_apply`; where that fails, each by itself, so that one does not hold up the others: it is kept."""
    try:
        with transaction.atomic():
            return _apply(receipts, now, upstairs)
    except (OperationalError, InterfaceError):
        raise
    except Exception as fault:
        log.error("taking several receipts at once failed (%s)", type(fault).__name__)
    counts: Counter[str] = Counter()
    kept: list[int] = []
    for place, receipt in enumerate(receipts):
        try:
            with transaction.atomic():
                said, again = _apply([receipt], now, upstairs)
        except (OperationalError, InterfaceError):
            raise
        except Exception as fault:
            log.error("a receipt of dispatch %s cannot be taken: %s", receipt.dispatch, type(fault).__name__)
            said, again = Counter(), [0]
        counts += said
        kept += [place] if again else []
    return counts, kept


def _apply(receipts: Sequence[Receipt], now: datetime, upstairs: Upstairs) -> tuple[Counter[str], list[int]]:
    """Apply what can be; returns the counts, and the places of those that must be looked at again."""
    counts: Counter[str] = Counter()
    texted = [each for each in receipts if stops.was_texted(each)]
    said_stop = [each for each in texted if each.result == "unsubscribed"]
    letters = _letters_of(receipts)
    rows = _held([id_ for ids in letters for id_ in ids])
    busy = _known({id_ for ids in letters for id_ in ids} - rows.keys())
    ours: list[tuple[dict[str, Any], Receipt]] = []
    kept: list[int] = []
    for place, (ids, receipt) in enumerate(zip(letters, receipts, strict=True)):
        if stops.was_texted(receipt):
            continue
        row = rows.get(ids[0]) if len(ids) == 1 else None
        if row is not None and row["channel"] == receipt.channel and row["tries"]:
            ours.append((row, receipt))
        elif row is None and (busy & set(ids) or _may_come(receipt, ids)):
            kept.append(place)
        else:
            counts["unknown"] += 1
    before = _said_before(list(rows))
    fresh = _write_down(ours, before, now)
    counts.update(receipt.result for _, receipt in fresh)
    counts.update(twice=len(ours) - len(fresh), kept=len(kept), stop=len(said_stop))
    stops.record(texted, now)
    lost = [one for row, receipt in fresh if (one := _lost(row, receipt))] + stops.lost(said_stop, now)
    if lost and (gone := addresses.lose(lost, now=now)):
        upstairs.address_lost(gone, now)
    ended = _move(fresh, before, rows, now)
    if ended:
        upstairs.finished(ended, now)
    return +counts, kept


def _may_come(receipt: Receipt, ids: Sequence[UUID]) -> bool:
    """Whether the letter may become known: a text, named by an id of the provider that nobody has written down yet."""
    return not ids and not receipt.dispatch and receipt.channel == "text" and bool(receipt.provider_id)


def _letters_of(receipts: Sequence[Receipt]) -> list[list[UUID]]:
    """The letters that each receipt may be about: ours by its name, else those whose provider calls them so."""
    named = {each.provider_id for each in receipts if not each.dispatch and each.channel == "text"} - {""}
    found: dict[str, list[UUID]] = defaultdict(list)
    if named:
        for row in setwise.fetch(
            "select id, provider_id from delivery_dispatch"
            " where channel = 'text' and provider_id <> '' and provider_id = any(%s)",
            [list(named)],
        ):
            found[row["provider_id"]].append(row["id"])
    return [[each.dispatch] if each.dispatch else found.get(each.provider_id, []) for each in receipts]


def _held(ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """These letters, held; those at which somebody is writing are passed by."""
    if not ids:
        return {}
    rows = setwise.fetch(
        "select id, force_id, purpose, owner_id, channel, address_hash, state, tries, created_at"
        " from delivery_dispatch where id = any(%s) order by id for update skip locked",
        [list(ids)],
    )
    return {row["id"]: row for row in rows}


def _known(ids: set[UUID]) -> set[UUID]:
    """Which of these are letters of ours at all."""
    if not ids:
        return set()
    return {
        row["id"] for row in setwise.fetch("select id from delivery_dispatch where id = any(%s)", [list(ids)])
    }


def _said_before(ids: Sequence[UUID]) -> dict[UUID, set[str]]:
    said: dict[UUID, set[str]] = defaultdict(set)
    if ids:
        for row in setwise.fetch(
            "select dispatch_id, result from delivery_receipt where dispatch_id = any(%s)", [list(ids)]
        ):
            said[row["dispatch_id"]].add(row["result"])
    return said


def _write_down(
    ours: Sequence[tuple[dict[str, Any], Receipt]], before: Mapping[UUID, set[str]], now: datetime
) -> list[tuple[dict[str, Any], Receipt]]:
    """Write each down once for its letter and result, and count how often it came; returns those that are new."""
    rows: dict[tuple[UUID, str], dict[str, Any]] = {}
    fresh = []
    for row, receipt in ours:
        key = row["id"], receipt.result
        if key in rows:
            rows[key]["times"] += 1
            continue
        rows[key] = {
            "dispatch_id": row["id"],
            "force_id": row["force_id"],
            "result": receipt.result,
            "answer": receipt.answer[:200],
            "at": receipt.at,
            "times": 1,
        }
        if receipt.result not in before.get(row["id"], ()):
            fresh.append((row, receipt))
    setwise.insert(
        "delivery_receipt",
        ("dispatch_id", "force_id", "result", "answer", "at", "times"),
        list(rows.values()),
        same={"taken_at": now},
        conflict="on conflict (dispatch_id, result) do update"
        " set times = delivery_receipt.times + excluded.times",
    )
    return fresh


def _lost(row: Mapping[str, Any], receipt: Receipt) -> Lost | None:
    state = meaning.loses_the_address(receipt.result, receipt.answer)
    if not state:
        return None
    return Lost(
        row["force_id"],
        bytes(row["address_hash"]),
        row["channel"],
        state,
        receipt.answer,
        row["purpose"],
        row["owner_id"],
        row["created_at"],
    )


def _move(
    fresh: Sequence[tuple[dict[str, Any], Receipt]],
    before: Mapping[UUID, set[str]],
    rows: Mapping[UUID, dict[str, Any]],
    now: datetime,
) -> list[Finished]:
    """Move the letters to what all of their receipts make of them; returns those that moved."""
    answers: dict[UUID, dict[str, str]] = defaultdict(dict)
    for row, receipt in fresh:
        answers[row["id"]][receipt.result] = receipt.answer
    ended = []
    for id_, said in answers.items():
        row = rows[id_]
        state = meaning.state_after(row["state"], said.keys() | before.get(id_, set()))
        if state is not None:
            reason = f"bounced {said.get('failed', '')}".strip()[:60] if state == "failed" else ""
            ended.append(
                Finished(
                    id_,
                    row["force_id"],
                    row["purpose"],
                    row["owner_id"],
                    row["channel"],
                    state,
                    reason,
                    bytes(row["address_hash"]),
                )
            )
    if ended:
        setwise.fetch(
            "update delivery_dispatch t set state = n.state, reason = n.reason, finished_at = %s,"
            " next_try_at = null, lease_until = null,"
            " body = case when t.purpose = any(%s) then null else t.body end"
            " from unnest(%s::uuid[], %s::text[], %s::text[]) as n (id, state, reason)"
            " where t.id = n.id returning t.id",
            [
                now,
                list(WIPED),
                [each.id for each in ended],
                [each.state for each in ended],
                [each.reason for each in ended],
            ],
        )
    return ended
