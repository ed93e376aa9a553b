"""The gateway's OpenAPI description, made from the contract's models: what is judged is what is described."""

from __future__ import annotations

import functools
import json
from typing import Any

from django.http import HttpRequest, HttpResponse
from pydantic.json_schema import models_json_schema

from trackmycrime.feed.contract import (
    BATCH,
    LINES,
    MODELS,
    MOST_EVENTS,
    PROBLEM_TYPES,
    SINGLE,
    STATUSES,
    TYPES,
    envelope_schema,
)
from trackmycrime.feed.contract.examples import EVENTS
from trackmycrime.feed.contract.schemas import examples, plain
from trackmycrime.feed.state import MOST, USUAL
from trackmycrime.gateway import described_returns as back
from trackmycrime.gateway.answers import only

JSON = "application/json"
PROBLEM = "application/problem+json"
_REF = "#/components/schemas/"


@only("GET")
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of this API, OpenAPI 3.1. Public: it holds nothing of an installation."""
    return HttpResponse(_written(), content_type=JSON, headers={"Cache-Control": "public, max-age=300"})


@functools.cache
def _written() -> bytes:
    return json.dumps(describe(), ensure_ascii=False, indent=1).encode()


def describe() -> dict[str, Any]:
    """The whole description."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "TrackMyCrime feed",
            "version": "1",
            "description": (
                "Records systems send what changes, as CloudEvents 1.0. A body is read as a whole first; after 200 "
                "every event is durable, the quarantined ones too. Sending again is safe. Fields that are not here "
                "are refused, and their values are not kept."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "tags": [
            {"name": "feed", "description": "What a records system says."},
            {"name": "returns", "description": "What victims did, back to the records system."},
            {"name": "door"},
        ],
        "paths": {
            "/api/feed/v1/events": {"post": _events()},
            "/api/feed/v1/whoami": {"get": _whoami()},
            "/api/feed/v1/state": {"get": _state()},
            "/api/feed/v1/returns": {"get": _back(back.PULL, "One page.", "ReturnsPage", "400")},
            "/api/feed/v1/returns/ack": {
                "post": _back(back.ACKNOWLEDGE, "It is.", "Acknowledged", "400", "413", "415", "422")
            },
            "/api/feed/v1/openapi.json": {
                "get": _open("Description", "This description.", {"type": "object"})
            },
            "/api/feed/v1/asyncapi.json": {
                "get": _open("AsyncAPI", "The feed as AsyncAPI 3 describes it.", {"type": "object"})
            },
            "/api/feed/v1/schemas/index.json": {
                "get": _open(
                    "Schemas", "Which types there are, and where the schema of each is.", {"type": "object"}
                )
            },
            "/api/feed/v1/schemas/{type_}.json": {"get": _schema_of_a_type()},
            "/healthz": {
                "get": _open("Health", "Whether this door can work.", {"$ref": f"{_REF}Health"}, busy=True)
            },
        },
        "webhooks": {"return": {"post": back.WEBHOOK}},
        "components": {
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a source (`source add`).",
                }
            },
            "schemas": _schemas(),
        },
    }


def _events() -> dict[str, Any]:
    lines = "\n".join(json.dumps(event, ensure_ascii=False) for event in EVENTS.values())
    return {
        "tags": ["feed"],
        "operationId": "sendEvents",
        "summary": "Send events",
        "description": f"At most {MOST_EVENTS:,} events and 5 MiB unpacked, UTF-8. `Content-Encoding: gzip` is taken.",
        "parameters": [
            {
                "name": "validate",
                "in": "query",
                "description": "true: check, answer as one would, and store nothing.",
                "schema": {"type": "string", "enum": ["true", "false"], "default": "false"},
            }
        ],
        "requestBody": {
            "required": True,
            "content": {
                BATCH: {
                    "schema": {"type": "array", "maxItems": MOST_EVENTS, "items": {"$ref": f"{_REF}Event"}},
                    "examples": {"several": {"value": list(EVENTS.values())}},
                },
                SINGLE: {
                    "schema": {"$ref": f"{_REF}Event"},
                    "examples": {type_: {"value": event} for type_, event in EVENTS.items()},
                },
                LINES: {
                    # OpenAPI 3.1 cannot say «one item per line»; 3.2 will, by this name without the x-.
                    "schema": {
                        "type": "string",
                        "description": "One event (see the schema Event) on each line; blank lines are skipped.",
                        "x-itemSchema": {"$ref": f"{_REF}Event"},
                    },
                    "examples": {"several": {"value": lines}},
                },
            },
        },
        "responses": {
            "200": _response("One result per event, in the order sent.", {"$ref": f"{_REF}Results"}),
            **_problems("400", "401", "403", "405", "413", "415", "422", "429", "500", "503"),
        },
    }


