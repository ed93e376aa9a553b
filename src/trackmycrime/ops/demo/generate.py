"""The demo's cases, written as data.police.uk writes them: street and outcomes files of recent months.

What a crime is, how it ends and when is drawn from the figures of real extracts (`figures`); streets and
Crime IDs are made up. The same day and seed give the same files.
"""

from __future__ import annotations

import csv
import hashlib
import random
from collections import defaultdict
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from trackmycrime.feed.connectors.months import month_text
from trackmycrime.ops.demo.figures import ForceFigures, figures
from trackmycrime.ops.demo.places import place

STREET = [
    "Crime ID", "Month", "Reported by", "Falls within", "Longitude", "Latitude", "Location", "LSOA code",
    "LSOA name", "Crime type", "Last outcome category", "Context",
]  # fmt: skip
OUTCOMES = [*STREET[:9], "Outcome type"]

MONTHS = 6
_COURT = ("Awaiting court outcome", "Court result unavailable")
_OPEN = ("Under investigation", "Status update unavailable")
_RESULT_PUBLISHED = 0.25
"""Of those charged, the share whose result was published while results were (2013)."""


@dataclass(frozen=True)
class DemoForce:
    """A force of the demo: how data.police.uk writes its name, where it lies, and how many crimes it has."""

    slug: str
    published_as: str
    longitude: float
    latitude: float
    crimes: int


FORCES = (
    DemoForce("avon-and-somerset", "Avon and Somerset Constabulary", -2.59, 51.45, 12_000),
    DemoForce("south-wales", "South Wales Police", -3.30, 51.55, 8_000),
)


def write_extracts(folder: Path, today: date, *, seed: int = 1, share: float = 1.0) -> None:
    """Write the extracts of the last six whole months before `today` for the demo's forces.

    `share` makes fewer: 0.1 writes a tenth of the crimes.
    """
    this_month = (today.year - 2000) * 12 + today.month - 1
    months = range(this_month - MONTHS, this_month)
    for force in FORCES:
        _write_force(folder, force, months, seed, round(force.crimes * share))


def _write_force(folder: Path, force: DemoForce, months: range, seed: int, crimes: int) -> None:
    dice = random.Random(f"{seed} {force.slug} {months.start}")  # noqa: S311 (dice of a demo; hide nothing)
    drawn = figures().forces[force.slug]
    street: dict[int, list[list[str]]] = defaultdict(list)
    outcomes: dict[int, list[list[str]]] = defaultdict(list)
    for number in range(crimes):
        month = months[number * len(months) // crimes]
        crime_id = hashlib.sha256(f"demo {seed} {force.slug} {months.start} {number}".encode()).hexdigest()
        type_ = drawn.types.draw(dice)
        dated, last = _outcomes(drawn, type_, month, months, dice)
        where = _where(force, drawn, dice)
        street[month].append([crime_id, *_head(force, month), *where, type_, last, ""])
        if dice.random() < drawn.several_rows:
            elsewhere = _where(force, drawn, dice)
            street[month].append([crime_id, *_head(force, month), *elsewhere, type_, last, ""])
        for when, label in dated:
            outcomes[when].append([crime_id, *_head(force, when), *where, label])
        if dice.random() < drawn.without_identity:
            elsewhere = _where(force, drawn, dice)
            street[month].append(["", *_head(force, month), *elsewhere, "Anti-social behaviour", "", ""])
    for month in months:
        name = f"{month_text(month)}-{force.slug}"
        _write(folder / month_text(month) / f"{name}-street.csv", STREET, street[month])
        _write(folder / month_text(month) / f"{name}-outcomes.csv", OUTCOMES, outcomes[month])


def _outcomes(
    drawn: ForceFigures, type_: str, reported: int, months: range, dice: random.Random
) -> tuple[list[tuple[int, str]], str]:
    """The dated outcomes of a crime until the last month, and what the street file shows in the end."""
    last = drawn.last_outcomes[type_].draw(dice)
    when = reported + int(figures().months_to_outcome.draw(dice))
    if last in _OPEN or when > months[-1]:
        old = months[-1] - reported >= 3
        return [], last if last in _OPEN and old else "Under investigation"
    when = max(when, months[0])
    if last not in _COURT:
        return [(when, last)], last
    dated = [(when, "Suspect charged")]
    heard = when + dice.randint(0, 3)
    if dice.random() < _RESULT_PUBLISHED and heard <= months[-1]:
        result = figures().results.draw(dice)
        return [*dated, (heard, result)], result
    return dated, last


def _head(force: DemoForce, month: int) -> list[str]:
    return [month_text(month), force.published_as, force.published_as]


def _where(force: DemoForce, drawn: ForceFigures, dice: random.Random) -> list[str]:
    """Longitude, latitude, location, LSOA code and name; a crime without a place has none of them."""
    named = place(drawn.places.draw(dice), force.slug, dice)
    if named == "No Location":
        return ["", "", named, "", ""]
    longitude = f"{force.longitude + dice.gauss(0, 0.2):.6f}"
    latitude = f"{force.latitude + dice.gauss(0, 0.1):.6f}"
    lsoa = f"{drawn.districts.draw(dice)} {dice.randint(1, 54):03d}{dice.choice('ABCDEF')}"
    return [longitude, latitude, named, "", lsoa]


def _write(path: Path, header: list[str], rows: list[list[str]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
