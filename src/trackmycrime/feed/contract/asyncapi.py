"""The feed as AsyncAPI 3 describes it: one channel, which records systems send events of the contract's types to. Pure.

Payloads are not written out again: they are the schemas beside it (`schemas.event_schema`).
"""

from typing import Any

from trackmycrime.feed.contract.body import BATCH, LINES, MOST_BYTES, MOST_EVENTS, SINGLE
from trackmycrime.feed.contract.schemas import VERSION, event_schema, examples
from trackmycrime.feed.contract.verdicts import TYPES


def describe() -> dict[str, Any]:
    """The whole description, AsyncAPI 3.0. Which host it is, is the installation's to say: there is none in it."""
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "TrackMyCrime feed",
            "version": f"{VERSION}.0.0",
            "description": (
                "What a police records system says, as CloudEvents 1.0 over HTTPS. The order of the events of one "
                "subject is their sequence; they may come late, twice and in any order."
            ),
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "defaultContentType": SINGLE,
        "channels": {
            "events": {
                "address": f"/api/feed/v{VERSION}/events",
                "title": "Events of a records system",
                "description": (
                    f"Sent by POST, one by one ({SINGLE}), as an array ({BATCH}) or one on each line ({LINES}): at "
                    f"most {MOST_EVENTS:,} events and {MOST_BYTES:,} bytes unpacked. The token decides the force."
                ),
                "messages": {type_: {"$ref": f"#/components/messages/{type_}"} for type_ in TYPES},
                "bindings": {"http": {"bindingVersion": "0.3.0"}},
            }
        },
        "operations": {
            "takeEvents": {
                "action": "receive",
                "channel": {"$ref": "#/channels/events"},
                "summary": "Take events, keep every one, and say of each what became of it.",
                "security": [{"$ref": "#/components/securitySchemes/token"}],
                "bindings": {"http": {"method": "POST", "bindingVersion": "0.3.0"}},
                "messages": [{"$ref": f"#/channels/events/messages/{type_}"} for type_ in TYPES],
            }
        },
        "components": {
            "messages": {type_: _message(type_) for type_ in TYPES},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "The token of a source (`trackmycrime source add`).",
                }
            },
        },
    }


def _message(type_: str) -> dict[str, Any]:
    return {
        "name": type_,
        "title": type_,
        "summary": event_schema(type_)["description"],
        "contentType": SINGLE,
        "payload": {
            "schemaFormat": "application/schema+json;version=draft-2020-12",
            "schema": {"$ref": f"./schemas/{type_}.json"},
        },
        "examples": [
            {"name": f"{type_.replace('.', '-')}-{number}", "payload": event}
            for number, event in enumerate(examples(type_), 1)
        ],
    }
