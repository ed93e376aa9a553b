"""Made-up people: the same every time, marked, lawful, and unlike each other."""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from tests.connectors.extracts import crime_id, street, told, write
from tests.connectors.test_police_story import assert_lawful
from trackmycrime.feed.connectors.police_uk.made_up import victim_of

FORCES = ("kent", "south-wales")


@pytest.fixture(scope="module", params=FORCES)
def people(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """The events of 600 crimes of a force with their made-up people."""
    force = request.param
    folder = tmp_path_factory.mktemp(force)
    types = ("Burglary", "Shoplifting", "Vehicle crime")
    rows = [street(crime_id(n), type_=types[n % 3]) for n in range(600)]
    write(folder, f"2021-05-{force}-street.csv", rows)
    events, _, _ = told([folder], force, made_up=True)
    assert events == told([folder], force, made_up=True)[0]
    return events


def victims(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The data of all victims."""
    return [event["data"] for event in events if event["type"] == "victim.changed"]


def test_every_crime_has_one_victim_after_it_and_staff_comes_first(people: list[dict[str, Any]]) -> None:
    assert_lawful(people)
    types = [event["type"] for event in people]
    assert types[:42] == ["unit.changed"] * 6 + ["officer.changed"] * 36
    assert types.count("victim.changed") == 600
    for before, event in pairwise(people):
        if event["type"] == "victim.changed":
            assert (before["type"], before["subject"]) == ("crime.changed", event["subject"])
            assert before["time"] == event["time"]


def test_all_people_are_marked_as_made_up(people: list[dict[str, Any]]) -> None:
    for event in people:
        data = event["data"]
        if event["type"] != "crime.changed":
            assert event["source"].startswith("urn:trackmycrime:made-up:")
            assert data.get("victim", event["subject"]).startswith("made-up-")
            assert data.get("email", "@example.org").endswith("@example.org")
            assert re.fullmatch(r"07700 900\d{3}", data.get("mobile", "07700 900000"))
            assert re.fullmatch(r"03069 990\d{3}", data.get("phone", "03069 990000"))


def test_officers_are_in_units_that_are_there_and_crimes_name_them(people: list[dict[str, Any]]) -> None:
    units = {event["subject"] for event in people if event["type"] == "unit.changed"}
    officers = {e["subject"]: e["data"]["unit"] for e in people if e["type"] == "officer.changed"}
    assert set(officers.values()) == units
    named = set()
    for event in people:
        if event["type"] == "crime.changed":
            assert event["data"]["unit"] in units
            officer = event["data"].get("officer")
            assert officer is None or officers[officer] == event["data"]["unit"]
            named.add(officer)
    assert len(named - {None}) == 6  # all of these crimes are of one district, so of one unit


def test_victims_differ_in_what_matters(people: list[dict[str, Any]]) -> None:
    found = victims(people)
    languages = Counter(victim.get("language") for victim in found)
    welsh = people[0]["source"].endswith("south-wales")
    assert languages[None] > 100
    assert languages["en"] > 200
    assert (languages["cy"] > 60) is welsh
    assert {"email", "text", "letter", None} <= {victim.get("preferred_channel") for victim in found}
    careful = [victim["safe_contact"] for victim in found if "safe_contact" in victim]
    assert 10 < len(careful) < 80
    assert any(contact["disguise"] for contact in careful)
    assert any(contact["no_portal"] for contact in careful)
    assert any(contact.get("channels") == [] for contact in careful)
    assert {victim["role"] for victim in found} == {"victim", "business_contact"}
    assert all("organisation" in victim for victim in found if victim["role"] == "business_contact")


def test_some_people_have_more_than_one_crime_and_are_the_same_person_on_each() -> None:
    by_id: dict[str, list[dict[str, Any]]] = {}
    for number in range(5000):
        victim = victim_of(f"K-{number}", "kent", "burglary")
        by_id.setdefault(victim["victim"], []).append(victim)
    repeated = [found for found in by_id.values() if len(found) > 1]
    assert 20 < len(repeated) < 150
    assert all(victim == found[0] for found in repeated for victim in found)
    emails = [found[0]["email"] for found in by_id.values() if "email" in found[0]]
    assert len(set(emails)) == len(emails) > 4000