def _whoami() -> dict[str, Any]:
    return {
        "tags": ["feed"],
        "operationId": "whoAmI",
        "summary": "Who am I",
        "description": "The force and the source of the token, what it may send, and from when events are live.",
        "responses": {
            "200": _response("What the token stands for.", {"$ref": f"{_REF}WhoAmI"}),
            **_problems("401", "405", "429", "500", "503"),
        },
    }


def _back(operation: dict[str, Any], said: str, schema: str, *statuses: str) -> dict[str, Any]:
    problems = _problems(*sorted({*statuses, "401", "403", "405", "409", "429", "500", "503"}))
    return operation | {"responses": {"200": _response(said, {"$ref": f"{_REF}{schema}"}), **problems}}


def _state() -> dict[str, Any]:
    return {
        "tags": ["feed"],
        "operationId": "readState",
        "summary": "What is known here of your entities",
        "description": (
            "Every entity that this source has told of, page by page, with the newest sequence that was accepted and a "
            "digest of what it said, so that you can find what is missing or differs. A page may be short; go on "
            "while `next` is not null."
        ),
        "parameters": [
            {
                "name": "after",
                "in": "query",
                "description": "The `next` of the page before; absent: from the beginning.",
                "schema": {"type": "string"},
            },
            {
                "name": "limit",
                "in": "query",
                "description": "So many entities at most.",
                "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
            },
        ],
        "responses": {
            "200": _response("A page of entities, and where to go on.", {"$ref": f"{_REF}State"}),
            **_problems("400", "401", "404", "405", "429", "500", "503"),
        },
    }


def _open(summary: str, description: str, schema: dict[str, Any], *, busy: bool = False) -> dict[str, Any]:
    return {
        "tags": ["door"],
        "operationId": summary.lower(),
        "summary": summary,
        "security": [],
        "responses": {
            "200": _response(description, schema),
            **_problems("405", "500", *(["503"] if busy else [])),
        },
    }


def _schema_of_a_type() -> dict[str, Any]:
    described = _open("Schema", "The JSON Schema (draft 2020-12) of events of one type.", {"type": "object"})
    content = described["responses"]["200"]["content"]
    described["responses"]["200"]["content"] = {"application/schema+json": content[JSON]}
    described["responses"] |= _problems("404")
    return described | {
        "parameters": [
            {
                "name": "type_",
                "in": "path",
                "required": True,
                "schema": {"type": "string", "enum": list(TYPES)},
            }
        ]
    }


def _response(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, "content": {JSON: {"schema": schema}}}


_REASONS = {
    "400": "The body or the query cannot be read: gzip, UTF-8 or JSON is broken. Nothing was taken.",
    "401": "No token, or one that does not count.",
    "403": "The token may not do this.",
    "404": "A cursor that no earlier page of this source gave, or a type that there is not.",
    "405": "Another method.",
    "409": "A cursor that is ahead of the newest return.",
    "413": "Over 5 MiB unpacked, or over 1,000 events. Nothing was taken.",
    "415": "Another Content-Type or Content-Encoding. Nothing was taken.",
    "422": "Sound JSON that is not what the Content-Type says. Nothing was taken.",
    "429": "Too many requests; wait for Retry-After.",
    "500": "Our fault. Nothing was taken.",
    "503": "Busy or starting again; nothing was taken; wait for Retry-After.",
}
_HEADERS = {
    "401": {"WWW-Authenticate": "How to authenticate."},
    "405": {"Allow": "The methods that this takes."},
    "429": {"Retry-After": "Seconds to wait."},
    "503": {"Retry-After": "Seconds to wait."},
}


