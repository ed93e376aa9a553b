"""The way back, as the OpenAPI description says it: what is asked, what is answered, and an example of each type."""

from __future__ import annotations

from typing import Any

from trackmycrime.returns.api import MOST, TYPES, USUAL

_REF = "#/components/schemas/"
_CURSOR = {
    "type": "string",
    "pattern": "^[0-9]{1,19}$",
    "description": "Where a page ends. It rises with every return of the force; keep it, and read nothing into it.",
    "examples": ["1207"],
}

PULL: dict[str, Any] = {
    "tags": ["returns"],
    "operationId": "pullReturns",
    "summary": "What victims did",
    "description": (
        "The returns of the token's force after a cursor, in order, for a source that an administrator has allowed. "
        "Keep a page, then acknowledge its cursor; what is not acknowledged comes again, so take each by its id."
    ),
    "parameters": [
        {
            "name": "after",
            "in": "query",
            "description": "A cursor. Left out: the one that this source acknowledged last.",
            "schema": _CURSOR,
        },
        {
            "name": "limit",
            "in": "query",
            "description": "How many returns at most.",
            "schema": {"type": "integer", "minimum": 1, "maximum": MOST, "default": USUAL},
        },
        {
            "name": "types",
            "in": "query",
            "description": "Only these types, with commas between.",
            "style": "form",
            "explode": False,
            "schema": {"type": "array", "minItems": 1, "items": {"enum": list(TYPES)}},
        },
    ],
}

ACKNOWLEDGE: dict[str, Any] = {
    "tags": ["returns"],
    "operationId": "acknowledgeReturns",
    "summary": "Everything up to here is safe",
    "description": "Remembers how far this source has come. It never goes back; saying the same again is no fault.",
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {"$ref": f"{_REF}Acknowledgement"},
                "examples": {"page": {"value": {"cursor": "1207"}}},
            }
        },
    },
}


def _object(properties: dict[str, Any], description: str, *, optional: str = "") -> dict[str, Any]:
    return {
        "description": description,
        "type": "object",
        "additionalProperties": False,
        "required": [name for name in properties if name != optional],
        "properties": properties,
    }


_TEXT = {"type": "string"}
_VICTIM = {"type": "string", "description": "The records system's id of the person."}
_DATA: dict[str, dict[str, Any]] = {
    "message.received": _object(
        {
            "victim": _VICTIM,
            "message": {"type": "string", "format": "uuid", "description": "The message's id here."},
            "text": {"type": "string", "maxLength": 4000, "description": "As the victim wrote it."},
            "by_helper": {
                "type": "boolean",
                "description": "Whether somebody wrote it in their own name whom the victim has let in to the case.",
            },
        },
        "A victim has written to the police; an officer was asked to answer.",
        optional="by_helper",
    ),
    "contact.changed": _object(
        {
            "victim": _VICTIM,
            "preferred_channel": {
                "type": ["string", "null"],
                "description": "As in victim.changed; null: the victim has chosen none here.",
            },
            "language": {"type": ["string", "null"], "description": "`en` or `cy`; null: not chosen here."},
            "pace": {
                "enum": ["at_once", "daytime", "weekly", None],
                "description": "How soon they want to be told (at night too, not at night, once a week); null: not"
                " chosen here.",
            },
            "update_days": {
                "type": ["integer", "null"],
                "description": "After how many days without news they are told so; 0: never; null: not chosen here.",
            },
            "email": {
                "type": ["string", "null"],
                "description": "Their new address, confirmed by a code that went to it; null: not changed now.",
            },
            "mobile": {
                "type": ["string", "null"],
                "description": "Their new mobile number (E.164), confirmed in the same way; null: not changed now.",
            },
            "changed": {
                "type": "array",
                "items": {
                    "enum": ["preferred_channel", "language", "pace", "update_days", "email", "mobile"]
                },
                "description": "Which of them is new.",
            },
        },
        "A victim has chosen another way or language to be told in, or has another address or number.",
    ),
    "alert.undeliverable": _object(
        {
            "victim": _VICTIM,
            "alert": {"type": "string", "format": "uuid", "description": "The alert's id here."},
            "about": {
                "enum": [
                    "update",
                    "message",
                    "no_news",
                    "contact_new",
                    "contact_told",
                    "sign_in",
                    "invitation",
                ],
                "description": "What it was to tell of.",
            },
            "tried": {
                "type": "array",
                "items": _object(
                    {"channel": _TEXT, "reason": _TEXT}, "One way that failed, and a word of why."
                ),
                "description": "Every way that was tried, in order.",
            },
        },
        "A victim could not be told by any safe way; an officer was asked to reach them.",
    ),
}

