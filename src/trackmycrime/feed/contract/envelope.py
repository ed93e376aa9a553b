"""The envelope of an event: CloudEvents 1.0, as narrow as the contract has it."""

import re
from datetime import datetime, timedelta
from typing import NamedTuple

from trackmycrime.feed.contract.faults import Fault
from trackmycrime.feed.contract.fields import REFERENCE, REFERENCE_RULE, WRITTEN
from trackmycrime.feed.contract.moments import MOMENT, MOMENT_RULE, read_moment

# RFC 3986: a URI reference has these characters and no others.
SOURCE = r"([A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+"
# Leading zeros are wanted by senders that sort the strings.
SEQUENCE = r"[0-9]{1,32}"
MOST_SEQUENCE = 2**63 - 1
TYPE = r"[A-Za-z][A-Za-z0-9._-]*"
LONGEST_TYPE = 40
LONGEST_ID = 128
LONGEST_SOURCE = 256
LONGEST_STAFF_ID = 64
# Records systems' clocks go wrong; further than this ahead it is not a clock.
AHEAD = timedelta(days=1)

REQUIRED = ("specversion", "id", "source", "type", "subject", "time", "sequence", "data")
# CloudEvents' libraries send these two by themselves. They are read and not kept.
IGNORED = ("datacontenttype", "dataschema")

# What is about one of the staff, and not about a crime.
STAFF = frozenset(("officer.changed", "unit.changed"))

_STAFF_RULE = f"must be the id of the officer or unit, up to {LONGEST_STAFF_ID} characters"
_AHEAD_RULE = "must not be more than a day ahead of the clock here"

_reference = re.compile(REFERENCE)
_source = re.compile(SOURCE)
_sequence = re.compile(SEQUENCE)
_type = re.compile(TYPE)
_json_type = re.compile(r"application/([a-z0-9.+-]+\+)?json(\s*;.*)?", re.IGNORECASE)


class Envelope(NamedTuple):
    """The attributes that could be read; None where one is missing or wrong."""

    id: str | None = None
    source: str | None = None
    type: str | None = None
    subject: str | None = None
    subject_key: str | None = None
    time: datetime | None = None
    time_text: str | None = None
    sequence: int | None = None

    @property
    def kept(self) -> dict[str, object]:
        """The attributes that could be read, as they may be stored."""
        found = {
            "specversion": "1.0",
            "id": self.id,
            "source": self.source,
            "type": self.type,
            "subject": self.subject,
            "time": self.time_text,
            "sequence": None if self.sequence is None else str(self.sequence),
        }
        return {name: value for name, value in found.items() if value is not None}


NOTHING = Envelope()


def subject_key(subject: str) -> str:
    """The form in which crime references and ids of officers and units are compared: without case."""
    return subject.casefold()


def envelope_schema(type_: str) -> dict[str, object]:
    """The JSON Schema of the envelope of one type; what `data` is, its model says."""
    staff = type_ in STAFF
    subject: dict[str, object] = {
        "description": "The id of the officer or unit."
        if staff
        else "The crime reference, compared without case.",
        "type": "string",
    }
    subject |= (
        {"minLength": 1, "maxLength": LONGEST_STAFF_ID, "pattern": WRITTEN}
        if staff
        else {"pattern": f"^{REFERENCE}$"}
    )
    properties: dict[str, object] = {
        "specversion": {"const": "1.0"},
        "id": {
            "description": "Unique within the source for ever.",
            "type": "string",
            "minLength": 1,
            "maxLength": LONGEST_ID,
            "pattern": WRITTEN,
        },
        "source": {
            "description": "URI reference; kept, not trusted.",
            "type": "string",
            "pattern": f"^{SOURCE}$",
            "maxLength": LONGEST_SOURCE,
        },
        "type": {"const": type_},
        "subject": subject,
        "time": {
            "description": "When it happened in the records system; RFC 3339 with offset, at most a day ahead.",
            "type": "string",
            "format": "date-time",
            "pattern": f"^{MOMENT}$",
        },
        "sequence": {
            "description": f"Decimal integer, 0 to {MOST_SEQUENCE}, rising per subject within a source.",
            "type": "string",
            "pattern": f"^{SEQUENCE}$",
        },
        "data": {"type": "object"},
        "datacontenttype": {
            "description": "Read and not kept.",
            "type": ["string", "null"],
            "pattern": r"^application/([A-Za-z0-9.+-]+\+)?json(\s*;.*)?$",
            "maxLength": LONGEST_ID,
        },
        "dataschema": {
            "description": "Read and not kept.",
            "type": ["string", "null"],
            "pattern": f"^{SOURCE}$",
            "maxLength": LONGEST_SOURCE,
        },
    }
    return {
        "description": f"A CloudEvent of the type {type_}.",
        "type": "object",
        "additionalProperties": False,
        "required": list(REQUIRED),
        "properties": properties,
    }


