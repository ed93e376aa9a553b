"""Telling that an address or number has changed: whoever it was changed for may not be who changed it.

The new route is asked to confirm, and one other route that is safe is told; never one that the same change takes away
or calls unsafe, and never with the new value in it. Where there is no other route it waits for an officer, who speaks
with them: only then is anything sent to the new one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.models import AddressChange
from trackmycrime.people.own_addresses import COLUMN, changed_lately

from .news import News
from .reading import Person, people
from .rules import MACHINE, Decision, allow
from .writing import CONTACT_NEW, CONTACT_TOLD, Decided, Decisions, alert_words, letter, need

CONTACT_CHANGED = "contact_changed"
"""The task where no other route is left"""
OWN_WAITS = "own_address_waits"
"""The task where they changed it here, and no other route is left by which they could be told"""
OWN_CHANGED = "own_address_changed"
"""The task that says so where they were told"""
_NOTHING = b"\0" * 32

_CASES = """
select v.id as victim, c.id as case_id from people_victim v
join publish_case c on c.force_id = v.force_id and c.crime_id = v.crime_id
where v.id = any(%s) and c.open and (c.readable_until is null or c.readable_until > %s)
"""


def tell_of_change(
    force: int, changed: Mapping[UUID, Collection[str]], *, now: datetime, spoken: bool = False
) -> None:
    """Tell these victims, who have joined, that the addresses of these channels are others since now.

    `spoken`: an officer has spoken with them about it, so the new routes are asked without another one being told.
    """
    if not changed:
        return
    cases = {row["victim"]: row["case_id"] for row in setwise.fetch(_CASES, [list(changed), now])}
    decisions = Decisions(force, now)
    needs = {}
    for id_, person in people(cases).items():
        if person.force != force or not person.contact.live or not person.contact.joined:
            continue
        new = [one for one in sorted(changed[id_]) if _may(person, one, decisions)]
        other = next((one for one in MACHINE if one not in changed[id_] and _may(person, one, decisions)), "")
        if not other and not spoken:
            needs[id_] = need(CONTACT_CHANGED, person, "no other way", channels=sorted(changed[id_]))
            continue
        ways = [(CONTACT_NEW, channel) for channel in new] + ([(CONTACT_TOLD, other)] if not spoken else [])
        for about, channel in ways:
            _add(decisions, person, cases[id_], about, channel)
    decisions.ask(needs.values())
    decisions.store()


def ask_officers_first(
    force: int, changes: Sequence[AddressChange], spoken: Collection[UUID], *, now: datetime
) -> set[UUID]:
    """Which of these changes, proved by who is signed in, wait for an officer, who is asked now: those of whom no other
    route is left that is safe, was not changed here lately and is not about to be. `changes` are all that are to be
    made of this force; `spoken` those of which an officer has spoken with them."""
    decisions = Decisions(force, now)
    changed, lately = _channels(changes), changed_lately([one.victim_id for one in changes], now=now)
    known = people(changed)
    waits, needs = set(), []
    for one in changes:
        person = known.get(one.victim_id)
        if one.id in spoken or person is None:
            continue
        if _other(person, changed[one.victim_id] | lately.get(one.victim_id, set()), decisions):
            continue
        waits.add(one.id)
        needs.append(
            replace(
                need(OWN_WAITS, person, "no other way", change=str(one.id), channel=one.channel),
                once=str(one.id),
            )
        )
    decisions.ask(needs)
    decisions.store()
    return waits


def tell_of_own_changes(
    force: int, changes: Sequence[AddressChange], spoken: Collection[UUID], *, now: datetime
) -> None:
    """Tell of these changes, which have just been made, by the other route, and the officer, who brings the record up
    to date. `spoken`: those of which an officer has spoken with them."""
    decisions = Decisions(force, now)
    changed, lately = _channels(changes), changed_lately([one.victim_id for one in changes], now=now)
    known = people(changed)
    cases = {row["victim"]: row["case_id"] for row in setwise.fetch(_CASES, [list(changed), now])}
    needs, told = [], set(spoken)
    for one in changes:
        if (person := known.get(one.victim_id)) is None:
            continue
        needs.append(need(OWN_CHANGED, person, "", channel=one.channel))
        # by what was theirs before: made a moment ago, it is itself among what was changed lately
        other = _other(person, changed[one.victim_id] | (lately.get(one.victim_id, set())), decisions)
        if one.id not in told and other and one.victim_id in cases:
            _add(decisions, person, cases[one.victim_id], CONTACT_TOLD, other)
    decisions.ask(needs)
    decisions.store()


def _channels(changes: Iterable[AddressChange]) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = {}
    for one in changes:
        found.setdefault(one.victim_id, set()).add(one.channel)
    return found


def _other(person: Person, changed: Collection[str], decisions: Decisions) -> str:
    """A route that holds though another is changed by whoever is signed in: no phone, which they could have added."""
    return next((one for one in COLUMN if one not in changed and _may(person, one, decisions)), "")


def _way(person: Person, channel: str, decisions: Decisions) -> Decision:
    return allow(person.contact, channel, now=decisions.now, neutral=decisions.neutral)


def _may(person: Person, channel: str, decisions: Decisions) -> bool:
    return _way(person, channel, decisions).how == "machine" and channel in decisions.set_up


def _add(decisions: Decisions, person: Person, case_id: UUID, about: str, channel: str) -> None:
    id_, way = new_id(), _way(person, channel, decisions)
    row = decisions.waiting(id_, person, case_id, about, way)
    said = alert_words(person, channel, 1, about=about)
    told = News(person.id, case_id, f"contact:{id_}", 0, _NOTHING, about)
    going = letter(id_, "alert", person, channel, said, due_at=way.at or decisions.now)
    decisions.add(person, Decided(row, going), [told])
