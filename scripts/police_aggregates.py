"""Compute the small tables of figures from which the demo makes its cases.

    python scripts/police_aggregates.py FOLDER [--to FILE]

FOLDER holds real data.police.uk extracts: two releases of the same months of Avon and Somerset, a month of
South Wales, street and outcomes of Bedfordshire, and outcomes of Avon and Somerset of before 2020. Only counts
are written, no row, no Crime ID and no name of a street. Contains public sector information licensed under the
Open Government Licence v3.0.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors.months import month_number
from trackmycrime.feed.connectors.police_uk import ExtractFile, find
from trackmycrime.feed.connectors.police_uk.labels import crime_type, status_of

ATTRIBUTION = (
    "Contains public sector information licensed under the Open Government Licence v3.0 (data.police.uk). "
    "Counts computed from street and outcomes extracts by scripts/police_aggregates.py."
)
OUT = Path(__file__).parent.parent / "src" / "trackmycrime" / "ops" / "demo" / "aggregates.json"
SUFFIXES = frozenset({
    "Avenue", "Close", "Court", "Crescent", "Croft", "Drive", "Gardens", "Gate", "Green", "Grove", "Hill",
    "Lane", "Mead", "Mews", "Parade", "Park", "Place", "Quay", "Rise", "Road", "Row", "Square", "Street",
    "Terrace", "Vale", "View", "Walk", "Way",
})  # fmt: skip
KINDS = frozenset({
    "Supermarket", "Parking Area", "Petrol Station", "Shopping Area", "Park/Open Space", "Nightclub",
    "Sports/Recreation Area", "Hospital", "Further/Higher Educational Building", "Bus/Coach Station",
    "Theatre/Concert Hall", "Conference/Exhibition Centre", "Pedestrian Subway",
})  # fmt: skip
LEAST = 200
"""Crimes of a district; what is rarer is the snapping of points to places far away."""

Row = dict[str, str]


def main() -> None:
    """Read the extracts, write the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--to", type=Path, default=OUT)
    options = parser.parse_args()
    files = find([options.folder])
    street = [file for file in files if file.kind == "street"]
    figures: dict[str, Any] = {
        "attribution": ATTRIBUTION,
        "forces": {
            force: of_force([f for f in newest(street) if f.force == force and f.month >= 240])
            for force in ("avon-and-somerset", "south-wales")
        },
        "outcomes": of_outcomes([file for file in files if file.force == "bedfordshire"]),
        "beside_each_other": of_court(
            [f for f in files if f.force == "avon-and-somerset" and f.kind == "outcomes" and f.month < 240]
        ),
        "between_releases": between_releases([f for f in street if f.force == "avon-and-somerset"]),
    }
    options.to.write_text(json.dumps(figures, indent=1, sort_keys=True, ensure_ascii=False) + "\n")


def rows_in(file: ExtractFile) -> Iterator[Row]:
    """The rows of one extract, with the labels of today."""
    opened = gzip.open if file.path.suffix == ".gz" else open
    with opened(file.path, "rt", encoding="utf-8-sig", newline="") as lines:
        for row in csv.DictReader(lines):
            for column in ("Last outcome category", "Outcome type"):
                status = status_of(row.get(column, ""))
                row[column] = status.label if status else ""
            row["Crime type"] = crime_type(row.get("Crime type", "")) or ""
            yield row


def newest(files: Sequence[ExtractFile]) -> list[ExtractFile]:
    """Of files of one force and month that were published twice, the later ones."""
    found = {
        (file.force, file.month, file.kind): file for file in sorted(files, key=lambda f: f.release or 0)
    }
    return list(found.values())


