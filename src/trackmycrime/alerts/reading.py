"""What must be known of victims to reach them: read for many at once, in one statement."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from trackmycrime.kernel import crypto, setwise
from trackmycrime.people import devices
from trackmycrime.people.reaching import Known
from trackmycrime.people.walls_of_helping import PARENT_STILL

from .addresses import LOST_OF_VICTIM
from .phones import Phone, subscription
from .rules import Contact, contact_of

OPEN = ("waiting", "not_set_up")
"""Alerts that may still go out."""
OVER = ("sent", "delivered", "opened", "by_person", "failed", "cancelled")
"""All others. Of alerts that are known by their id or victim it is asked whether they are none of these: asked whether
they are open, PostgreSQL would in a burst read all that are, by an index that it still takes for almost empty."""
DONE = ("opened", "by_person", "failed", "cancelled")
"""Of those, the ones that nothing moves any more: what a provider took (``sent``) may arrive, or come back."""
REACHED = (*OPEN, "sent", "delivered", "opened")
"""Alerts by which a machine has told somebody, or is about to."""

# Who spoke for a child as its parent has no part in it any more from the 18th birthday on.
_LIVE = f"v.live and {PARENT_STILL} as live"

# What was told before decides nothing for who has joined. Phones are read of those only who want to be told there,
# or of whom somebody said that it is safe.
_VICTIMS = f"""
select {", ".join(_LIVE if column == "live" else f"v.{column}" for column in Known._fields)},
  f.languages, f.words_revision, told.last_told, coalesce(told.invited, false) as invited,
  array(select a.address_hash from delivery_address a
    where a.force_id = v.force_id and a.address_hash in (v.email_hash, v.mobile_hash) and {LOST_OF_VICTIM}) as lost,
  case when 'push' in (v.chosen_channel, v.preferred_channel) or 'push' = any(v.safe_channels)
    then {devices.OF_VICTIM} end as phones
from people_victim v join forces_force f on f.id = v.force_id
  cross join lateral (
    select max(coalesce(a.finished_at, a.due_at)) as last_told, bool_or(a.about = 'invitation') as invited
    from alerts_alert a where a.victim_id = v.id and a.state = any(%s)
      and v.account_id is null and v.joined_at is null) told
where v.id = any(array(select unnest(%s::uuid[])))
"""  # noqa: S608 (the columns are ours; the array is why `looking` says)


class Person(NamedTuple):
    """One victim as far as reaching them goes."""

    victim: Known
    contact: Contact
    force_languages: Sequence[str]
    words_revision: int
    """The state of the force's own words (`publish.own_words.of`)"""
    last_told: datetime | None
    """When somebody who has not joined was last told or invited by a machine"""
    phones: tuple[Phone, ...] = ()
    """What they can be told by push on, the newest first, if they want to be and it is safe"""

    @property
    def id(self) -> UUID:
        return self.victim.id

    @property
    def force(self) -> int:
        return self.victim.force_id

    def address(self, channel: str, at: datetime) -> str:
        """The address on that channel, opened, for a letter that goes out at that moment. Raises CannotOpen, and
        KeyError where there is none."""
        if channel == "push":
            return subscription(self.phones, self.contact, at)
        column, sealed = (
            ("email", self.victim.email) if channel == "email" else ("mobile", self.victim.mobile)
        )
        if sealed is None:
            raise KeyError(channel)
        return crypto.unseal(f"people_victim.{column}", self.id, sealed)


def people(ids: Iterable[UUID]) -> dict[UUID, Person]:
    """These victims by id, those that the transaction may see. One statement, however many."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = setwise.fetch(_VICTIMS, [list(REACHED), wanted])
    return {row["id"]: _person(*row.values()) for row in rows}


class Charge(NamedTuple):
    """Who has a crime, and what their force decides for itself."""

    officer_id: str
    unit_id: str
    policy: dict[str, Any]


def in_charge(force: int, crimes: Iterable[UUID]) -> dict[UUID, Charge]:
    """Which officer and which unit these crimes have."""
    rows = setwise.fetch(
        "select c.id, c.officer_id, c.unit_id, f.policy from cases_crime c join forces_force f on f.id = c.force_id"
        " where c.force_id = %s and c.id = any(%s)",
        [force, list(crimes)],
    )
    return {row.pop("id"): Charge(**row) for row in rows}


def _person(*values: Any) -> Person:
    *said, languages, words_revision, last_told, invited, lost, phones = values
    victim = Known(*said)
    joined = victim.account_id is not None or victim.joined_at is not None
    told_on = tuple(map(Phone.read, phones or ()))
    phone = told_on[0].hash if told_on else None
    contact = contact_of(victim, joined=joined, invited=invited, lost=lost, phone=phone)
    last_told = max((at for at in (last_told, victim.invited_at) if at is not None), default=None)
    return Person(victim, contact, languages, words_revision, last_told, told_on)