_EXAMPLES: dict[str, dict[str, Any]] = {
    "message.received": {"message": "019aa6e8-1c5e-7b0a-9d52-1f6f3f1f9c11", "text": "Is there any news?"},
    "contact.changed": {
        "preferred_channel": "text",
        "language": "cy",
        "pace": None,
        "update_days": None,
        "email": None,
        "mobile": None,
        "changed": ["preferred_channel"],
    },
    "alert.undeliverable": {
        "alert": "019aa6e8-1c5e-7b0a-9d52-1f6f3f1f9c12",
        "about": "update",
        "tried": [{"channel": "email", "reason": "refused 550"}],
    },
}


def example(type_: str) -> dict[str, Any]:
    """A whole return of a type, as it is pulled and as it is sent to a webhook."""
    return {
        "specversion": "1.0",
        "id": f"019aa6e8-1c5e-7b0a-9d52-1f6f3f1f9c0{TYPES.index(type_)}",
        "source": "urn:trackmycrime:avon-and-somerset",
        "type": type_,
        "subject": "5226/0012345",
        "time": "2026-03-20T09:30:00Z",
        "sequence": str(1200 + TYPES.index(type_)),
        "data": {"victim": "N-1002003", **_EXAMPLES[type_]},
    }


def _return(type_: str) -> dict[str, Any]:
    return {
        **_object(
            {
                "specversion": {"const": "1.0"},
                "id": {"type": "string", "format": "uuid", "description": "The same however often it comes."},
                "source": {
                    "type": "string",
                    "description": "`urn:trackmycrime:` and the force's short name.",
                },
                "type": {"const": type_},
                "subject": {"type": "string", "description": "The crime reference, as the police wrote it."},
                "time": {"type": "string", "format": "date-time", "description": "When it happened."},
                "sequence": {"type": "string", "description": "Its place among the force's returns."},
                "data": _DATA[type_],
            },
            _DATA[type_]["description"],
        ),
        "examples": [example(type_)],
    }


SCHEMAS: dict[str, Any] = {
    **{type_: _return(type_) for type_ in TYPES},
    "Return": {
        "description": "What one victim did, as a CloudEvent 1.0: one schema per type.",
        "oneOf": [{"$ref": f"{_REF}{type_}"} for type_ in TYPES],
        "discriminator": {
            "propertyName": "type",
            "mapping": {type_: f"{_REF}{type_}" for type_ in TYPES},
        },
    },
    "ReturnsPage": _object(
        {
            "returns": {"type": "array", "maxItems": MOST, "items": {"$ref": f"{_REF}Return"}},
            "cursor": _CURSOR,
            "more": {"type": "boolean", "description": "Whether there are more after this cursor by now."},
        },
        "Some returns in order.",
    ),
    "Acknowledgement": _object({"cursor": _CURSOR}, "The cursor of a page that is safe."),
    "Acknowledged": _object(
        {
            "cursor": _CURSOR,
            "acknowledged": {
                "type": "integer",
                "minimum": 0,
                "description": "How many returns were not acknowledged before.",
            },
        },
        "Where this source is now.",
    ),
}

_HEADERS = {
    "webhook-id": "The id of the return: the same however often it is sent.",
    "webhook-timestamp": "When this try was made, in seconds since 1970. Refuse one that is older than five minutes.",
    "webhook-signature": "One signature, or two with a space between while a secret rotates; either proves it.",
}
WEBHOOK: dict[str, Any] = {
    "tags": ["returns"],
    "operationId": "takeReturn",
    "summary": "A return, sent to a webhook",
    "description": (
        "What a source with a webhook is sent (`source webhook set`), signed by the Standard Webhooks specification. "
        "It comes at least once; of one crime, in order. Anything but 2xx within 15 seconds is tried again for three "
        "days; 410 switches the webhook off."
    ),
    "security": [],
    "parameters": [
        {"name": name, "in": "header", "required": True, "description": said, "schema": {"type": "string"}}
        for name, said in _HEADERS.items()
    ],
    "requestBody": {
        "required": True,
        "content": {"application/cloudevents+json": {"schema": {"$ref": f"{_REF}Return"}}},
    },
    "responses": {
        "2XX": {"description": "It is safe here."},
        "410": {"description": "Send nothing here any more."},
    },
}
