"""What is said of a victim's part in a crime, and where the victims of a merged crime go."""

from datetime import date
from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from trackmycrime.feed.contract import Event
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.helping.rules import of_age_on

from .rows import Rows

# What a victim that came over from a merged crime does not take along from there as it is: who it is, what is sealed
# for a row, and how new that is, for sequences are compared within one crime.
_OWN_COLUMNS = frozenset(
    {
        "id", "crime_id", "sequence", "safe_sequence", "enhanced_sequence", "withdrawn_sequence", "withdrawn_reason",
        "detail", "email", "mobile", "safe_note",
    }
)  # fmt: skip
_SAFE = ("safe_known", "safe_channels", "safe_from", "safe_to", "disguise", "no_portal")


def victim_changed(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """A person's part in a crime; what protects stands until something newer is said of it."""
    crime = rows.crime(event)
    victim = rows.victims.get((crime["id"], data.victim))
    if victim is None:
        victim = rows.victims[crime["id"], data.victim] = new_victim(rows.force_id, crime["id"], data.victim)
    rows.happened(crime, live)
    rows.mark("people_victim", victim)
    if data.safe_contact is not None and event.sequence > victim["safe_sequence"]:
        safe = data.safe_contact
        victim |= {
            "safe_known": True,
            "safe_channels": None if safe.channels is None else list(safe.channels),
            "safe_from": safe.hours.start if safe.hours else None,
            "safe_to": safe.hours.end if safe.hours else None,
            "disguise": safe.disguise,
            "no_portal": safe.no_portal,
            "safe_note": crypto.seal("people_victim.safe_note", victim["id"], safe.note)
            if safe.note
            else None,
            "safe_sequence": event.sequence,
        }
    if data.enhanced_rights is not None and event.sequence > victim["enhanced_sequence"]:
        victim |= {"enhanced": data.enhanced_rights, "enhanced_sequence": event.sequence}
    if event.sequence > victim["sequence"]:
        victim |= _told(rows, victim, event, data)
    was_live, victim["live"] = victim["live"], victim["sequence"] > victim["withdrawn_sequence"]
    if victim["live"] and not was_live:
        rows.messages_touched.add(crime["id"])  # what was written to them meanwhile


def _told(rows: Rows, victim: dict[str, Any], event: Event, data: Any) -> dict[str, Any]:
    key = victim["id"]
    detail = {
        "name": data.name,
        "organisation": data.organisation,
        "born_on": data.born_on.isoformat() if data.born_on else None,
        "address": {"lines": list(data.address.lines), "postcode": data.address.postcode}
        if data.address
        else None,
        "needs": list(data.needs or ()),
    }
    return {
        "role": data.role,
        "detail": crypto.seal_json("people_victim.detail", key, detail),
        **_address(victim, "email", data.email, crypto.blind_email(data.email) if data.email else None),
        **_address(
            victim, "mobile", data.mobile, crypto.blind("mobile", data.mobile) if data.mobile else None
        ),
        "language": data.language or "",
        "under_age": data.born_on is not None and under_age(data.born_on, rows.now.date()),
        "of_age_on": of_age_on(data.born_on, event.time.date()),
        "preferred_channel": data.preferred_channel or "",
        "sequence": event.sequence,
        "told_at": event.time,
    }


def _address(victim: dict[str, Any], column: str, value: str | None, hash_: bytes | None) -> dict[str, Any]:
    """What is known of an address now. One that the victim changed here stands as long as the records system says
    what it had said before (docs/returns.md)."""
    said = victim[f"said_{column}_hash"]
    if said is not None and bytes(said) == (hash_ or b""):
        return {}
    sealed = crypto.seal(f"people_victim.{column}", victim["id"], value) if value else None
    return {column: sealed, f"{column}_hash": hash_, f"said_{column}_hash": None}


def victim_withdrawn(rows: Rows, event: Event, data: Any, live: bool) -> None:
    """The person has no part in it any more, unless something newer says that they have."""
    victim = rows.victims[rows.crime(event)["id"], data.victim]
    if event.sequence > victim["withdrawn_sequence"]:
        victim |= {"withdrawn_sequence": event.sequence, "withdrawn_reason": data.reason}
    victim["live"] = victim["sequence"] > victim["withdrawn_sequence"]
    rows.mark("people_victim", victim)


def carry_victims_over(rows: Rows) -> None:
    """The victims of a merged crime are victims of the one that it became part of, for as long as it is.

    What is worked out anew is everybody who came over to a crime that a touched one is, or was, merged into: the
    result depends on what is known, not on when it came. What that crime's own record says of a person stands.
    """
    targets = rows.merge_targets | {
        crime["merged_into"]
        for crime in rows.crimes.values()
        if crime["id"] in rows.crimes_touched and crime["merged_into"]
    }
    into: dict[UUID, UUID] = {}
    keys: dict[UUID, str] = {}
    wanted = targets
    while wanted:
        for crime in _near(rows, sorted(wanted)):
            keys[crime["id"]] = crime["reference_key"]
            if crime["withdrawn_reason"] == "merged" and crime["withdrawn_sequence"] > crime["sequence"]:
                into[crime["id"]] = crime["merged_into"]
        wanted = {into[target] for target in wanted if target in into} - targets
        targets |= wanted
    if targets:
        _come_over(rows, targets, _without_circles(into), keys)


def _near(rows: Rows, targets: list[UUID]) -> list[dict[str, Any]]:
    """These crimes, and those that are or were merged into them."""
    stored = rows.read("cases_crime", "(merged_into = any(%s) or id = any(%s))", targets, targets)
    crimes = {row["id"]: row for row in stored} | {row["id"]: row for row in rows.crimes.values()}
    return list(crimes.values())


def _without_circles(into: dict[UUID, UUID]) -> dict[UUID, UUID]:
    """What is merged into what, without the crimes that are merged into themselves in the end: nobody leaves those."""

    def returns(crime: UUID) -> bool:
        passed, at = {crime}, into.get(crime)
        while at is not None and at not in passed:
            passed.add(at)
            at = into.get(at)
        return at == crime

    return {crime: other for crime, other in into.items() if not returns(crime)}


def _come_over(rows: Rows, targets: set[UUID], into: dict[UUID, UUID], keys: dict[UUID, str]) -> None:
    """Bring those who came over to these crimes up to date, along the chain of merges.

    Of somebody who comes from several, the first crime by its reference says what is taken along.
    """
    sources = {target: {crime for crime, other in into.items() if other == target} for target in targets}
    order = [crime for crime in TopologicalSorter(sources).static_order() if crime in targets]
    crimes = sorted(targets.union(*sources.values()))
    people = {
        (row["crime_id"], row["person"]): row
        for row in rows.read("people_victim", "crime_id = any(%s)", crimes)
    }
    people |= {key: row for key, row in rows.victims.items() if key[0] in crimes}
    for target in order:
        came: dict[str, dict[str, Any]] = {}
        for crime in sorted(sources[target], key=lambda one: keys[one], reverse=True):
            came |= {person: row for (at, person), row in people.items() if at == crime and row["live"]}
        here = {person: row for (crime, person), row in people.items() if crime == target}
        for person in came.keys() | here.keys():
            twin = _twin(rows, target, here.get(person), came.get(person))
            if twin is not None and twin != here.get(person):
                people[target, person] = rows.victims[target, person] = twin
                rows.touched.add(target)
                rows.mark("people_victim", twin)


def _twin(
    rows: Rows, target: UUID, here: dict[str, Any] | None, came: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The row, in the crime merged into, of a person who came over (`came`) or no longer does; None: there is none."""
    if here is not None and here["sequence"] >= 0:
        return _beside(here, came)
    if came is None:
        return here and here | {"live": False}
    twin = here or new_victim(rows.force_id, target, came["person"])
    twin = twin | {column: value for column, value in came.items() if column not in _OWN_COLUMNS}
    for column in ("detail", "email", "mobile", "safe_note"):
        twin[column] = _sealed_for(twin, came, column)
    return twin


def _beside(here: dict[str, Any], came: dict[str, Any] | None) -> dict[str, Any]:
    """This crime's own record stands; where it is silent on what protects, what is known of the person there holds.

    Who had joined there has joined here: it is the same person of this force.
    """
    row = dict(here)
    if here["safe_sequence"] < 0 and (here["safe_known"] or came):
        known = came or new_victim(here["force_id"], here["crime_id"], here["person"])
        row |= {column: known[column] for column in _SAFE} | {
            "safe_note": _sealed_for(here, known, "safe_note")
        }
    if here["enhanced_sequence"] < 0:
        row["enhanced"] = came["enhanced"] if came else None
    if came is not None and came["account_id"] is not None and here["account_id"] is None:
        row |= {column: came[column] for column in ("account_id", "joined_at", "invited_at")}
    return row


def _sealed_for(row: dict[str, Any], other: dict[str, Any], column: str) -> bytes | None:
    """What stands in a sealed column of another row, sealed for this one; left as it is where it says the same."""
    place = f"people_victim.{column}"
    plain = other[column] and crypto.unseal(place, other["id"], other[column])
    if plain and row[column] and crypto.unseal(place, row["id"], row[column]) == plain:
        return bytes(row[column])
    return crypto.seal(place, row["id"], plain) if plain else None


def new_victim(force_id: int, crime_id: UUID, person: str) -> dict[str, Any]:
    """A victim's row before anything is known but who it is."""
    return {
        "id": new_id(),
        "force_id": force_id,
        "crime_id": crime_id,
        "person": person,
        "role": "victim",
        "detail": None,
        "email": None,
        "email_hash": None,
        "mobile": None,
        "mobile_hash": None,
        "language": "",
        "under_age": False,
        "of_age_on": None,
        "enhanced": None,
        "enhanced_sequence": -1,
        "preferred_channel": "",
        "safe_known": False,
        "safe_channels": None,
        "safe_from": None,
        "safe_to": None,
        "disguise": False,
        "no_portal": False,
        "safe_note": None,
        "safe_sequence": -1,
        "chosen_channel": "",
        "chosen_language": "",
        "chosen_pace": "",
        "agreed_days": None,
        "chosen_at": None,
        "account_id": None,
        "joined_at": None,
        "blocked_hashes": [],
        "live": True,
        "sequence": -1,
        "told_at": None,
        "said_email_hash": None,
        "said_mobile_hash": None,
        "withdrawn_sequence": -1,
        "withdrawn_reason": "",
        "invited_at": None,
    }


def under_age(born: date, today: date) -> bool:
    """Whether somebody born then is under 18 today (the Code's enhanced rights, and child victims)."""
    return (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < 18
