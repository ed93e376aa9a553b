"""What is said of a victim's part in a crime."""

from datetime import date
from typing import Any
from uuid import UUID

from trackmycrime.feed.contract import Event
from trackmycrime.kernel import crypto
from trackmycrime.kernel.ids import new_id
from trackmycrime.people.helping.rules import of_age_on

from .rows import Rows


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
        "look_off": False,
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
