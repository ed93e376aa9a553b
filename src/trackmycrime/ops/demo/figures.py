"""The figures of real extracts, from which the demo draws its cases.

`aggregates.json` holds counts only and is written by scripts/police_aggregates.py. Contains public sector
information licensed under the Open Government Licence v3.0 (data.police.uk).
"""

from __future__ import annotations

import json
import random
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import accumulate
from typing import Any


class Weighted:
    """Draws a name as often as its count says."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        self._names = list(counts)
        self._sums = list(accumulate(counts.values()))

    def draw(self, dice: random.Random) -> str:
        """One of the names."""
        return self._names[bisect(self._sums, dice.random() * self._sums[-1])]


@dataclass(frozen=True)
class ForceFigures:
    """What the street files of one force look like."""

    types: Weighted
    last_outcomes: dict[str, Weighted]
    districts: Weighted
    places: Weighted
    without_identity: float
    """Rows without a Crime ID for each crime."""
    several_rows: float
    """Crimes that have more than one row, as a share."""


@dataclass(frozen=True)
class Figures:
    """All that the generator draws from."""

    forces: dict[str, ForceFigures]
    months_to_outcome: Weighted
    results: Weighted
    """What a court decided, of those charged whose result was published."""


@cache
def figures() -> Figures:
    """The committed figures."""
    text = resources.files(__package__).joinpath("aggregates.json").read_text(encoding="utf-8")
    found = json.loads(text)
    charged = "Suspect charged > "
    results = {
        pair.removeprefix(charged): count
        for pair, count in found["beside_each_other"].items()
        if pair.startswith(charged)
    }
    return Figures(
        forces={force: _force(counts) for force, counts in found["forces"].items()},
        months_to_outcome=Weighted(found["outcomes"]["months_to_first"]),
        results=Weighted(results),
    )


def _force(counts: dict[str, Any]) -> ForceFigures:
    return ForceFigures(
        types=Weighted(counts["types"]),
        last_outcomes={type_: Weighted(labels) for type_, labels in counts["last_outcomes"].items()},
        districts=Weighted(counts["districts"]),
        places=Weighted(counts["places"]),
        without_identity=counts["rows_without_identity"] / counts["ids"],
        several_rows=counts["ids_with_several_rows"] / counts["ids"],
    )
