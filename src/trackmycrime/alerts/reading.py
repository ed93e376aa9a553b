"""What must be known of victims to reach them: read for many at once, in one statement."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from trackmycrime.kernel import crypto, setwise

from .rules import Contact

OPEN = ("waiting", "not_set_up")
"""Alerts that may still go out."""
REACHED = (*OPEN, "sent", "delivered", "opened")
"""Alerts by which a machine has told somebody, or is about to."""

_VICTIMS = """
select v.id, v.force_id, v.crime_id, v.live, v.email, v.email_hash, v.mobile, v.mobile_hash, v.language,
  v.preferred_channel, v.safe_channels, v.safe_from, v.safe_to, v.disguise, v.no_portal, v.blocked_hashes,
  v.chosen_channel, v.chosen_language, v.account_id, v.joined_at, v.invited_at,
  f.languages, k.officer_id, k.unit_id, told.last_told, coalesce(told.invited, false) as invited
from people_victim v join forces_force f on f.id = v.force_id
  left join cases_crime k on k.id = v.crime_id and k.force_id = v.force_id
  cross join lateral (
    select max(coalesce(a.finished_at, a.due_at)) as last_told, bool_or(a.about = 'invitation') as invited
    from alerts_alert a where a.victim_id = v.id and a.state = any(%s)) told
where v.id = any(%s)
"""


@dataclass(frozen=True, repr=False)
class Person:
    """One victim as far as reaching them goes."""

    id: UUID
    force: int
    crime_id: UUID
    officer_id: str
    unit_id: str
    contact: Contact
    language: str
    chosen_language: str
    force_languages: tuple[str, ...]
    joined_at: datetime | None
    last_told: datetime | None
    sealed: Mapping[str, bytes]

    def address(self, channel: str) -> str:
        """The address on that channel, opened. Raises CannotOpen, and KeyError where there is none."""
        column = "email" if channel == "email" else "mobile"
        return crypto.unseal(f"people_victim.{column}", self.id, self.sealed[channel])


def people(ids: Iterable[UUID]) -> dict[UUID, Person]:
    """These victims by id, those that the transaction may see. One statement, however many."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = setwise.fetch(_VICTIMS, [list(REACHED), wanted])
    return {row["id"]: _person(row) for row in rows}


def _person(row: Mapping[str, Any]) -> Person:
    addresses = {"email": (row["email"], row["email_hash"]), "text": (row["mobile"], row["mobile_hash"])}
    known = {name: pair for name, pair in addresses.items() if None not in pair}
    joined = row["account_id"] is not None or row["joined_at"] is not None
    return Person(
        id=row["id"],
        force=row["force_id"],
        crime_id=row["crime_id"],
        officer_id=row["officer_id"] or "",
        unit_id=row["unit_id"] or "",
        contact=Contact(
            live=row["live"],
            addresses={name: bytes(hash_) for name, (_, hash_) in known.items()},
            blocked=frozenset(map(bytes, row["blocked_hashes"])),
            chosen=row["chosen_channel"],
            preferred=row["preferred_channel"],
            safe_channels=None if row["safe_channels"] is None else frozenset(row["safe_channels"]),
            safe_from=row["safe_from"],
            safe_to=row["safe_to"],
            disguise=row["disguise"],
            no_portal=row["no_portal"],
            joined=joined,
            invited=row["invited"],
        ),
        language=row["language"],
        chosen_language=row["chosen_language"],
        force_languages=tuple(row["languages"]),
        joined_at=row["joined_at"],
        last_told=max((at for at in (row["last_told"], row["invited_at"]) if at is not None), default=None),
        sealed={name: bytes(address) for name, (address, _) in known.items()},
    )
