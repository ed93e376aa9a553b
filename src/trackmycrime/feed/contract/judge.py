"""One event judged: an `Event` that may be applied, or a `Refusal` that says why not."""

import hmac
import json
from datetime import datetime

import orjson
from pydantic import ValidationError

from trackmycrime.feed.contract.body import Line
from trackmycrime.feed.contract.crimes import CrimeWithdrawn
from trackmycrime.feed.contract.envelope import (
    IGNORED,
    NOTHING,
    REQUIRED,
    Envelope,
    read_envelope,
    subject_key,
)
from trackmycrime.feed.contract.faults import Fault, faults_of, problem_of, unknown_field, without
from trackmycrime.feed.contract.problems import Problem, point
from trackmycrime.feed.contract.tidy import Untidy, tidy
from trackmycrime.feed.contract.verdicts import MODELS, TYPES, Data, Entity, Event, Refusal

_ATTRIBUTES = frozenset(REQUIRED + IGNORED)


def judge(
    line: Line,
    *,
    now: datetime,
    allowed_types: frozenset[str] | None,
    digest_key: bytes,
    country: str = "GB",
) -> Event | Refusal:
    """What this line says, or why it is refused. Never raises, whatever was sent.

    `now` is aware; `allowed_types` are those that the source's token may send (None: all); `digest_key` is
    the key of the digests; `country` (ISO 3166) is where national telephone numbers are dialled.
    """
    event = line.value
    if line.spelt is None:
        try:
            event = tidy(event)
        except Untidy as fault:
            return _untidy(event, fault, now, digest_key)
    digest = _digest(canonical(event) if line.spelt is None else line.spelt, digest_key)
    if not isinstance(event, dict):
        return _refusal(
            NOTHING, Problem.of("invalid-data", "An event must be a JSON object."), [Fault((), "")], digest
        )
    envelope, faults = read_envelope(event, now)
    if not event.keys() <= _ATTRIBUTES:
        faults[:0] = [unknown_field((name,), _ATTRIBUTES) for name in event if name not in _ATTRIBUTES]
    if isinstance(event.get("type"), str) and event["type"] not in MODELS:
        problem = Problem.of("unknown-type", f"/type must be one of {', '.join(TYPES)}.", "/type")
        return _refusal(envelope, problem, [*faults, Fault(("data",), "")], digest)
    data, found = _data(event.get("data"), envelope, country)
    faults += found
    if allowed_types is not None and envelope.type is not None and envelope.type not in allowed_types:
        problem = Problem.of("not-allowed", "This token may not send events of this /type.", "/type")
        return _refusal(envelope, problem, faults, digest, event.get("data"))
    if faults or data is None:
        return _refusal(envelope, problem_of(faults), faults, digest, event.get("data"))
    # Without faults, every attribute could be read.
    assert envelope.id
    assert envelope.source
    assert envelope.type
    assert envelope.subject
    assert envelope.subject_key
    assert envelope.time
    assert envelope.time_text
    assert envelope.sequence is not None
    return Event(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        subject_key=envelope.subject_key,
        time=envelope.time,
        time_text=envelope.time_text,
        sequence=envelope.sequence,
        data=data,
        entity=Entity.of(data, envelope.subject_key),
        digest=digest,
        kept=event if len(event) == len(REQUIRED) else {name: event[name] for name in REQUIRED},
    )


def canonical(value: object) -> bytes:
    """The one spelling of a JSON value: names sorted, no spaces."""
    try:
        return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except orjson.JSONEncodeError:  # half a character, a number of more than 64 bits, great depth
        return _encode(value).encode("ascii")


_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), default=lambda _: None).encode


def _digest(spelt: bytes, key: bytes) -> bytes:
    return hmac.digest(key, spelt, "sha256")


def _data(data: object, envelope: Envelope, country: str) -> tuple[Data | None, list[Fault]]:
    """The data by the model of its type, or what is wrong with it; nothing where there is no such model."""
    if envelope.type is None or not isinstance(data, dict):
        return None, []
    shape = MODELS[envelope.type]
    try:
        model = shape.model_validate(data, context={"country": country})
    except ValidationError as refused:
        return None, faults_of(refused, data, shape)
    if (
        isinstance(model, CrimeWithdrawn)
        and model.merged_into is not None
        and subject_key(model.merged_into) == envelope.subject_key
    ):
        return None, [Fault(("data", "merged_into"), "must be another crime than the one that is withdrawn")]
    return model, []


def _refusal(
    envelope: Envelope, problem: Problem, faults: list[Fault], digest: bytes, data: object = None
) -> Refusal:
    kept: dict[str, object] = dict(envelope.kept)
    if isinstance(data, dict) and envelope.type is not None:
        kept["data"] = without(data, [fault.path[1:] for fault in faults if fault.path[:1] == ("data",)])
    if dropped := [point(fault.path) for fault in faults]:
        kept["dropped"] = dropped
    return Refusal(
        id=envelope.id,
        source=envelope.source,
        type=envelope.type,
        subject=envelope.subject,
        subject_key=envelope.subject_key,
        time=envelope.time,
        sequence=envelope.sequence,
        problem=problem,
        digest=digest,
        kept=kept,
    )


def _untidy(value: object, untidy: Untidy, now: datetime, key: bytes) -> Refusal:
    """The refusal of what cannot be stored as it is: the attributes that can be, and no data."""
    members: dict[str, object] = {}
    for name in _ATTRIBUTES:
        try:
            members[name] = tidy(value[name])  # type: ignore[index]
        except (Untidy, KeyError, TypeError):
            continue
    try:
        digest = _digest(canonical(value), key)
    except RecursionError:
        digest = _digest(canonical(members), key)
    envelope, _ = read_envelope(members, now)
    fault = Fault(tuple(untidy.path), untidy.rule)
    whole = Fault(("data",), "")
    return _refusal(
        envelope, problem_of([fault]), [fault] if fault.path[:1] == ("data",) else [fault, whole], digest
    )
