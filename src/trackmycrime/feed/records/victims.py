"""What is said of a victim's part in a crime, and where the victims of a merged crime go."""

from datetime import date
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
    """The victims of a merged crime are victims of the one it became part of, with the access they have.

    What that crime's own record says of the same person stands; what came over follows what it came from.
    """
    merged = {
        c["id"]: c["merged_into"]
        for c in rows.crimes.values()
        if c["withdrawn_reason"] == "merged"
        and c["withdrawn_sequence"] > c["sequence"]
        and c["id"] in rows.crimes_touched
    }
    if not merged:
        return
    wanted = [*merged, *merged.values()]
    people = {
        (row["crime_id"], row["person"]): row
        for row in rows.read("people_victim", "crime_id = any(%s)", wanted)
    }
    people |= rows.victims
    for (crime, person), victim in list(people.items()):
        if crime not in merged or not victim["live"]:
            continue
        into = merged[crime]
        twin = people.get((into, person))
        if twin is None:
            twin = new_victim(rows.force_id, into, person) | {"account_id": victim["account_id"]}
            people[into, person] = twin
        elif twin["sequence"] >= 0:
            if twin["account_id"] is None and victim["account_id"] is not None:
                twin |= {k: victim[k] for k in ("account_id", "joined_at", "invited_at")}
                rows.mark("people_victim", twin)
            continue
        twin |= {k: v for k, v in victim.items() if k not in _OWN_COLUMNS}
        for column in ("detail", "email", "mobile", "safe_note"):
            if victim[column] is not None:
                plain = crypto.unseal(f"people_victim.{column}", victim["id"], victim[column])
                twin[column] = crypto.seal(f"people_victim.{column}", twin["id"], plain)
        rows.victims[into, person] = twin
        rows.crimes_touched.add(into)
        rows.mark("people_victim", twin)


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
