"""Changing one's own email address or number here: asked for, proved by a code that went to the new one, then made.

What a person confirmed here stands until the records system says something new of its own: what it had said is kept
beside it, by its hash (`Victim.said_email_hash`), and the same said again changes nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.kernel import bell, crypto, setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.limits import Limit

from . import choices, codes, limits
from .models import AddressChange, ContactChange, Victim

CODE_LIFE = timedelta(minutes=10)
LATELY = timedelta(days=14)
"""For so long a route that was changed here is not one by which the change of another is told: whoever changed one
could change both"""
SHOWN = timedelta(days=30)
KEPT = timedelta(days=90)
BELL = "addresses"
"""What the worker's pass that carries these changes on is called (`rounds.PASSES`)"""
ASKING = Limit("own-address-asking", 6, limits.DAY)
CODES = Limit("own-address-codes", 4, timedelta(hours=1))
COLUMN = {"email": "email", "text": "mobile"}
"""The column of each channel's address; the records system calls it the same"""


def hash_of(channel: str, value: str) -> bytes:
    """By what an address of that channel is found."""
    return crypto.blind_email(value) if channel == "email" else crypto.blind("mobile", value)


def ask(account_id: UUID, victims: Sequence[Victim], channel: str, value: str, *, now: datetime) -> UUID:
    """Ask for another address for these parts of the signed-in account; a code goes to it. Returns what it is called.

    Takes the place of what was asked for that channel before. Raises limits.TooManyTries.
    """
    found = hash_of(channel, value)
    limits.count(ASKING, str(account_id), now=now)
    limits.count(CODES, found.hex(), now=now)
    AddressChange.objects.filter(account_id=account_id, channel=channel, state="asked").update(
        state="over", finished_at=now
    )
    batch = new_id()
    AddressChange.objects.bulk_create(
        AddressChange(
            batch=batch, force_id=one.force_id, victim_id=one.id, account_id=account_id, channel=channel, value=value,
            value_hash=found, old_hash=getattr(one, f"{COLUMN[channel]}_hash"), asked_at=now,
            expires_at=now + CODE_LIFE,
        )
        for one in victims
    )  # fmt: skip
    _write_down(account_id, "address.asked", victims, channel, now)
    bell.ring(BELL)
    return batch


def prove(account_id: UUID, batch: UUID, code: str, *, now: datetime) -> str:
    """Try the code: ``right``, ``wrong``, or ``over`` when there is nothing to prove (any more)."""
    rows = setwise.fetch(
        "select people_address_prove(%s, %s, %s) as result", [batch, codes.address_hash(batch, code), now]
    )
    result = str(rows[0]["result"])
    if result == "right":
        _write_down(account_id, "address.proved", (), "", now)
        bell.ring(BELL)
    return result


def mine(account_id: UUID, *, now: datetime) -> list[AddressChange]:
    """What the signed-in account changed lately, the newest first; what came to nothing is left out."""
    found = AddressChange.objects.filter(account_id=account_id, asked_at__gt=now - SHOWN)
    return list(found.exclude(state__in=["asked", "over"]).order_by("-asked_at", "-id"))


@dataclass(frozen=True)
class CodeWanted:
    """A code to send to a new address; plain here and nowhere else."""

    batch: UUID
    victims: tuple[UUID, ...]
    channel: str
    value: str
    value_hash: bytes
    code: str
    expires_at: datetime

    def __repr__(self) -> str:
        return f"<code for {self.batch}>"


def codes_wanted(now: datetime, *, most: int = 100) -> list[CodeWanted]:
    """Make the codes that were asked for, in the worker's transaction."""
    asked = AddressChange.objects.select_for_update(skip_locked=True).filter(
        state="asked", code_hash=None, expires_at__gt=now
    )
    made, rows = [], []
    ordered = sorted(asked.order_by("asked_at")[:most], key=lambda one: one.batch)
    for batch, several in groupby(ordered, key=lambda one: one.batch):
        group, code = list(several), codes.text_code()
        expires_at = now + CODE_LIFE
        first = group[0]
        made.append(
            CodeWanted(
                batch, tuple(one.victim_id for one in group), first.channel, first.value, bytes(first.value_hash), code,
                expires_at,
            )
        )  # fmt: skip
        rows += [
            {"id": one.id, "code_hash": codes.address_hash(batch, code), "expires_at": expires_at}
            for one in group
        ]
    setwise.update("people_address_change", ["id"], ["code_hash", "expires_at"], rows)
    return made


def forces_to_do() -> list[int]:
    """The forces of which there are changes to make, or to ask an officer about."""
    found = AddressChange.objects.filter(state__in=["proved", "allowed"])
    return sorted(found.values_list("force_id", flat=True).distinct())


