"""The contract as files: schemas, AsyncAPI, examples. They say what is judged, and stand on their own."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from click.testing import CliRunner
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.feed.said import judged
from tests.support.doors import door_client, role
from tests.support.events import NOW, crime, make_force, make_source, victim
from tests.support.events import judged as judged_here
from trackmycrime import pipeline
from trackmycrime.feed.contract import MODELS, Event, Refusal
from trackmycrime.feed.contract.schemas import DIALECT, event_schema, examples
from trackmycrime.kernel.scope import bound
from trackmycrime.ops.commands.feed import command

BASE = "/api/feed/v1"


def gateway() -> Client:
    return door_client("gateway")


@pytest.mark.django_db
def test_the_index_leads_to_the_schema_of_every_type() -> None:
    index = gateway().get(f"{BASE}/schemas/index.json").json()
    assert index["version"] == 1
    assert list(index["types"]) == list(MODELS)
    for type_, entry in index["types"].items():
        response = gateway().get(f"{BASE}/schemas/{entry['schema']}")
        assert (response.status_code, response["Content-Type"]) == (200, "application/schema+json")
        schema = json.loads(response.content)
        assert schema == json.loads(json.dumps(event_schema(type_)))
        assert (schema["$schema"], schema["$id"]) == (DIALECT, f"{type_}.json")
        assert len(schema["examples"]) == entry["examples"]
    missing = gateway().get(f"{BASE}/schemas/suspect.changed.json")
    assert (missing.status_code, missing["Content-Type"]) == (404, "application/problem+json")


@pytest.mark.parametrize("type_", MODELS)
def test_a_schema_is_closed_stands_alone_and_names_no_host(type_: str) -> None:
    schema = event_schema(type_)
    jsonschema_rs.meta.validate(schema)

    def walk(inner: Any) -> None:
        if isinstance(inner, dict):
            if "properties" in inner and inner.get("type") == "object" and "description" in inner:
                assert inner["additionalProperties"] is False, inner
            if "$ref" in inner:
                assert inner["$ref"].removeprefix("#/$defs/") in schema["$defs"]
            for one in inner.values():
                walk(one)
        elif isinstance(inner, list):
            for one in inner:
                walk(one)

    walk(schema)
    assert "://" not in json.dumps({k: v for k, v in schema.items() if k != "$schema"})


def test_the_examples_are_valid_and_tell_one_story_that_is_applied() -> None:
    for type_ in MODELS:
        validator = jsonschema_rs.Draft202012Validator(event_schema(type_), validate_formats=True)
        for example in examples(type_):
            validator.validate(example)
            assert isinstance(judged(example), Event)


@pytest.mark.django_db
@pytest.mark.parametrize("type_", MODELS)
def test_every_example_is_applied_where_what_it_names_is_known(type_: str) -> None:
    source = make_source(make_force())
    for example in examples(type_):
        known = [crime("5226/0012345", 0), crime("5226/0012300", 0), victim("5226/0012345", 0, "N-1002003")]
        with role("gateway"), bound(force=source.force_id):
            results = pipeline.take_events(source, judged_here(*known, example), now=NOW)
        assert results[-1].status == "applied", results[-1]


# What no schema can say stands in its description: these, and only these, may still be refused.
IN_WORDS = {
    "/time": "a day ahead, or not in the calendar",
    "/sequence": "more than 2**63-1",
    "/subject": "too long without case",
    "/data/mobile": "not a possible number",
    "/data/email": "too long before the @",
    "/data/safe_contact/hours/to": "the same as from",
    "/data/replaced_by": "itself",
    "/data/merged_into": "itself",
}


def _unsayable(value: Any) -> bool:
    """What the contract says of every string, and no schema repeats: U+0000 is refused, and blank is null."""
    if isinstance(value, str):
        return "\0" in value or (value != "" and not value.strip())
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return any(map(_unsayable, inner))


def _drawn(type_: str) -> st.SearchStrategy[Any]:
    """Events that this schema takes, as its own file says."""
    schema = {k: v for k, v in event_schema(type_).items() if k not in ("$id", "$schema", "examples")}
    text = json.dumps(schema).replace("#/$defs/", "#/components/schemas/")
    schema = json.loads(text)
    api = schemathesis.openapi.from_dict(
        {
            "openapi": "3.1.0",
            "info": {"title": "x", "version": "1"},
            "paths": {
                "/x": {
                    "post": {
                        "requestBody": {
                            "required": True,
                            "content": {"application/json": {"schema": schema}},
                        },
                        "responses": {"200": {"description": "x"}},
                    }
                }
            },
            "components": {"schemas": schema.pop("$defs")},
        }
    )
    return api["/x"]["POST"].as_strategy().map(lambda case: case.body)


@pytest.mark.parametrize("type_", MODELS)
def test_what_a_schema_takes_the_judge_takes(type_: str) -> None:
    validator = jsonschema_rs.Draft202012Validator(event_schema(type_), validate_formats=True)

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(event=_drawn(type_))
    def agree(event: Any) -> None:
        if not validator.is_valid(event) or _unsayable(event):
            return  # (valid: a date that is in no calendar is not, where formats are looked at)
        verdict = judged(event)
        if isinstance(verdict, Refusal):
            assert verdict.problem.pointer in IN_WORDS, (verdict.problem, event)

    agree()


@pytest.mark.django_db
def test_asyncapi_describes_every_type_and_leads_to_its_schema() -> None:
    document = json.loads(gateway().get(f"{BASE}/asyncapi.json").content)
    assert document["asyncapi"] == "3.0.0"
    assert document["info"]["version"] == "1.0.0"
    assert "servers" not in document
    channel = document["channels"]["events"]
    assert channel["address"] == f"{BASE}/events"
    assert list(channel["messages"]) == list(document["components"]["messages"]) == list(MODELS)
    assert document["operations"]["takeEvents"]["action"] == "receive"

    def resolve(reference: str) -> Any:
        found: Any = document
        for step in reference.removeprefix("#/").split("/"):
            found = found[step]
        return found

    for reference in re.findall(r'"\$ref": "(#[^"]+)"', json.dumps(document)):
        assert resolve(reference)
    for type_, message in document["components"]["messages"].items():
        where = message["payload"]["schema"]["$ref"]
        assert where == f"./schemas/{type_}.json"
        assert gateway().get(f"{BASE}/{where.removeprefix('./')}").status_code == 200
        validator = jsonschema_rs.Draft202012Validator(event_schema(type_))
        for example in message["examples"]:
            validator.validate(example["payload"])


@pytest.mark.django_db
def test_the_command_writes_the_same_files_without_a_server(tmp_path: Path) -> None:
    run = CliRunner().invoke(command, ["contract", "--out", str(tmp_path / "contract"), "--json"])
    assert run.exit_code == 0, run.output
    out = tmp_path / "contract"
    answered = json.loads(run.output)
    assert answered["version"] == 1
    assert sorted(answered["files"]) == sorted(str(p.relative_to(out)) for p in out.rglob("*.json"))
    for name in ("schemas/index.json", "asyncapi.json", "openapi.json", "schemas/hearing.changed.json"):
        assert (out / name).read_bytes() == gateway().get(f"{BASE}/{name}").content
    for type_ in MODELS:
        written = [json.loads(p.read_text()) for p in sorted((out / "examples").glob(f"{type_}*.json"))]
        assert written == examples(type_)
