"""The demo's cases: in the extracts' format, the same every time, like the real figures, and lawful for ever."""

from __future__ import annotations

import itertools
import json
import random
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from tests.connectors.extracts import crime_id, street, write
from trackmycrime.feed.connectors import police_uk
from trackmycrime.feed.connectors.refusals import Refusal
from trackmycrime.feed.contract import Event, Line, judge
from trackmycrime.ops.demo import showcase
from trackmycrime.ops.demo.generate import FORCES, write_extracts
from trackmycrime.ops.demo.live import TRACKED, Case, Police
from trackmycrime.ops.demo.loading import Loading, happening_now
from trackmycrime.ops.demo.sentences import AT_WORK, CORRECTED, STEPS

TODAY = date(2026, 11, 24)
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A twentieth of the demo's extracts."""
    path = tmp_path_factory.mktemp("extracts")
    write_extracts(path, TODAY, share=0.05)
    return path


def loaded(folder: Path, force: str, *, keep_back: bool = False) -> tuple[Loading, list[dict[str, Any]]]:
    """What the demo loads of one force."""
    files = [file for file in police_uk.find([folder]) if file.force == force]
    loading = Loading([], files, True, keep_back=keep_back)
    events = []
    for item in loading.stream():
        assert not isinstance(item, Refusal), item
        events.append(json.loads(item.line))
    return loading, events


def assert_lawful(events: Iterable[dict[str, Any]], now: datetime = NOW) -> None:
    """Every event is as the contract says; ids once, sequences of an entity once."""
    seen: set[Any] = set()
    for event in events:
        verdict = judge(Line(0, event), now=now, allowed_types=None, digest_key=b"test")
        assert isinstance(verdict, Event), (event, verdict)
        for key in (event["id"], (verdict.entity, verdict.sequence)):
            assert key not in seen, event
            seen.add(key)


def test_the_figures_hold_counts_and_their_attribution_and_nothing_else() -> None:
    text = resources.files("trackmycrime.ops.demo").joinpath("aggregates.json").read_text(encoding="utf-8")
    found = json.loads(text)
    assert "Open Government Licence v3.0" in found.pop("attribution")

    def leaves(value: Any) -> Iterable[Any]:
        return (
            itertools.chain.from_iterable(map(leaves, value.values())) if isinstance(value, dict) else [value]
        )

    assert all(type(leaf) is int for leaf in leaves(found))
    assert len(text) < 40_000


def test_the_same_day_gives_the_same_files_and_another_day_others(folder: Path, tmp_path: Path) -> None:
    write_extracts(tmp_path / "again", TODAY, share=0.05)
    write_extracts(tmp_path / "later", TODAY + timedelta(days=20), share=0.05)
    names = sorted(path.relative_to(folder) for path in folder.rglob("*.csv"))
    assert len(names) == 2 * 2 * 6
    assert all((folder / name).read_bytes() == (tmp_path / "again" / name).read_bytes() for name in names)
    assert {name.parts[0] for name in names} == {f"2026-{month:02d}" for month in range(5, 11)}
    assert (tmp_path / "later" / "2026-11").is_dir()


@pytest.mark.parametrize("force", [force.slug for force in FORCES])
def test_the_connector_takes_every_row_and_the_demo_every_event(folder: Path, force: str) -> None:
    loading, events = loaded(folder, force)
    expected = round(0.05 * next(f.crimes for f in FORCES if f.slug == force))
    assert loading.crimes == expected
    assert loading.rows.refused == 0
    assert loading.rows.read == loading.rows.turned + loading.rows.skipped
    assert_lawful(events)
    assert all(event["time"] < "2026-11" for event in events)
    crimes = {event["subject"] for event in events if event["type"] == "crime.changed"}
    assert len(crimes) == expected
    for event in events:  # nobody's name is loaded for a crime that they could not follow
        if event["type"] == "victim.changed":
            assert event["subject"] in crimes


def test_all_together_there_are_some_20_000_crimes() -> None:
    assert sum(force.crimes for force in FORCES) == 20_000


