"""The envelope of an event: CloudEvents 1.0, as narrow as the contract has it."""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from trackmycrime.feed.contract.faults import Fault
from trackmycrime.feed.contract.fields import REFERENCE, REFERENCE_RULE, WRITTEN, read_reference
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

_source = re.compile(SOURCE)
_sequence = re.compile(SEQUENCE)
_type = re.compile(TYPE)
_json_type = re.compile(r"application/([a-z0-9.+-]+\+)?json(\s*;.*)?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Envelope:
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
    staff = type_ in {"officer.changed", "unit.changed"}
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
    faults: list[Fault] = []

    def read(name: str, reading: object, rule: str) -> None:
        """Note a rule that is broken: `reading` is what came of the value, None where nothing did."""
        if reading is None:
            known = event.get(name) is not None
            faults.append(Fault((name,), rule if known else f"is required, and {rule}"))

    version = "1.0" if event.get("specversion") == "1.0" else None
    read("specversion", version, "must be «1.0»")
    id_ = _string(event.get("id"), LONGEST_ID)
    read("id", id_, f"must be a string of 1 to {LONGEST_ID} characters")
    source = _string(event.get("source"), LONGEST_SOURCE, _source)
    read("source", source, f"must be a URI reference (RFC 3986) of up to {LONGEST_SOURCE} characters")
    # A text that cannot be a type is an unknown one: judging says so.
    type_ = _string(event.get("type"), LONGEST_TYPE, _type)
    if not isinstance(event.get("type"), str):
        read("type", None, "must be one of the contract's event types")
    if type_ in {"officer.changed", "unit.changed"}:
        subject = _string(event.get("subject"), LONGEST_STAFF_ID)
        if subject is not None and len(subject_key(subject)) > LONGEST_STAFF_ID:
            subject = None  # some letters are several without case
        read(
            "subject", subject, f"must be the id of the officer or unit, up to {LONGEST_STAFF_ID} characters"
        )
    else:
        subject = _reference(event.get("subject"))
        read("subject", subject, REFERENCE_RULE)
    moment, rule = _time(event.get("time"), now)
    read("time", moment, rule)
    sequence = _number(event.get("sequence"))
    read("sequence", sequence, f"must be a decimal integer in a string, from «0» to «{MOST_SEQUENCE}»")
    read("data", event.get("data") if isinstance(event.get("data"), dict) else None, "must be an object")
    if event.get("datacontenttype") is not None:
        read(
            "datacontenttype",
            _string(event["datacontenttype"], LONGEST_ID, _json_type),
            "must be application/json",
        )
    if event.get("dataschema") is not None:
        read("dataschema", _string(event["dataschema"], LONGEST_SOURCE, _source), "must be a URI (RFC 3986)")
    envelope = Envelope(
        id_,
        source,
        type_,
        subject,
        None if subject is None else subject_key(subject),
        moment,
        None if moment is None else str(event["time"]),
        sequence,
    )
    return envelope, faults


def _string(value: object, most: int, pattern: re.Pattern[str] | None = None) -> str | None:
    if type(value) is str and len(value) <= most and (pattern is None or pattern.fullmatch(value)):
        return value
    return None


def _reference(value: object) -> str | None:
    try:
        return read_reference(value) if type(value) is str else None
    except ValueError:
        return None


def _time(value: object, now: datetime) -> tuple[datetime | None, str]:
    if type(value) is not str:
        return None, MOMENT_RULE
    try:
        moment = read_moment(value)
    except ValueError:
        return None, MOMENT_RULE
    if moment - now > AHEAD:
        return None, "must not be more than a day ahead of the clock here"
    return moment, MOMENT_RULE


def _number(value: object) -> int | None:
    if type(value) is str and _sequence.fullmatch(value):
        number = int(value)
        return number if number <= MOST_SEQUENCE else None
    return None
