"""What is said of a victim's part in a crime, and where the victims of a merged crime go."""

from datetime import date
from graphlib import CycleError, TopologicalSorter
from typing import Any
from uuid import UUID

from trackmycrime.feed.contract import Event
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id

from .rows import Rows

# What a victim that came over from a merged crime does not take along from there as it is.
_OWN_COLUMNS = frozenset({"id", "crime_id", "sequence", "detail", "email", "mobile", "safe_note"})


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
        victim |= _told(rows, victim["id"], event, data)
    victim["live"] = victim["sequence"] > victim["withdrawn_sequence"]


def _told(rows: Rows, key: UUID, event: Event, data: Any) -> dict[str, Any]:
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
        "email": crypto.seal("people_victim.email", key, data.email) if data.email else None,
        "email_hash": crypto.blind_email(data.email) if data.email else None,
        "mobile": crypto.seal("people_victim.mobile", key, data.mobile) if data.mobile else None,
        "mobile_hash": crypto.blind("mobile", data.mobile) if data.mobile else None,
        "language": data.language or "",
        "under_age": data.born_on is not None and under_age(data.born_on, rows.now.date()),
        "preferred_channel": data.preferred_channel or "",
        "sequence": event.sequence,
    }


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
    wanted = targets
    while wanted:
        into |= _merged(rows, sorted(wanted))
        wanted = {into[target] for target in wanted if target in into} - targets
        targets |= wanted
    if targets:
        _come_over(rows, targets, into)


def _merged(rows: Rows, targets: list[UUID]) -> dict[UUID, UUID]:
    """What is merged into these crimes now, and what they are merged into."""
    stored = rows.read("cases_crime", "(merged_into = any(%s) or id = any(%s))", targets, targets)
    crimes = {row["id"]: row for row in stored} | {row["id"]: row for row in rows.crimes.values()}
    return {
        crime["id"]: crime["merged_into"]
        for crime in crimes.values()
        if crime["withdrawn_reason"] == "merged" and crime["withdrawn_sequence"] > crime["sequence"]
    }


def _come_over(rows: Rows, targets: set[UUID], into: dict[UUID, UUID]) -> None:
    """Bring those who came over to these crimes up to date, along the chain of merges; in a circle nobody moves."""
    sources = {target: {crime for crime, other in into.items() if other == target} for target in targets}
    try:
        order = [crime for crime in TopologicalSorter(sources).static_order() if crime in targets]
    except CycleError:
        return
    crimes = sorted(targets.union(*sources.values()))
    people = {
        (row["crime_id"], row["person"]): row
        for row in rows.read("people_victim", "crime_id = any(%s)", crimes)
    }
    people |= {key: row for key, row in rows.victims.items() if key[0] in crimes}
    for target in order:
        came = {
            person: row
            for (crime, person), row in sorted(people.items(), key=lambda item: item[0], reverse=True)
            if crime in sources[target] and row["live"]
        }
        here = {person: row for (crime, person), row in people.items() if crime == target}
        for person in came.keys() | {each for each, row in here.items() if row["sequence"] < 0}:
            twin = _twin(rows, target, here.get(person), came.get(person))
            if twin is not None:
                people[target, person] = rows.victims[target, person] = twin
                rows.crimes_touched.add(target)
                rows.mark("people_victim", twin)


def _twin(
    rows: Rows, target: UUID, here: dict[str, Any] | None, came: dict[str, Any] | None
) -> dict[str, Any] | None:
    """The row, in the crime merged into, of a person who came over (`came`) or no longer does; None: stays as it is."""
    if here is not None and here["sequence"] >= 0:
        # this crime's own record stands; who had joined there has joined here: it is the same person of this force
        if came is None or here["account_id"] is not None or came["account_id"] is None:
            return None
        return here | {column: came[column] for column in ("account_id", "joined_at", "invited_at")}
    if came is None:
        return here and here | {"live": False}
    twin = here or new_victim(rows.force_id, target, came["person"])
    twin = twin | {column: value for column, value in came.items() if column not in _OWN_COLUMNS}
    for column in ("detail", "email", "mobile", "safe_note"):
        plain = came[column] and crypto.unseal(f"people_victim.{column}", came["id"], came[column])
        twin[column] = plain and crypto.seal(f"people_victim.{column}", twin["id"], plain)
    return twin


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
        "chosen_at": None,
        "account_id": None,
        "joined_at": None,
        "blocked_hashes": [],
        "live": True,
        "sequence": -1,
        "withdrawn_sequence": -1,
        "withdrawn_reason": "",
        "invited_at": None,
    }


def under_age(born: date, today: date) -> bool:
    """Whether somebody born then is under 18 today (the Code's enhanced rights, and child victims)."""
    return (today.year - born.year - ((today.month, today.day) < (born.month, born.day))) < 18