def of_force(files: Sequence[ExtractFile]) -> dict[str, Any]:
    """What a force's street files look like: types, last outcomes by type, districts, patterns of places."""
    without, types, districts = 0, Counter[str](), Counter[str]()
    last: dict[str, Counter[str]] = defaultdict(Counter)
    places, nowhere, ids = Counter[str](), 0, Counter[str]()
    for file in files:
        for row in rows_in(file):
            if not row["Crime ID"]:
                without += 1
                continue
            ids[row["Crime ID"]] += 1
            types[row["Crime type"]] += 1
            last[row["Crime type"]][row["Last outcome category"]] += 1
            if district := row["LSOA name"].rpartition(" ")[0]:
                districts[district] += 1
            place = row["Location"].removeprefix("On or near").strip()
            nowhere += place.lower() in ("", "no location")
            places[pattern(place)] += 1
    return {
        "months": len(files),
        "rows_without_identity": without,
        "types": table(types),
        "last_outcomes": {type_: table(counts) for type_, counts in sorted(last.items())},
        "districts": table(districts, LEAST),
        "places": table(places),
        "rows_without_place": nowhere,
        "ids": len(ids),
        "ids_with_several_rows": sum(count > 1 for count in ids.values()),
    }


def pattern(place: str) -> str:
    """The pattern of a place's name: `=` and the name for a kind of place, the last word for a street.

    Words that could be names are not counted one by one: they are all «other».
    """
    if place.lower() in ("", "no location"):
        return ""
    last = place.split()[-1].title()
    return f"={place}" if place in KINDS else last if last in SUFFIXES else "other"


def of_outcomes(files: Sequence[ExtractFile]) -> dict[str, Any]:
    """Dated outcomes: months from the report to a crime's first."""
    reported: dict[str, int] = {}
    found: dict[str, list[tuple[int, str]]] = defaultdict(list)
    for file in files:
        for row in rows_in(file):
            month = month_number(row["Month"])
            if month is None or not row["Crime ID"]:
                continue
            if file.kind == "street":
                reported[row["Crime ID"]] = month
            else:
                found[row["Crime ID"]].append((month, row["Outcome type"]))
    lags = Counter(str(min(rows)[0] - reported[id_]) for id_, rows in found.items() if id_ in reported)
    return {
        "months_to_first": table(lags),
        "ids_with_street_row": len(reported),
        "ids_with_repeated_rows": sum(len(rows) > len(set(rows)) for rows in found.values()),
        "ids_without_street_row": len(found.keys() - reported.keys()),
    }


def of_court(files: Sequence[ExtractFile]) -> dict[str, int]:
    """Which outcomes stand beside each other on one crime in one month, from when courts' results were published."""
    found: dict[str, set[str]] = defaultdict(set)
    for file in files:
        for row in rows_in(file):
            found[row["Crime ID"]].add(row["Outcome type"])
    pairs = Counter[str]()
    for labels in found.values():
        ordered = sorted(labels, key=lambda label: getattr(status_of(label), "rank", 0))
        pairs.update(f"{before} > {after}" for before, after in pairwise(ordered))
    return table(pairs)


def between_releases(files: Sequence[ExtractFile]) -> dict[str, Any]:
    """What became of last outcomes between two releases of the same months, moves backwards included."""
    seen: dict[tuple[str, int], dict[int, str]] = defaultdict(dict)
    months = {(file.month, file.release) for file in files if file.release}
    twice = {month for month, release in months if sum(m == month for m, _ in months) > 1}
    for file in files:
        if file.month in twice and file.release:
            for row in rows_in(file):
                if row["Crime ID"]:
                    seen[row["Crime ID"], file.month][file.release] = row["Last outcome category"]
    changes, same = Counter[str](), 0
    for statuses in seen.values():
        first, *rest = (statuses[release] for release in sorted(statuses))
        if not rest or rest[-1] == first:
            same += 1
        else:
            changes[f"{first} > {rest[-1]}"] += 1
    return {"unchanged": same, "changes": table(changes)}


def table(counts: Counter[str], least: int = 1) -> dict[str, int]:
    """Counts from the most to the least; what is rarer than `least` is left out."""
    return {name: count for name, count in counts.most_common() if count >= least}


if __name__ == "__main__":
    main()