def test_types_and_outcomes_are_as_frequent_as_in_the_real_extracts(tmp_path: Path) -> None:
    write_extracts(tmp_path, TODAY, share=0.25)
    types: Counter[str] = Counter()
    with police_uk.Reading("avon-and-somerset") as reading:
        for file in police_uk.find([tmp_path]):
            if file.force == "avon-and-somerset":
                reading.add(file, lambda refusal: pytest.fail(str(refusal)))
        counts = reading.counts
        for made in reading.events():
            if made.step == "recorded":
                types[made.event["data"]["offence"]["name"]] += 1
    total = sum(types.values())
    assert 0.38 < types["Violence and sexual offences"] / total < 0.46  # 24,795 of 59,882
    assert 0.01 < types["Bicycle theft"] / total < 0.025  # 1,029
    assert 0.2 < counts.skipped / total < 0.32  # 15,330 of 59,548


def test_cases_to_go_on_with_are_open_tracked_and_reachable(folder: Path) -> None:
    loading, _ = loaded(folder, "south-wales")
    assert len(loading.cases) > 10
    for case in loading.cases:
        assert case.data["offence"]["category"] in TRACKED
        assert case.data["stage"] == "investigating"
        assert case.victim.startswith("made-up-")


def test_of_real_extracts_outcomes_and_later_releases_are_kept_to_happen_live(folder: Path) -> None:
    loading, events = loaded(folder, "south-wales", keep_back=True)
    assert loading.later
    stages = {event["data"]["stage"] for event in events if event["type"] == "crime.changed"}
    assert stages <= {"reported", "investigating"}
    months = [month for month, _, _ in loading.later]
    assert months == sorted(months)
    assert {json.loads(line)["subject"] for _, _, line in loading.later} == set(loading.victims)


def test_what_changed_between_two_releases_happens_live_where_a_victim_would_notice(tmp_path: Path) -> None:
    name = "2021-05-kent-street.csv"
    before = [street(crime_id(n), status="Under investigation") for n in range(40)]
    unseen = [street(crime_id(n), status="Status update unavailable") for n in range(20)]
    seen = [street(crime_id(n), status="Suspect charged") for n in range(20, 40)]
    write(tmp_path / "release-2021-11", name, before)
    write(tmp_path / "release-2022-02", name, [*unseen, *seen])
    loading, events = loaded(tmp_path, "kent", keep_back=True)
    kept = [json.loads(line) for _, _, line in loading.later]
    assert 10 < len(kept) <= 20
    assert {event["data"]["stage"] for event in kept} == {"charged"}
    assert "charged" not in {event["data"].get("stage") for event in events}
    now = [happening_now(line, NOW) for _, _, line in loading.later]
    assert_lawful(now)
    assert {event["time"] for event in now} == {"2026-11-24T12:00:00Z"}


def test_things_go_on_for_ever_in_many_ways_and_are_all_lawful(folder: Path) -> None:
    cases = [case for force in FORCES for case in loaded(folder, force.slug)[0].cases]
    police = Police(cases, [force.slug for force in FORCES], random.Random(7))
    moments = (NOW + timedelta(seconds=1.5 * n) for n in itertools.count())
    kinds: Counter[str] = Counter()
    everything: list[dict[str, Any]] = []
    for force, events in itertools.islice(police.happenings(lambda: next(moments)), 1500):
        assert events
        for event in events:
            kinds[event["type"]] += 1
            if text := event["data"].get("text"):
                assert set(text) == ({"en", "cy"} if force == "south-wales" else {"en"})
        everything += events
    assert_lawful(everything, NOW + timedelta(hours=2))
    assert set(kinds) == {
        "crime.changed", "victim.changed", "update.published", "update.withdrawn", "crime.withdrawn",
    }  # fmt: skip
    sequences = [int(event["sequence"]) for event in everything]
    assert sequences == sorted(sequences)
    stages = {event["data"]["stage"] for event in everything if event["type"] == "crime.changed"}
    assert {"reported", "investigating", "awaiting_charge_decision", "charged", "closed"} <= stages
    published = [event for event in everything if event["type"] == "update.published"]
    assert len({event["data"]["update"] for event in published}) < len(published)  # some were corrected


