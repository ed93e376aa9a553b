"""How a victim chooses to be told. The choice holds at once; that it was made is a row, for the worker to carry on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.kernel import bell, setwise

from .models import ContactChange, Victim

BELL = "contacts"
"""What the worker's pass that takes these changes is called (`rounds.PASSES`)."""


@dataclass(frozen=True)
class Choice:
    """What a victim chose: the way, the language, how soon (empty: as the force does), and after how many days without
    news they are told so (0: never; None: as the force does)."""

    channel: str
    language: str
    pace: str
    agreed_days: int | None


def so_far(victim: Victim, *, channel: str | None = None, language: str | None = None) -> Choice:
    """What this victim chose before, now by that channel or in that language; all else stays as it was."""
    return Choice(
        victim.chosen_channel if channel is None else channel,
        victim.chosen_language if language is None else language,
        victim.chosen_pace,
        victim.agreed_days,
    )


def choose(account_id: UUID, choices: Mapping[UUID, Choice], *, now: datetime) -> int:
    """Keep what was chosen for these victims, if they are this account's; says for how many it is a change.

    It stands over what the records system prefers, and never over what is safe. The same choice again is no change.
    """
    changes = []
    mine = Victim.objects.select_for_update().filter(id__in=list(choices), account_id=account_id)
    for victim in mine.order_by("id"):
        choice = choices[victim.id]
        changed = [
            name
            for name, before, after in (
                ("preferred_channel", victim.chosen_channel, choice.channel),
                ("language", victim.chosen_language, choice.language),
                ("pace", victim.chosen_pace, choice.pace),
                ("update_days", victim.agreed_days, choice.agreed_days),
            )
            if before != after
        ]
        if not changed:
            continue
        Victim.objects.filter(id=victim.id).update(
            chosen_channel=choice.channel,
            chosen_language=choice.language,
            chosen_pace=choice.pace,
            agreed_days=choice.agreed_days,
            chosen_at=now,
        )
        changes.append(
            ContactChange(
                force_id=victim.force_id, victim_id=victim.id, channel=choice.channel, language=choice.language,
                pace=choice.pace, agreed_days=choice.agreed_days, changed=changed, at=now,
            )
        )  # fmt: skip
    if changes:
        ContactChange.objects.bulk_create(changes)
        bell.ring(BELL)
    return len(changes)


def untaken(now: datetime, *, most: int = 200) -> list[ContactChange]:
    """Changes that nothing has followed from yet, locked for this transaction; other workers skip them."""
    found = ContactChange.objects.select_for_update(skip_locked=True).filter(taken_at=None, at__lte=now)
    return list(found.order_by("at", "id")[:most])


def take(changes: Sequence[ContactChange], *, now: datetime) -> None:
    """What follows from these has been done."""
    setwise.fetch(
        "update people_contact_change set taken_at = %s where id = any(%s) returning id",
        [now, [change.id for change in changes]],
    )
