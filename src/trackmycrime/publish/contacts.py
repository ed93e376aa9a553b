"""Staff as victims see them: what of an officer or a team the portal may know."""

from collections.abc import Iterable
from typing import Any

from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id

from .refresh import policy_of


def publish_contacts(force: Force, contacts: Iterable[tuple[str, str]]) -> None:
    """Write what victims see of these officers and units (``("officer", id)``, ``("unit", id)``), set-wise."""
    wanted = sorted(set(contacts))
    if not wanted:
        return
    show_contact = policy_of(force).show_officer_contact
    rows = []
    officers = [ref for kind, ref in wanted if kind == "officer"]
    units = [ref for kind, ref in wanted if kind == "unit"]
    if officers:
        for row in setwise.fetch(
            "select * from people_officer where force_id = %s and officer_id = any(%s)", [force.id, officers]
        ):
            detail = crypto.unseal_json("people_officer.detail", row["id"], row["detail"])
            shown: dict[str, Any] = {"name": shown_as(detail), "unit": row["unit_id"], "cover": row["cover"]}
            if show_contact:
                shown |= {"email": detail["email"], "phone": detail["phone"]}
            rows.append(_row(force, "officer", row["officer_id"], shown, row["away_until"], row["active"]))
    if units:
        for row in setwise.fetch(
            "select * from forces_unit where force_id = %s and unit_id = any(%s)", [force.id, units]
        ):
            shown = {
                "name": {"en": row["name_en"], "cy": row["name_cy"]},
                "phone": row["phone"],
                "hours": {"en": row["hours_en"], "cy": row["hours_cy"]},
            }
            rows.append(_row(force, "unit", row["unit_id"], shown, None, row["active"]))
    _store(rows)


def shown_as(detail: dict[str, Any]) -> str:
    """How victims see an officer: as the records system says, else by rank and surname."""
    if detail["shown_as"]:
        return str(detail["shown_as"])
    surname = detail["name"].split()[-1] if detail["name"].split() else ""
    return f"{detail['rank'] or ''} {surname}".strip()


def _row(force: Force, kind: str, ref: str, shown: dict[str, Any], away: Any, active: bool) -> dict[str, Any]:
    return {
        "id": new_id(),
        "force_id": force.id,
        "kind": kind,
        "ref": ref,
        "shown": shown,
        "away_until": away,
        "active": active,
        "version": 1,
    }


def _store(rows: list[dict[str, Any]]) -> None:
    if not rows:
        return
    known = {
        (row["kind"], row["ref"]): row["id"]
        for row in setwise.fetch(
            "select id, kind, ref from publish_contact where force_id = %s and ref = any(%s)",
            [rows[0]["force_id"], [row["ref"] for row in rows]],
        )
    }
    for row in rows:
        row["id"] = known.get((row["kind"], row["ref"]), row["id"])
        row["shown"] = crypto.seal_json("publish_contact.shown", row["id"], row["shown"])
    setwise.insert(
        "publish_contact",
        list(rows[0]),
        rows,
        conflict="on conflict (id) do update set shown = excluded.shown, away_until = excluded.away_until,"
        " active = excluded.active, version = publish_contact.version + 1",
    )
