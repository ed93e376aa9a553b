"""The row of one published case: what its page shows of the crime itself, and its dates."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from trackmycrime.cases.vocabulary import CLOSED, PUBLIC_STAGE
from trackmycrime.forces.policy import Policy
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.clock import london_date
from trackmycrime.kernel.ids import new_id

from .timeline import State

_COMPARED = (
    "open", "stage", "outcome", "officer_id", "unit_id", "next_update_on", "closed_on", "readable_until",
)  # fmt: skip


_CHANGED = (*_COMPARED, "version", "changed_at", "page")


def write(new: Sequence[dict[str, Any]], changed: Sequence[dict[str, Any]]) -> None:
    """Write the rows of cases that are new, and what may have changed of those that are not."""
    setwise.insert("publish_case", list(new[0]) if new else [], new)
    rows = [{name: row[name] for name in ("id", *_CHANGED)} for row in changed]
    setwise.update("publish_case", ["id"], _CHANGED, rows)


def page_of(crime: dict[str, Any], states: Iterable[State], *, joined: bool) -> dict[str, Any]:
    """What the page shows of the crime, as it is stored (encrypted as one value).

    ``joined``: another record of it was put together with this one. Hearings, property and whose it is are filled in
    once it is known what of them can be read.
    """
    withdrawn = crime["withdrawn_reason"] if crime["withdrawn_sequence"] > crime["sequence"] else ""
    return {
        "reference": crime["reference"],
        "category": crime["category"],
        "offence": crime["offence_name"],
        "place": crime["place"],
        "occurred": [crime["occurred_from"], crime["occurred_to"]],
        "reported_at": crime["reported_at"],
        "reached": reached(states),
        "withdrawn": withdrawn,
        "merged_into": str(crime["merged_into"]) if withdrawn == "merged" else "",
        "joined": joined,
        "hearings": [],
        "property": [],
        "owner": "",
    }


def reached(states: Iterable[State]) -> dict[str, str]:
    """When each stage that victims see was reached first; `states` in their order."""
    first: dict[str, str] = {}
    for state in states:
        if (stage := PUBLIC_STAGE[state.stage]) not in first:
            first[stage] = state.time.isoformat()
    return first


def owner_of(victims: Iterable[dict[str, Any]]) -> str:
    """The victim whose all property of the crime can only be: the one person who is its victim. Else empty: whose an
    item is, the records system does not say, and what tells it from others is not for everybody who reads.
    """
    live = [victim for victim in victims if victim["live"]]
    own = [victim for victim in live if victim["role"] in ("victim", "business_contact")]
    return str(own[0]["id"]) if len(own) == 1 else ""


def case_row(
    crime: dict[str, Any],
    states: Sequence[State],
    page: dict[str, Any],
    old: dict[str, Any] | None,
    policy: Policy,
    *,
    now: datetime,
) -> dict[str, Any]:
    """The row of an open case, without what only its entries tell (`promise`); `old` is its row until now."""
    closed = _closed_on(crime, states, page["withdrawn"], old, now)
    return {
        "id": old["id"] if old else new_id(),
        "force_id": crime["force_id"],
        "crime_id": crime["id"],
        "open": True,
        "stage": crime["stage"],
        "outcome": crime["outcome"],
        "officer_id": crime["officer_id"],
        "unit_id": crime["unit_id"],
        "promised_on": old["promised_on"] if old else None,
        "closed_on": closed,
        "readable_until": _months_later(closed, policy.readable_months, now) if closed else None,
        "next_update_on": None,
    }


def promise(row: dict[str, Any], latest: datetime | None, policy: Policy) -> None:
    """Set the day by which the victim hears next: the force's rule, counted from the latest entry."""
    if row["closed_on"] is None and latest is not None:
        row["next_update_on"] = london_date(latest) + timedelta(days=policy.update_days)


def differs(old: dict[str, Any], row: dict[str, Any], page: dict[str, Any]) -> bool:
    """Whether anything on the page is not as it was."""
    if any(old[column] != row[column] for column in _COMPARED):
        return True
    return bool(crypto.unseal_json("publish_case.page", old["id"], old["page"]) != page)


def _closed_on(
    crime: dict[str, Any],
    states: Sequence[State],
    withdrawn: str,
    old: dict[str, Any] | None,
    now: datetime,
) -> date | None:
    if crime["stage"] == CLOSED:
        if len(crime["closed_at"]) >= len("2026-11-24"):
            return date.fromisoformat(crime["closed_at"][:10])
        return london_date(closed_since(states) or now)
    if withdrawn:
        return old["closed_on"] if old and old["closed_on"] else london_date(now)
    return None


def closed_since(states: Iterable[State]) -> datetime | None:
    """When the unbroken run of closed states that is the newest began; `states` in their order."""
    began: datetime | None = None
    for state in states:
        began = (began or state.time) if state.stage == CLOSED else None
    return began


def _months_later(day: date, months: int, now: datetime) -> datetime:
    month = day.month - 1 + months
    year, month = day.year + month // 12, month % 12 + 1
    for last in (day.day, 30, 29, 28):
        try:
            return datetime(year, month, last, tzinfo=now.tzinfo)
        except ValueError:
            continue
    raise AssertionError("every month has 28 days")
