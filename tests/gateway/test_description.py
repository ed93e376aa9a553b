"""The description is what is judged: its schemas take what is taken and refuse what is refused."""

from __future__ import annotations

import json
from typing import Any

import jsonschema_rs
import pytest
from django.urls import get_resolver

from tests.feed.said import judged, said
from tests.support.doors import door_client
from trackmycrime.feed.contract import MODELS, Event, Refusal
from trackmycrime.feed.contract.examples import EVENTS, OTHERS
from trackmycrime.gateway import urls
from trackmycrime.gateway.description import describe


def schema_of(name: str) -> Any:
    document = describe()
    return jsonschema_rs.Draft202012Validator(
        {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
    )


@pytest.mark.django_db
def test_it_is_served_to_everybody() -> None:
    response = door_client("gateway").get("/api/feed/v1/openapi.json")
    assert response.status_code == 200
    document = response.json()
    assert document == json.loads(json.dumps(describe()))
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    assert set(MODELS) < schemas.keys()
    for type_ in MODELS:
        assert schemas[type_]["additionalProperties"] is False
        assert schemas[type_]["properties"]["type"] == {"const": type_}


def test_every_address_of_the_gateway_is_described() -> None:
    described = set(describe()["paths"])
    found = {f"/{pattern.pattern}" for pattern in get_resolver(urls.__name__).url_patterns}
    # what providers of mail and texts post is in their own form, and no records system's
    found = {address for address in found if not address.startswith("/receipts/")}
    assert described == {address.replace("<str:type_>", "{type_}") for address in found}


def test_every_field_is_explained_and_every_object_is_closed() -> None:
    """An integrator reads nothing but this."""

    def walk(name: str, schema: Any) -> None:
        if not isinstance(schema, dict):
            return
        if schema.get("type") == "object" and "properties" in schema:
            assert schema["additionalProperties"] is False, name
            for field, inner in schema["properties"].items():
                walk(f"{name}.{field}", inner)
        for inner in [*schema.get("anyOf", []), schema.get("items")]:
            walk(name, inner)

    schemas = describe()["components"]["schemas"]
    for name, schema in schemas.items():
        assert schema.get("description") or name in {"Results", "WhoAmI", "Health"}, name
        walk(name, schema)
    for model in MODELS.values():
        for field, inner in model.model_json_schema()["properties"].items():
            assert inner.get("description") or "$ref" in inner, f"{model.__name__}.{field}"


@pytest.mark.parametrize("type_", MODELS)
def test_the_example_is_taken_and_shows_every_field(type_: str) -> None:
    shown: set[str] = set()
    for event in [EVENTS[type_], *([OTHERS[type_]] if type_ in OTHERS else [])]:
        assert isinstance(judged(event), Event)
        schema_of(type_).validate(event)
        schema_of("Event").validate(event)
        shown |= event["data"].keys()
    assert shown == MODELS[type_].model_json_schema()["properties"].keys()


def test_schema_and_judge_agree_on_what_is_not_taken() -> None:
    validator = schema_of("Event")
    for type_, change in [
        ("crime.changed", {"suspect": "x"}),
        ("crime.changed", {"stage": "nowhere"}),
        ("crime.changed", {"flags": None}),
        ("crime.changed", {"reported_at": "yesterday"}),
        ("crime.changed", {"place": "x" * 121}),
        ("crime.changed", {"outcome": {"code": "23", "decided_on": "2026-11-20"}}),
        ("victim.changed", {"email": "ann"}),
        ("victim.changed", {"mobile": "none"}),
        ("victim.changed", {"language": "not a tag"}),
        ("victim.changed", {"safe_contact": {"disguise": True}}),
        ("update.published", {"victims": []}),
        ("update.published", {"happened_at": "2026-11-24"}),
        ("hearing.changed", {"week_commencing": "2026-12-07"}),
        ("hearing.changed", {"starts_at": None}),
        ("hearing.changed", {"weeks": 2}),
        ("hearing.changed", {"starts_at": None, "week_commencing": "2026-12-07", "weeks": 13}),
        ("hearing.changed", {"court": {"address": "Small Street"}}),
        ("hearing.changed", {"attendance": "maybe"}),
        ("property.changed", {"value": "£349.99"}),
        ("property.changed", {"value": "1.999"}),
        ("property.changed", {"value": 349.99}),
        ("property.changed", {"status": "gone"}),
        ("property.changed", {"owner": "x"}),
        ("message.sent", {"officer": None, "unit": None}),
        ("message.sent", {"text": "x" * 4001}),
    ]:
        event = said(type_, change)
        assert isinstance(judged(event), Refusal)
        assert not validator.is_valid(event), (type_, change)
    for change in [{"specversion": "0.3"}, {"sequence": "-1"}, {"subject": "A B"}, {"x": 1}, {"time": "now"}]:
        event = {**said("crime.changed"), **change}
        assert isinstance(judged(event), Refusal)
        assert not validator.is_valid(event), change


@pytest.mark.parametrize("type_", MODELS)
def test_schema_takes_what_the_judge_takes(type_: str) -> None:
    event = said(type_)
    if type_ == "victim.changed":
        event["data"]["address"]["lines"].remove("")  # empty is null: said in words, not in the schema
    schema_of("Event").validate(event)
