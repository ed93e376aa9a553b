"""One event is judged: what may be applied, what may not and why, and what of it is kept."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.feed.said import DATA, KEY, NOW, judged, refused, said, taken
from trackmycrime.feed.contract import (
    FLAGS,
    MILESTONES,
    MODELS,
    OUTCOMES,
    CrimeChanged,
    DateOrMoment,
    Entity,
    Event,
    Line,
    UpdatePublished,
    VictimChanged,
    judge,
)


@pytest.mark.parametrize("type_", MODELS)
def test_an_event_with_every_field_is_taken(type_: str) -> None:
    event = taken(said(type_))
    assert (event.id, event.sequence, event.type) == ("e-1", 7, type_)
    assert event.time == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    assert isinstance(event.data, MODELS[type_])
    assert json.loads(json.dumps(event.kept)) == event.kept
    again = judge(Line(0, event.kept), now=NOW, allowed_types=None, digest_key=KEY)
    assert again == event


def test_what_each_event_is_about() -> None:
    crime, victim = Entity("crime", "as/26/1", ""), Entity("victim", "as/26/1", "p-1")
    update = Entity("update", "as/26/1", "up-1")
    assert {type_: taken(said(type_)).entity for type_ in MODELS} == {
        "crime.changed": crime,
        "crime.withdrawn": crime,
        "crime.restored": crime,
        "victim.changed": victim,
        "victim.withdrawn": victim,
        "update.published": update,
        "update.withdrawn": update,
        "hearing.changed": Entity("hearing", "as/26/1", "h-1"),
        "property.changed": Entity("property", "as/26/1", "i-1"),
        "message.sent": Entity("message", "as/26/1", "m-1"),
        "officer.changed": Entity("officer", "o-17", ""),
        "unit.changed": Entity("unit", "u-3", ""),
    }


def test_only_what_is_required_is_enough() -> None:
    least = {
        "crime.changed": {
            "offence": {"name": "Burglary", "category": "burglary"},
            "reported_at": "2026-11-20",
            "stage": "reported",
            "flags": [],
        },
        "victim.changed": {"victim": "p-1", "role": "victim", "name": "Ann Example"},
        "update.published": {"update": "u", "milestone": "closed", "happened_at": "2026-11-24T09:00:00Z"},
        "hearing.changed": {
            "hearing": "h",
            "court": {"name": "Bristol Crown Court"},
            "week_commencing": "2026-12-07",
            "status": "listed",
        },
        "property.changed": {"property": "i", "description": "A bicycle", "status": "recovered"},
        "message.sent": {"message": "m", "victim": "p-1", "unit": "u-3", "text": "Hello"},
        "officer.changed": {"name": "Sam Jones"},
        "unit.changed": {"name": {"cy": "Canol Bryste"}},
    }
    for type_, data in least.items():
        taken({**said(type_), "data": data})


def test_strings_are_trimmed_and_an_empty_one_is_null() -> None:
    event = taken(
        said("victim.changed", {"name": "  Ann Example\n", "organisation": "   ", "email": ""}, id=" e-1 ")
    )
    assert isinstance(event.data, VictimChanged)
    assert (event.id, event.data.name, event.data.organisation, event.data.email) == (
        "e-1",
        "Ann Example",
        None,
        None,
    )


def test_null_is_absent() -> None:
    optional = dict.fromkeys(
        ("enhanced_rights", "safe_contact", "needs", "address", "born_on", "language", "mobile")
    )
    data = taken(said("victim.changed", optional)).data
    assert isinstance(data, VictimChanged)
    assert (data.enhanced_rights, data.safe_contact, data.needs) == (None, None, None)
    review = taken(said("update.published", {"review": None})).data
    assert isinstance(review, UpdatePublished)
    assert review.review is None


def test_no_channel_is_something_else_than_no_word_about_channels() -> None:
    def channels(safe: dict[str, Any]) -> object:
        data = taken(
            said("victim.changed", {"safe_contact": {"disguise": False, "no_portal": False, **safe}})
        ).data
        assert isinstance(data, VictimChanged)
        assert data.safe_contact
        return data.safe_contact.channels

    assert channels({}) is None
    assert channels({"channels": None}) is None
    assert channels({"channels": []}) == ()


def test_dates_are_as_exact_as_they_are_known() -> None:
    data = taken(said("crime.changed", {"occurred": {"from": "2026-10", "to": "2026-11-02"}})).data
    assert isinstance(data, CrimeChanged)
    assert data.occurred
    assert data.occurred.start == DateOrMoment(date(2026, 10, 1), "month")
    assert data.occurred.end == DateOrMoment(date(2026, 11, 2), "day")
    assert data.reported_at == DateOrMoment(datetime(2026, 11, 20, 10, tzinfo=UTC), "moment")


@pytest.mark.parametrize(
    ("mobile", "kept"),
    [
        ("07700 900123", "+447700900123"),
        ("+44 7700 900123", "+447700900123"),
        ("0044 7700 900123", "+447700900123"),
        ("+44 (0)7700 900-123", "+447700900123"),
        ("+353 85 012 3456", "+353850123456"),
        ("+1 202 555 0123", "+12025550123"),
    ],
)
def test_telephone_numbers_come_in_one_form(mobile: str, kept: str) -> None:
    data = taken(said("victim.changed", {"mobile": mobile})).data
    assert isinstance(data, VictimChanged)
    assert data.mobile == kept


def test_a_national_number_is_one_of_the_forces_country() -> None:
    event = judged(said("victim.changed", {"mobile": "085 012 3456"}), country="IE")
    assert isinstance(event, Event)
    assert isinstance(event.data, VictimChanged)
    assert event.data.mobile == "+353850123456"


def test_every_word_of_the_lists_is_taken() -> None:
    for code in OUTCOMES:
        taken(said("crime.changed", {"outcome": {"code": code, "decided_on": "2026-11-20"}}))
    for milestone in MILESTONES:
        taken(said("update.published", {"milestone": milestone}))
    data = taken(said("crime.changed", {"flags": [*FLAGS, *FLAGS]})).data
    assert isinstance(data, CrimeChanged)
    assert data.flags == FLAGS
    assert len(OUTCOMES) == 25
    assert len(MILESTONES) == 34


ENVELOPE = [
    ("specversion", "0.3"),
    ("specversion", None),
    ("id", None),
    ("id", ""),
    ("id", "x" * 129),
    ("id", 7),
    ("source", None),
    ("source", "urn:has space"),
    ("source", "https://example.org/%zz"),
    ("source", "x" * 257),
    ("type", None),
    ("type", ["crime.changed"]),
    ("subject", None),
    ("subject", "AS 1"),
    ("subject", "AS\\1"),
    ("subject", "A" * 33),
    ("subject", "ÄS1"),
    ("subject", 26001),
    ("time", None),
    ("time", 1764000000),
    ("time", "2026-11-24"),
    ("time", "2026-11-24T09:30:00"),
    ("time", "2026-11-24 09:30:00Z"),
    ("time", "2026-11-24T09:30Z"),
    ("time", "2026-11-24T24:00:00Z"),
    ("time", "2026-11-24T09:30:60Z"),
    ("time", "2026-02-30T09:30:00Z"),
    ("time", "2026-11-24T09:30:00+25:00"),
    ("time", "0001-01-01T00:00:00Z"),
    ("time", "２０２６-11-24T09:30:00Z"),
    ("time", "2026-11-25T12:00:01Z"),
    ("sequence", None),
    ("sequence", 7),
    ("sequence", "-1"),
    ("sequence", "+1"),
    ("sequence", "1.0"),
    ("sequence", "1e3"),
    ("sequence", "٧"),
    ("sequence", str(2**63)),
    ("sequence", "9" * 5_000),
    ("data", None),
    ("data", []),
    ("data", "x"),
    ("datacontenttype", "text/xml"),
    ("dataschema", "not a uri"),
]


@pytest.mark.parametrize(("attribute", "value"), ENVELOPE)
def test_a_wrong_attribute_is_invalid_data_and_named(attribute: str, value: object) -> None:
    event = {**said("crime.changed"), attribute: value}
    for sent in (event, {name: held for name, held in event.items() if held is not None}):
        found = refused(sent)
        assert found.problem.type == "invalid-data"
        assert found.problem.pointer == f"/{attribute}"
        assert "must" in found.problem.detail
        assert (found.id is None) == (attribute == "id")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [
        ("time", "2026-11-24t09:30:00.123456789z"),
        ("time", "2026-11-24T09:30:00-00:00"),
        ("time", "2016-12-31T23:59:60Z"),
        ("time", "2026-11-25T12:00:00Z"),
        ("sequence", "0"),
        ("sequence", str(2**63 - 1)),
        ("sequence", "00000000000000000012"),
        ("subject", "54/12345-6.a_B"),
        ("subject", " AS/26/1 "),
        ("datacontenttype", "application/json; charset=utf-8"),
        ("dataschema", "https://example.org/schema/1"),
    ],
)
def test_what_is_odd_and_right_is_taken(attribute: str, value: str) -> None:
    taken(said("crime.changed", **{attribute: value}))


def test_a_leap_second_is_the_second_after() -> None:
    assert taken(said("crime.changed", time="2016-12-31T23:59:60.5Z")).time == datetime(
        2017, 1, 1, tzinfo=UTC
    )


DATA_FAULTS: list[tuple[str, dict[str, Any], str]] = [
    ("crime.changed", {"offence": None}, "/data/offence"),
    ("crime.changed", {"offence": "burglary"}, "/data/offence"),
    ("crime.changed", {"offence": {"name": "x"}}, "/data/offence/category"),
    ("crime.changed", {"offence": {"name": "x", "category": "arson"}}, "/data/offence/category"),
    ("crime.changed", {"offence": {"name": "x" * 201, "category": "drugs"}}, "/data/offence/name"),
    ("crime.changed", {"offence": {"name": " ", "category": "drugs"}}, "/data/offence/name"),
    (
        "crime.changed",
        {"offence": {"name": "x", "category": "drugs", "code": "x" * 17}},
        "/data/offence/code",
    ),
    ("crime.changed", {"reported_at": "yesterday"}, "/data/reported_at"),
    ("crime.changed", {"reported_at": "2026-13"}, "/data/reported_at"),
    ("crime.changed", {"occurred": {"to": "2026-11-20"}}, "/data/occurred/from"),
    ("crime.changed", {"place": "x" * 121}, "/data/place"),
    ("crime.changed", {"stage": None}, "/data/stage"),
    ("crime.changed", {"stage": "Reported"}, "/data/stage"),
    ("crime.changed", {"outcome": {"code": "23", "decided_on": "2026-11-20"}}, "/data/outcome/code"),
    ("crime.changed", {"outcome": {"code": 18, "decided_on": "2026-11-20"}}, "/data/outcome/code"),
    ("crime.changed", {"outcome": {"code": "18"}}, "/data/outcome/decided_on"),
    (
        "crime.changed",
        {"outcome": {"code": "18", "decided_on": "2026-11-20T10:00:00Z"}},
        "/data/outcome/decided_on",
    ),
    ("crime.changed", {"officer": "x" * 65}, "/data/officer"),
    ("crime.changed", {"flags": None}, "/data/flags"),
    ("crime.changed", {"flags": "hate_crime"}, "/data/flags"),
    ("crime.changed", {"flags": ["hate_crime", "dangerous"]}, "/data/flags/1"),
    ("crime.changed", {"flags": {"hate_crime": True}}, "/data/flags"),
    (
        "crime.changed",
        {"other_references": [{"kind": "urn", "value": "x" * 33}]},
        "/data/other_references/0/value",
    ),
    ("crime.withdrawn", {"reason": "gone"}, "/data/reason"),
    ("crime.withdrawn", {"merged_into": None}, "/data/merged_into"),
    ("crime.withdrawn", {"merged_into": "no reference"}, "/data/merged_into"),
    ("crime.withdrawn", {"merged_into": "as/26/1"}, "/data/merged_into"),
    ("crime.restored", {"reason": None}, "/data/reason"),
    ("victim.changed", {"victim": ""}, "/data/victim"),
    ("victim.changed", {"role": "witness"}, "/data/role"),
    ("victim.changed", {"name": None}, "/data/name"),
    ("victim.changed", {"born_on": "1980-02"}, "/data/born_on"),
    ("victim.changed", {"born_on": "1981-02-29"}, "/data/born_on"),
    ("victim.changed", {"email": "ann at example.org"}, "/data/email"),
    ("victim.changed", {"email": "ann@localhost"}, "/data/email"),
    ("victim.changed", {"email": "a@example.org\nBcc: b@example.org"}, "/data/email"),
    ("victim.changed", {"email": f"{'a' * 65}@example.org"}, "/data/email"),
    ("victim.changed", {"email": f"a@{'b.' * 130}org"}, "/data/email"),
    ("victim.changed", {"mobile": "none"}, "/data/mobile"),
    ("victim.changed", {"mobile": "07700"}, "/data/mobile"),
    ("victim.changed", {"mobile": 7700900123}, "/data/mobile"),
    ("victim.changed", {"address": {"postcode": "BS1 1AA"}}, "/data/address/lines"),
    ("victim.changed", {"address": {"lines": ["x"] * 7}}, "/data/address/lines"),
    ("victim.changed", {"address": {"lines": ["x" * 101]}}, "/data/address/lines/0"),
    ("victim.changed", {"address": {"lines": [], "postcode": "x" * 13}}, "/data/address/postcode"),
    ("victim.changed", {"language": "english language"}, "/data/language"),
    ("victim.changed", {"needs": ["glasses"]}, "/data/needs/0"),
    ("victim.changed", {"enhanced_rights": "yes"}, "/data/enhanced_rights"),
    ("victim.changed", {"enhanced_rights": 1}, "/data/enhanced_rights"),
    ("victim.changed", {"preferred_channel": "fax"}, "/data/preferred_channel"),
    ("victim.changed", {"safe_contact": {"disguise": True}}, "/data/safe_contact/no_portal"),
    (
        "victim.changed",
        {"safe_contact": {"disguise": True, "no_portal": False, "channels": ["fax"]}},
        "/data/safe_contact/channels/0",
    ),
    (
        "victim.changed",
        {"safe_contact": {"disguise": True, "no_portal": False, "hours": {"from": "9:00", "to": "17:00"}}},
        "/data/safe_contact/hours/from",
    ),
    (
        "victim.changed",
        {"safe_contact": {"disguise": True, "no_portal": False, "hours": {"from": "09:00", "to": "24:00"}}},
        "/data/safe_contact/hours/to",
    ),
    (
        "victim.changed",
        {"safe_contact": {"disguise": True, "no_portal": False, "hours": {"from": "09:00", "to": "09:00"}}},
        "/data/safe_contact/hours/to",
    ),
    ("victim.withdrawn", {"reason": None}, "/data/reason"),
    ("update.published", {"milestone": "arrested"}, "/data/milestone"),
    ("update.published", {"happened_at": "2026-11-24"}, "/data/happened_at"),
    ("update.published", {"text": None}, "/data/text"),
    ("update.published", {"text": {"en": " ", "cy": None}}, "/data/text"),
    ("update.published", {"text": {"en": "x" * 4_001}}, "/data/text/en"),
    ("update.published", {"text": "We came by."}, "/data/text"),
    ("update.published", {"victims": []}, "/data/victims"),
    ("update.published", {"victims": ["p-1", None]}, "/data/victims/1"),
    ("update.published", {"review": "true"}, "/data/review"),
    ("update.withdrawn", {"replaced_by": None}, "/data/replaced_by"),
    ("update.withdrawn", {"replaced_by": "up-1"}, "/data/replaced_by"),
    ("hearing.changed", {"starts_at": None}, "/data/starts_at"),
    ("hearing.changed", {"week_commencing": "2026-12-07"}, "/data/week_commencing"),
    ("hearing.changed", {"weeks": 1}, "/data/weeks"),
    ("hearing.changed", {"starts_at": None, "week_commencing": "2026-12-07", "weeks": 0}, "/data/weeks"),
    ("hearing.changed", {"starts_at": None, "week_commencing": "2026-12-07", "weeks": True}, "/data/weeks"),
    ("hearing.changed", {"court": {"name": ""}}, "/data/court/name"),
    ("hearing.changed", {"result": {"en": "x" * 2001}}, "/data/result/en"),
    ("property.changed", {"value": "1,000"}, "/data/value"),
    ("property.changed", {"value": "-1"}, "/data/value"),
    ("property.changed", {"serial": "x" * 101}, "/data/serial"),
    ("property.changed", {"collect_from": "x" * 301}, "/data/collect_from"),
    ("message.sent", {"officer": None, "unit": ""}, "/data/officer"),
    ("message.sent", {"text": " "}, "/data/text"),
    ("officer.changed", {"name": None}, "/data/name"),
    ("officer.changed", {"away_until": "soon"}, "/data/away_until"),
    ("unit.changed", {"name": {"en": ""}}, "/data/name"),
    ("unit.changed", {"name": "Bristol Central"}, "/data/name"),
]


@pytest.mark.parametrize(("type_", "data", "pointer"), DATA_FAULTS)
def test_a_wrong_value_is_invalid_data_and_named(type_: str, data: dict[str, Any], pointer: str) -> None:
    found = refused(said(type_, data))
    assert found.problem.type == "invalid-data"
    assert found.problem.pointer == pointer
    assert found.problem.detail.startswith(f"{pointer} ")
    assert "must" in found.problem.detail or "is required" in found.problem.detail
    assert found.kept["dropped"] == [pointer]


@pytest.mark.parametrize("type_", MODELS)
def test_an_unknown_field_is_named_and_its_value_is_not_kept(type_: str) -> None:
    secret = "Gary Suspect, 4 Dark Lane"
    found = refused(said(type_, {"suspect_name": secret}))
    assert (found.problem.type, found.problem.pointer) == ("unknown-field", "/data/suspect_name")
    assert secret not in repr(found)
    assert found.kept["dropped"] == ["/data/suspect_name"]
    assert found.kept["data"] == taken(said(type_)).kept["data"]


def test_unknown_fields_are_found_at_every_depth_and_outweigh_wrong_values() -> None:
    found = refused(
        said(
            "crime.changed",
            {
                "stage": "nowhere",
                "offence": {"name": "x", "category": "drugs", "suspect": {"name": "SECRET"}},
                "other_references": [
                    {"kind": "urn", "value": "1"},
                    {"kind": "urn", "value": "2", "of": "SECRET"},
                ],
            },
            traceparent="SECRET",
        )
    )
    assert found.problem.type == "unknown-field"
    assert found.problem.pointer == "/traceparent"
    assert "/data/stage must be one of reported" in found.problem.detail
    assert "SECRET" not in repr(found)
    kept = found.kept["data"]
    assert isinstance(kept, dict)
    assert kept["offence"] == {"name": "x", "category": "drugs"}
    assert kept["other_references"] == [{"kind": "urn", "value": "1"}, {"kind": "urn", "value": "2"}]
    assert "stage" not in kept


def test_a_value_in_the_place_of_an_address_line_is_not_kept() -> None:
    found = refused(
        said("victim.changed", {"address": {"lines": ["", "1 High Street", {"suspect": "SECRET"}]}})
    )
    assert found.problem.pointer == "/data/address/lines/2"
    assert "SECRET" not in repr(found)


def test_an_id_that_grows_without_case_is_refused_where_it_would_not_fit() -> None:
    assert taken(said("officer.changed", subject="ß" * 32)).subject_key == "ss" * 32
    assert refused(said("officer.changed", subject="ΐ" * 64)).problem.pointer == "/subject"


def test_a_misspelt_field_is_told_what_was_meant() -> None:
    assert "«enhanced_rights»" in refused(said("victim.changed", {"enhanced_right": True})).problem.detail


def test_many_faults_are_counted() -> None:
    found = refused(said("crime.changed", {f"f{n}": n for n in range(500)}))
    assert found.problem.detail.endswith("And 495 more.")


def test_an_unknown_type_keeps_the_envelope_only() -> None:
    for type_ in ("hearing.listed", "evidence.changed", "suspect.changed", "crime.Changed"):
        found = refused(said(type_, {"text": "SECRET"}))
        assert (found.problem.type, found.problem.pointer) == ("unknown-type", "/type")
        assert found.type == type_
        assert "data" not in found.kept
        assert "SECRET" not in repr(found)
    for type_ in ("crime changed", "x" * 41, "Ann Example", "ĉ"):
        found = refused(said(type_))
        assert (found.problem.type, found.type) == ("unknown-type", None)
        assert type_ not in repr(found)


def test_a_type_that_the_token_may_not_send() -> None:
    found = refused(said("victim.changed"), allowed=frozenset({"crime.changed"}))
    assert (found.problem.type, found.problem.pointer) == ("not-allowed", "/type")
    assert isinstance(judged(said("crime.changed"), frozenset({"crime.changed"})), Event)


@pytest.mark.parametrize("value", [None, 1, True, "x", [], [{}], 1.5])
def test_what_is_no_object_is_refused(value: object) -> None:
    found = refused(value)
    assert (found.problem.type, found.problem.pointer, found.id) == ("invalid-data", "", None)


def test_what_cannot_be_stored_is_refused_where_it_stands() -> None:
    deep: object = 1
    for _ in range(40):
        deep = [deep]
    for value, rule in [
        ("Ann\0Example", "U+0000"),
        ("Ann\ud800", "surrogate"),
        ("x" * 20_001, "longer"),
        (deep, "deeper"),
    ]:
        found = refused(said("victim.changed", {"name": value}))
        assert found.problem.type == "invalid-data"
        assert found.problem.pointer.startswith("/data/name")
        assert rule in found.problem.detail
        assert found.id == "e-1"
        assert "data" not in found.kept
    assert refused(said("victim.changed", id="e\0")).id is None
    assert refused(said("victim.changed", {"a\0b~/": 1})).problem.pointer == "/data/a?b~0~1"


def test_the_digest_is_that_of_the_content() -> None:
    event = said("victim.changed")
    turned = json.loads(json.dumps(dict(reversed(event.items()))))
    assert taken(event).digest == taken(turned).digest
    assert taken(event).digest == taken(said("victim.changed", {"name": " Ann Example "})).digest
    assert taken(event).digest != taken(said("victim.changed", {"name": "Ann Exampel"})).digest
    assert taken(event).digest != taken(said("victim.changed", sequence="8")).digest
    other = judge(Line(0, event), now=NOW, allowed_types=None, digest_key=b"another")
    assert other.digest != taken(event).digest
    assert len(other.digest) == 32


def test_a_refused_event_is_known_again_by_its_digest() -> None:
    first, again = (refused(said("crime.changed", {"suspect": "x"})) for _ in range(2))
    assert first.digest == again.digest
    assert first.digest != refused(said("crime.changed", {"suspect": "y"})).digest
    assert (
        refused(said("crime.changed", {"place": "\0"})).digest
        != refused(said("crime.changed", {"place": "\0x"})).digest
    )


def test_no_personal_value_is_repeated_in_a_problem() -> None:
    for name, value in [
        ("name", "N" * 201),
        ("email", "ann.example"),
        ("mobile", "555-ANN"),
        ("born_on", "29/02/1980"),
        ("language", "Ann's own"),
        ("role", "Ann Example"),
        ("needs", ["Ann Example"]),
        ("enhanced_rights", "Ann Example"),
        ("address", "Ann Example"),
    ]:
        found = refused(said("victim.changed", {name: value}))
        told = found.problem.detail + found.problem.title
        assert str(value) not in told
        assert "Ann" not in told
        assert str(value) not in json.dumps({**found.kept, "data": {}})


def test_time_counts_from_the_clock_that_is_given() -> None:
    event = said("crime.changed", time="2026-11-26T00:00:00Z")
    assert refused(event).problem.pointer == "/time"
    later = judge(Line(0, event), now=NOW + timedelta(days=1), allowed_types=None, digest_key=KEY)
    assert isinstance(later, Event)


def test_all_types_have_an_example_here() -> None:
    assert DATA.keys() == MODELS.keys()
