"""Where the victims of a merged crime go, and who was let in to their cases with them."""

from graphlib import TopologicalSorter
from typing import Any
from uuid import UUID

from trackmycrime.cases.offences import implied_flags
from trackmycrime.cases.vocabulary import PROTECTED_FLAGS
from trackmycrime.kernel import crypto
from trackmycrime.people.helping.carrying import Link

from .rows import Rows
from .victims import new_victim

# What a victim that came over from a merged crime does not take along from there as it is: who it is, what is sealed
# for a row, and how new that is, for sequences are compared within one crime.
_OWN_COLUMNS = frozenset(
    {
        "id", "crime_id", "sequence", "safe_sequence", "enhanced_sequence", "withdrawn_sequence", "withdrawn_reason",
        "detail", "email", "mobile", "safe_note",
    }
)  # fmt: skip
_SAFE = ("safe_known", "safe_channels", "safe_from", "safe_to", "disguise", "no_portal")


def carry_victims_over(rows: Rows) -> None:
    """The victims of a merged crime are victims of the one that it became part of, for as long as it is.

    What is worked out anew is everybody who came over to a crime that a touched one is, or was, merged into: the
    result depends on what is known, not on when it came. What that crime's own record says of a person stands.
    """
    touched = rows.crimes_touched
    targets = rows.merge_targets | {
        crime["merged_into"]
        for crime in rows.crimes.values()
        if crime["merged_into"] and crime["id"] in touched
    }
    into: dict[UUID, UUID] = {}
    crimes: dict[UUID, dict[str, Any]] = {}
    wanted = targets
    while wanted:
        for crime in _near(rows, sorted(wanted)):
            crimes[crime["id"]] = crime
            if crime["withdrawn_reason"] == "merged" and crime["withdrawn_sequence"] > crime["sequence"]:
                into[crime["id"]] = crime["merged_into"]
        wanted = {into[target] for target in wanted if target in into} - targets
        targets |= wanted
    if targets:
        _come_over(rows, targets, _without_circles(into), crimes)


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


def _come_over(
    rows: Rows, targets: set[UUID], into: dict[UUID, UUID], known: dict[UUID, dict[str, Any]]
) -> None:
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
        for crime in sorted(sources[target], key=lambda one: known[one]["reference_key"], reverse=True):
            came |= {person: row for (at, person), row in people.items() if at == crime and row["live"]}
        here = {person: row for (crime, person), row in people.items() if crime == target}
        for person in came.keys() | here.keys():
            twin = _twin(rows, target, here.get(person), came.get(person))
            if twin is not None and twin != here.get(person):
                people[target, person] = rows.victims[target, person] = twin
                rows.touched.add(target)
                rows.mark("people_victim", twin)
        rows.links_known |= {row["id"] for (crime, _), row in people.items() if crime == target}
        for crime in sources[target]:
            kinds = _kinds(known[target], people) - _kinds(known[crime], people)
            for (at, person), row in people.items():
                if at == crime and row["live"]:
                    twin = people[target, person]
                    goes = not kinds and _may_go_along(row, here.get(person), twin)
                    rows.links.append(Link(row["id"], twin["id"], goes))


def _kinds(crime: dict[str, Any], people: dict[tuple[UUID, str], dict[str, Any]]) -> frozenset[str]:
    """The protected kinds that a crime is of."""
    child = any(row["live"] and row["under_age"] for (at, _), row in people.items() if at == crime["id"])
    kinds = {*crime["flags"], *implied_flags(crime["offence_code"]), *(["child_victim"] if child else [])}
    return PROTECTED_FLAGS & kinds


def _may_go_along(came: dict[str, Any], before: dict[str, Any] | None, here: dict[str, Any]) -> bool:
    """Whether whoever was let in to the part in a merged crime may see that in the crime merged into.

    Not where the person had that as a case of their own and let them in to the other alone, nor where more protects
    them there: whoever was let in may be whom they are to be protected from.
    """
    theirs = before is not None and before["sequence"] >= 0 and before["account_id"] is not None
    safe = all(came[column] or not here[column] for column in ("no_portal", "disguise", "enhanced"))
    return here["live"] and not theirs and safe and here["account_id"] == came["account_id"]


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
    twin["look_off"] = came["look_off"] or (here is not None and here["look_off"])
    for column in ("detail", "email", "mobile", "safe_note"):
        twin[column] = _sealed_for(twin, came, column)
    return twin


def _beside(here: dict[str, Any], came: dict[str, Any] | None) -> dict[str, Any]:
    """This crime's own record stands; where it is silent on what protects, what is known of the person there holds.

    Who had joined there has joined here: it is the same person of this force.
    """
    row = dict(here)
    row["look_off"] = here["look_off"] or (came is not None and came["look_off"])
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