def to_do(force: int, *, most: int = 200) -> list[AddressChange]:
    """Those of one force, locked for this transaction."""
    found = AddressChange.objects.select_for_update().filter(force_id=force, state__in=["proved", "allowed"])
    return list(found.order_by("asked_at", "id")[:most])


def changed_lately(victims: Collection[UUID], *, now: datetime) -> dict[UUID, set[str]]:
    """The channels whose address these victims changed here lately."""
    rows = setwise.fetch(
        "select victim_id, unnest(changed) as what from people_contact_change where victim_id = any(%s) and at > %s",
        [list(victims), now - LATELY],
    )
    channels = {column: channel for channel, column in COLUMN.items()}
    found: dict[UUID, set[str]] = {}
    for row in rows:
        if row["what"] in channels:
            found.setdefault(row["victim_id"], set()).add(channels[row["what"]])
    return found


def wait(changes: Sequence[AddressChange], *, now: datetime) -> None:
    """These wait for an officer."""
    _come_to("waits", [one.id for one in changes], now)


def decide(force: int, change_id: UUID, *, allow: bool, now: datetime) -> bool:
    """An officer has spoken with them: it is theirs, or it is not. False when there is nothing to decide (desk)."""
    state = "allowed" if allow else "refused"
    found = AddressChange.objects.filter(force_id=force, id=change_id, state="waits")
    decided = bool(found.update(state=state, finished_at=now))
    if decided and allow:
        bell.ring(BELL)
    return decided


def make(changes: Sequence[AddressChange], *, now: datetime) -> list[AddressChange]:
    """Put the new addresses in the place of the old ones, under the force's lock; returns those that were made.

    Not made is what is about somebody who has no part any more, or about an address that is another meanwhile. For
    each that was made there is a row for the records system to hear of (`choices.untaken`).
    """
    locked = (
        Victim.objects.select_for_update().filter(id__in={one.victim_id for one in changes}).order_by("id")
    )
    victims = {one.id: one for one in locked}
    done, over, told = [], [], []
    for one in changes:
        column, victim = COLUMN[one.channel], victims.get(one.victim_id)
        if victim is None or not _still(one, victim, column):
            over.append(one.id)
            continue
        said = getattr(victim, f"said_{column}_hash")
        row: dict[str, Any] = {
            "id": victim.id,
            column: crypto.seal(f"people_victim.{column}", victim.id, one.value),
            f"{column}_hash": bytes(one.value_hash),
            f"said_{column}_hash": bytes(one.old_hash or b"") if said is None else bytes(said),
        }
        setwise.update("people_victim", ["id"], [column, f"{column}_hash", f"said_{column}_hash"], [row])
        done.append(one)
        told.append(
            ContactChange(
                force_id=one.force_id, victim_id=one.victim_id, channel=victim.chosen_channel,
                language=victim.chosen_language, pace=victim.chosen_pace, agreed_days=victim.agreed_days,
                changed=[column], at=now, **{column: one.value},
            )
        )  # fmt: skip
    ContactChange.objects.bulk_create(told)
    _come_to("done", [one.id for one in done], now)
    _come_to("over", over, now)
    for one in done:
        act = audit.Act("address.changed", "victim", str(one.victim_id), {"channel": one.channel})
        audit.record(audit.Actor("victim", str(one.account_id)), [act], force=one.force_id, now=now)
    if done:
        bell.ring(choices.BELL)
    return done


def end_old(now: datetime) -> int:
    """What nobody has proved in time is over; says how many (worker)."""
    found = AddressChange.objects.filter(state="asked", expires_at__lte=now)
    return int(found.update(state="over", finished_at=now))


def forget(now: datetime) -> int:
    """Delete what came to its end longer than `KEPT` ago: the audit and the returns say that it was; says how many
    (worker)."""
    found = AddressChange.objects.filter(state__in=["done", "refused", "over"], finished_at__lt=now - KEPT)
    return int(found.delete()[0])


def _still(change: AddressChange, victim: Victim, column: str) -> bool:
    before = getattr(victim, f"{column}_hash")
    same = (None if before is None else bytes(before)) == (
        None if change.old_hash is None else bytes(change.old_hash)
    )
    return victim.live and victim.account_id == change.account_id and same


def _come_to(state: str, ids: Sequence[UUID], now: datetime) -> None:
    AddressChange.objects.filter(id__in=ids).update(state=state, finished_at=now)


def _write_down(
    account_id: UUID, action: str, victims: Sequence[Victim], channel: str, now: datetime
) -> None:
    acts = [audit.Act(action, "victim", str(one.id), {"channel": channel}) for one in victims]
    acts = acts or [audit.Act(action, "account", str(account_id))]
    audit.record(audit.Actor("victim", str(account_id)), acts, force=None, now=now)
