"""Who works a case and who answers, from the contacts as they are published. Pure but for opening what is sealed."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from trackmycrime.kernel import crypto

from . import dates
from .shapes import Contact
from .wording import Language, text


def by_ref(contacts: Iterable[dict[str, Any]]) -> dict[tuple[str, str], dict[str, Any]]:
    """The rows of contacts, opened, by kind and the records system's id."""
    return {
        (row["kind"], row["ref"]): row
        | {"shown": crypto.unseal_json("publish_contact.shown", row["id"], row["shown"])}
        for row in contacts
    }


def contact_of(
    case: dict[str, Any], staff: dict[tuple[str, str], dict[str, Any]], language: Language, today: date
) -> Contact:
    """The officer of a case and the team, and who answers while the officer is away on this day."""
    officer = staff.get(("officer", case["officer_id"]))
    if officer and not officer["active"]:
        officer = None
    unit_ref = case["unit_id"] or (officer["shown"]["unit"] if officer else "")
    unit = staff.get(("unit", unit_ref))
    away_until = cover = ""
    if officer and _away(officer, today):
        away_until = dates.day(officer["away_until"], language, today=today)
        ref = officer["shown"]["cover"]
        stand_in = staff.get(("officer", ref)) or staff.get(("unit", ref))
        # who covers may be away too, or have left: then the team answers
        if stand_in and stand_in["active"] and not _away(stand_in, today):
            cover = staff_name(stand_in, language)
    return Contact(
        officer=officer["shown"]["name"] if officer else "",
        unit=staff_name(unit, language) if unit else text("default.unit", language),
        phone=unit["shown"]["phone"] if unit else "",
        hours=_either(unit["shown"]["hours"], language) if unit else "",
        away_until=away_until,
        cover=cover,
        email=(officer["shown"].get("email") or "") if officer else "",
    )


def _away(person: dict[str, Any], today: date) -> bool:
    return person["away_until"] is not None and person["away_until"] >= today


def staff_name(row: dict[str, Any], language: Language) -> str:
    """An officer or a team as a victim reads it."""
    return str(row["shown"]["name"]) if row["kind"] == "officer" else _either(row["shown"]["name"], language)


def _either(pair: dict[str, str], language: Language) -> str:
    return pair[language] or pair["en"] or pair["cy"]