def read_envelope(event: dict[str, object], now: datetime) -> tuple[Envelope, list[Fault]]:
    """The envelope of a tidied event, and what is wrong with it. `now` is aware. Never raises."""
    get = event.get
    id_ = _string(get("id"), LONGEST_ID)
    source = _string(get("source"), LONGEST_SOURCE, _source)
    # A text that cannot be a type is an unknown one: judging says so.
    type_ = _string(get("type"), LONGEST_TYPE, _type)
    staff = type_ in STAFF
    subject = _staff_id(get("subject")) if staff else _string(get("subject"), LONGEST_STAFF_ID, _reference)
    key = None if subject is None else subject_key(subject)
    time = get("time")
    moment = _moment(time)
    ahead = moment is not None and moment - now > AHEAD
    if ahead:
        moment = None
    sequence = _number(get("sequence"))
    envelope = Envelope(
        id_, source, type_, subject, key, moment, None if moment is None else str(time), sequence
    )
    if (
        None not in envelope
        and get("specversion") == "1.0"
        and isinstance(get("data"), dict)
        and get("datacontenttype") is None
        and get("dataschema") is None
    ):
        return envelope, []
    told = (
        ("specversion", get("specversion") == "1.0", "must be «1.0»"),
        ("id", id_ is not None, f"must be a string of 1 to {LONGEST_ID} characters"),
        (
            "source",
            source is not None,
            f"must be a URI reference (RFC 3986) of up to {LONGEST_SOURCE} characters",
        ),
        ("type", isinstance(get("type"), str), "must be one of the contract's event types"),
        ("subject", subject is not None, _STAFF_RULE if staff else REFERENCE_RULE),
        ("time", moment is not None, _AHEAD_RULE if ahead else MOMENT_RULE),
        (
            "sequence",
            sequence is not None,
            f"must be a decimal integer in a string, from «0» to «{MOST_SEQUENCE}»",
        ),
        ("data", isinstance(get("data"), dict), "must be an object"),
        (
            "datacontenttype",
            _absent_or(get("datacontenttype"), LONGEST_ID, _json_type),
            "must be application/json",
        ),
        (
            "dataschema",
            _absent_or(get("dataschema"), LONGEST_SOURCE, _source),
            "must be a URI (RFC 3986)",
        ),
    )
    return envelope, [
        Fault((name,), rule if get(name) is not None else f"is required, and {rule}")
        for name, right, rule in told
        if not right
    ]


def _string(value: object, most: int, pattern: re.Pattern[str] | None = None) -> str | None:
    if type(value) is str and len(value) <= most and (pattern is None or pattern.fullmatch(value)):
        return value
    return None


def _absent_or(value: object, most: int, pattern: re.Pattern[str]) -> bool:
    return value is None or _string(value, most, pattern) is not None


def _staff_id(value: object) -> str | None:
    found = _string(value, LONGEST_STAFF_ID)
    # some letters are several without case
    return found if found is not None and len(subject_key(found)) <= LONGEST_STAFF_ID else None


def _moment(value: object) -> datetime | None:
    try:
        return read_moment(value) if type(value) is str else None
    except ValueError:
        return None


def _number(value: object) -> int | None:
    if type(value) is str and _sequence.fullmatch(value):
        number = int(value)
        return number if number <= MOST_SEQUENCE else None
    return None