def _problems(*statuses: str) -> dict[str, Any]:
    return {
        status: {
            "description": _REASONS[status],
            "content": {PROBLEM: {"schema": {"$ref": f"{_REF}Problem"}}},
            **(
                {
                    "headers": {
                        name: {"description": text, "required": True, "schema": {"type": "string"}}
                        for name, text in _HEADERS[status].items()
                    }
                }
                if status in _HEADERS
                else {}
            ),
        }
        for status in statuses
    }


def _schemas() -> dict[str, Any]:
    _, data = models_json_schema(
        [(model, "validation") for model in MODELS.values()], ref_template=f"{_REF}{{model}}"
    )
    schemas: dict[str, Any] = {name: plain(schema) for name, schema in sorted(data["$defs"].items())}
    for type_, model in MODELS.items():
        schemas[type_] = envelope_schema(type_) | {"examples": examples(type_)}
        schemas[type_]["properties"]["data"] = {"$ref": f"{_REF}{model.__name__}"}
    schemas["Event"] = {
        "description": "A CloudEvent 1.0, closed: one schema per type.",
        "oneOf": [{"$ref": f"{_REF}{type_}"} for type_ in TYPES],
        "discriminator": {
            "propertyName": "type",
            "mapping": {type_: f"{_REF}{type_}" for type_ in TYPES},
        },
    }
    return schemas | _ANSWERS | back.SCHEMAS


def _closed(properties: dict[str, Any], *optional: str) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if name not in optional],
        "properties": properties,
    }


_TEXT = {"type": "string"}
_ANSWERS: dict[str, Any] = {
    "Results": _closed({"results": {"type": "array", "items": {"$ref": f"{_REF}Result"}}}),
    "Result": {
        "description": "What became of one event; `problem` is there where it is quarantined.",
        **_closed(
            {
                "id": {
                    "type": ["string", "null"],
                    "description": "null where the event had none that can be read.",
                },
                "status": {"enum": list(STATUSES)},
                "problem": {"$ref": f"{_REF}EventProblem"},
            },
            "problem",
        ),
    },
    "EventProblem": {
        "description": "Why one event was not applied (RFC 9457, without status). It never repeats a value.",
        **_closed(
            {
                "type": {"enum": list(PROBLEM_TYPES)},
                "title": _TEXT,
                "detail": _TEXT,
                "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901) into the event."},
            }
        ),
    },
    "Problem": {
        "description": "Why a whole request was refused (RFC 9457).",
        **_closed(
            {
                "type": _TEXT,
                "title": _TEXT,
                "status": {"type": "integer", "minimum": 400, "maximum": 599},
                "detail": _TEXT,
                "pointer": {"type": "string", "description": "JSON Pointer (RFC 6901) into the body."},
            },
            "pointer",
        ),
    },
    "WhoAmI": _closed(
        {
            "force": {"type": "string", "description": "The force's short name."},
            "force_name": _TEXT,
            "source": {"type": "string", "description": "The source's name."},
            "scopes": {"type": "array", "items": {"enum": [*TYPES, "returns"]}},
            "live_from": {
                "type": "string",
                "description": "Events before this moment neither alert nor invite; «always»: all are live.",
            },
        }
    ),
    "State": {
        "description": "A page of the entities of this source.",
        **_closed(
            {
                "entities": {"type": "array", "items": {"$ref": f"{_REF}KnownEntity"}},
                "next": {
                    "type": ["string", "null"],
                    "description": "The cursor of the next page; null at the end.",
                },
            }
        ),
    },
    "KnownEntity": {
        "description": "One entity, and the newest that was accepted of it.",
        **_closed(
            {
                "subject": {"type": "string", "description": "As in the event."},
                "entity": {
                    "type": "string",
                    "description": "crime, officer or unit; or kind and id within the crime, like victim:N-1002003.",
                },
                "sequence": {
                    "type": ["string", "null"],
                    "description": "As in the event; null where it was handed over to you and you have not told of it.",
                },
                "digest": {
                    "type": "string",
                    "pattern": "^[0-9a-f]{64}$",
                    "description": (
                        'SHA-256 of the canonical JSON (RFC 8785) of {"data": …, "type": …} of that event, strings '
                        "trimmed, members that are null or empty strings left out."
                    ),
                },
            }
        ),
    },
    "Health": _closed({"status": {"const": "ok"}}),
}
