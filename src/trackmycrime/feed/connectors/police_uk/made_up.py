"""Made-up people for extracts that have none: victims, officers and units.

Everything is chosen by a hash of the reference, so that every run makes the same people. They are marked:
every id of a made-up person or unit begins with `made-up-`, every address is at example.org (RFC 2606),
every mobile is of Ofcom's range for drama, 07700 900000 to 900999, every other number of its range
03069 990000 to 990999, and the source of a victim's events is `urn:trackmycrime:made-up:<force>`.
Names and addresses are Faker's, British, from a fixed seed.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache
from typing import Any

WELSH_FORCES = frozenset({"dyfed-powys", "gwent", "north-wales", "south-wales"})

_BUSINESS = frozenset({"shoplifting"})
_RANKS = (
    "Police Constable",
    "Police Constable",
    "Detective Constable",
    "Police Sergeant",
    "Detective Sergeant",
)
_TEAMS = (
    ("Response Investigation Team {}", "Tîm Ymchwilio Ymateb {}"),
    ("Neighbourhood Policing Team {}", "Tîm Plismona Bro {}"),
    ("Volume Crime Team {}", "Tîm Troseddau Cyffredin {}"),
)
_AREAS = (("East", "y Dwyrain"), ("West", "y Gorllewin"))
_OFFICERS_PER_UNIT = 6
_POOL = 500
_PEOPLE_WITH_MORE = 25
"""One crime in so many is of a person out of a pool, who may have other crimes."""


class _Dice:
    """A stream of small numbers from a hash; the same words give the same numbers."""

    def __init__(self, *words: str) -> None:
        self._left = int.from_bytes(hashlib.sha512("\x00".join(words).encode()).digest(), "big")

    def below(self, n: int) -> int:
        self._left, number = divmod(self._left, n)
        return number


@dataclass(frozen=True, slots=True)
class _Names:
    given: tuple[str, ...]
    family: tuple[str, ...]
    streets: tuple[tuple[str, str, str], ...]
    companies: tuple[str, ...]


@cache
def _names() -> _Names:
    from faker import Faker  # comes with the extra «server»: what is beside a records system makes nobody up

    fake = Faker("en_GB")
    fake.seed_instance(20240501)
    given = tuple(fake.first_name() for _ in range(_POOL))
    family = tuple(fake.last_name() for _ in range(_POOL))
    streets = tuple((fake.street_address(), fake.city(), fake.postcode()) for _ in range(_POOL))
    return _Names(given, family, streets, tuple(fake.company() for _ in range(_POOL)))


@dataclass(frozen=True, slots=True)
class Staff:
    """The made-up units and officers of one force, by id, as the contract wants them."""

    force: str
    units: dict[str, dict[str, Any]]
    officers: dict[str, dict[str, Any]]

    def on(self, reference: str, district: str) -> tuple[str, str]:
        """The unit that works a crime of a district, and the officer of it who has this crime."""
        names = list(self.units)
        unit = names[_Dice(self.force, "district", district or reference).below(len(names))]
        officer = _Dice(self.force, "officer", reference).below(_OFFICERS_PER_UNIT)
        return unit, f"{unit.replace('unit', 'officer')}-{officer + 1}"


def staff_of(force: str) -> Staff:
    """A small staff for a force: six units with six officers each."""
    units: dict[str, dict[str, Any]] = {}
    officers: dict[str, dict[str, Any]] = {}
    names = _names()
    for number, (team, area) in enumerate(((team, area) for team in _TEAMS for area in _AREAS), 1):
        unit = f"made-up-unit-{number}"
        dice = _Dice(force, unit)
        units[unit] = {
            "name": {"en": team[0].format(area[0]), "cy": team[1].format(area[1])},
            "phone": f"03069 990{dice.below(1000):03d}",
            "email": f"{unit}.{force}@example.org",
            "hours": {"en": "Every day, 8am to 8pm", "cy": "Bob dydd, 8am i 8pm"},
            "active": True,
        }
        for place in range(_OFFICERS_PER_UNIT):
            officer = f"made-up-officer-{number}-{place + 1}"
            dice = _Dice(force, officer)
            name = f"{names.given[dice.below(_POOL)]} {names.family[dice.below(_POOL)]}"
            officers[officer] = {
                "name": name,
                "collar_number": str(1000 + dice.below(9000)),
                "rank": _RANKS[place % len(_RANKS)],
                "unit": unit,
                "email": f"{officer}.{force}@example.org",
                "phone": f"03069 990{dice.below(1000):03d}",
                "active": True,
            }
    return Staff(force, units, officers)


def victim_of(reference: str, force: str, category: str) -> dict[str, Any]:
    """The made-up victim of a crime, as the data of a `victim.changed`."""
    dice = _Dice(force, "victim", reference)
    person = reference
    if dice.below(_PEOPLE_WITH_MORE) == 0:
        person = f"again-{dice.below(_POOL)}"
    data = dict(_person(person, force))
    if category in _BUSINESS:
        data["role"] = "business_contact"
        data["organisation"] = _names().companies[_Dice(force, "company", person).below(_POOL)]
    return data


def _person(person: str, force: str) -> dict[str, Any]:
    dice = _Dice(force, "person", person)
    names = _names()
    given, family = names.given[dice.below(_POOL)], names.family[dice.below(_POOL)]
    mark = hashlib.sha256(f"{force}\x00{person}".encode()).hexdigest()[:10]
    street, city, postcode = names.streets[dice.below(_POOL)]
    data: dict[str, Any] = {"victim": f"made-up-{mark}", "role": "victim", "name": f"{given} {family}"}
    if dice.below(100) < 92:
        local = "".join(c for c in f"{given}.{family}".lower() if c.isascii() and (c.isalnum() or c == "."))
        data["email"] = f"{local}.{mark}@example.org"
    if dice.below(100) < 88 or "email" not in data:
        data["mobile"] = f"07700 900{dice.below(1000):03d}"
    if dice.below(100) < 80:
        data["address"] = {"lines": [*street.split("\n"), city], "postcode": postcode}
    if dice.below(100) < 70:
        data["born_on"] = f"{1935 + dice.below(55)}-{1 + dice.below(12):02d}-{1 + dice.below(28):02d}"
    if (language := _language(dice, force)) is not None:
        data["language"] = language
    if (needs := _NEEDS[dice.below(len(_NEEDS))]) is not None:
        data["needs"] = [needs]
    if (channel := _CHANNELS[dice.below(len(_CHANNELS))]) is not None:
        data["preferred_channel"] = channel
    if (safe := _safe_contact(dice)) is not None:
        data["safe_contact"] = safe
    return data


def _language(dice: _Dice, force: str) -> str | None:
    """What the records system knows of the language: nothing for a third, Welsh for a part of Wales."""
    roll = dice.below(100)
    if roll < 30:
        return None
    if force in WELSH_FORCES:
        return "cy" if roll < 52 else "en"
    return ("pl", "ro", "ur")[roll - 97] if roll >= 97 else "en"


def _safe_contact(dice: _Dice) -> dict[str, Any] | None:
    """How most may be reached is not restricted; one in sixteen asks for care of some kind."""
    roll = dice.below(80)
    if roll >= len(_SAFE):
        return None
    return {"disguise": False, "no_portal": False} | _SAFE[roll]


_SAFE: tuple[dict[str, Any], ...] = (
    {"channels": ["email"]},
    {"channels": ["text"], "hours": {"from": "09:00", "to": "17:00"}},
    {"disguise": True, "note": "Made up: asks for messages that do not say police"},
    {"no_portal": True, "note": "Made up: wants to be told in person only"},
    {"channels": [], "note": "Made up: no machine contact at all"},
)
_NEEDS = (None,) * 44 + ("large_print", "easy_read", "bsl", "interpreter", "text_relay", "no_letters")
_CHANNELS = (None,) * 8 + ("email",) * 5 + ("text",) * 4 + ("letter", "phone", "in_person")