def test_live_sequences_are_above_all_that_was_loaded_and_rise_over_restarts(folder: Path) -> None:
    _, events = loaded(folder, "avon-and-somerset")
    highest = max(int(event["sequence"]) for event in events)
    first = Police([], ["avon-and-somerset"], random.Random(1))
    second = Police([], ["avon-and-somerset"], random.Random(1))
    early = [first.sequence(NOW) for _ in range(3)]
    assert highest < early[0] < early[1] < early[2] < second.sequence(NOW + timedelta(seconds=1))
    # Over the turn of a month, too.
    in_november = second.sequence(NOW + timedelta(days=6))
    assert in_november + 1 < second.sequence(NOW + timedelta(days=7))


def test_a_case_without_an_officer_gets_one_before_a_suspect_is_spoken_to() -> None:
    police = Police([], ["avon-and-somerset"], random.Random(3))
    case, _ = police.report("avon-and-somerset", NOW)
    assert isinstance(case, Case)
    (first,) = police.step(case, NOW)
    assert first["data"]["officer"].startswith("made-up-officer-")
    steps = [police.step(case, NOW) for _ in STEPS]
    assert [events[-1]["data"]["milestone"] for events in steps] == [step.milestone for step in STEPS]
    assert case.closed


def test_the_showcase_begins_as_history_but_for_alex_and_the_withheld_one() -> None:
    of_force = {force: list(showcase.beginning(force, NOW)) for force in (showcase.ENGLISH, showcase.WELSH)}
    for events in of_force.values():
        assert_lawful(events)
    events = [*of_force[showcase.ENGLISH], *of_force[showcase.WELSH]]
    live = [event for event in events if event["time"] >= NOW.strftime("%Y-%m-%dT%H:%M:%SZ")]
    assert [(event["type"], event["subject"]) for event in live] == [
        ("crime.changed", "AS-DEMO-0003"),
        ("victim.changed", "AS-DEMO-0003"),
        ("crime.withdrawn", "AS-DEMO-0004"),
    ]
    of_sam = {e["subject"] for e in events if e["data"].get("victim") == showcase.SAM.victim}
    assert len(of_sam) == 2
    hearings = [e["data"] for e in events if e["type"] == "hearing.changed"]
    assert [bool(one.get("starts_at")) for one in hearings] == [True, False], (
        "one has its day, one only its week"
    )
    assert all((one.get("starts_at") or one["week_commencing"]) > NOW.date().isoformat() for one in hearings)
    found = {e["data"]["status"] for e in events if e["type"] == "property.changed"}
    assert {"recovered", "held_as_evidence"} <= found


def test_the_showcase_goes_on_for_ever_and_alex_is_taken_on_by_the_officer_who_can_sign_in() -> None:
    police = Police([], [showcase.ENGLISH, showcase.WELSH], random.Random(5))
    happened = [
        showcase.happening(story, sentence, NOW, police.sequence)
        for story, sentence in itertools.islice(showcase.to_come(), showcase.SCRIPTED + 40)
    ]
    of_alex = [event for _, events in happened for event in events if event["subject"] == "AS-DEMO-0003"]
    assert [event["type"] for event in of_alex[:3]] == [
        "crime.changed",
        "update.published",
        "update.published",
    ]
    assert of_alex[0]["data"]["officer"] == showcase.OFFICER_ID
    assert {force for force, _ in happened} == {showcase.ENGLISH, showcase.WELSH}
    assert not any(event["subject"] == "AS-DEMO-0004" for _, events in happened for event in events)
    for force in (showcase.ENGLISH, showcase.WELSH):
        assert_lawful([event for found, events in happened if found == force for event in events])


def test_every_sentence_is_in_two_languages_that_differ() -> None:
    sentences = (*AT_WORK, *STEPS, CORRECTED)
    assert all(sentence.en != sentence.cy for sentence in sentences)
    assert len({sentence.en for sentence in sentences}) == len(sentences)
    assert len({sentence.cy for sentence in sentences}) == len(sentences)
