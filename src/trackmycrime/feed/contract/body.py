"""The body of one delivery, read as a whole: into lines to be judged, or refused with nothing taken."""

import json
import zlib
from dataclasses import dataclass, field

from trackmycrime.feed.contract.plain import read_plain
from trackmycrime.feed.contract.problems import BodyProblem
from trackmycrime.feed.contract.tidy import Oversized, Twice

MOST_EVENTS = 1_000
MOST_BYTES = 5 * 1024 * 1024
# One delivery packed in pieces is lawful (RFC 1952 section 2.2); a body of thousands of empty ones is not
# somebody's delivery.
MOST_MEMBERS = 64
# Numbers that no field could hold are not worth the time it takes to read them.
LONGEST_NUMBER = 40

BATCH = "application/cloudevents-batch+json"
SINGLE = "application/cloudevents+json"
LINES = "application/x-ndjson"

_SPACE = " \t\r\n"


@dataclass(slots=True)
class Line:
    """One event as it was sent, not yet judged: its place in the delivery (from 0) and its JSON value."""

    index: int
    value: object
    spelt: bytes | None = field(default=None, compare=False)
    """The canonical form of the value, where reading has shown that it is tidy"""


def read_body(content_type: str, content_encoding: str | None, raw: bytes) -> list[Line]:
    """The events of one body, in the order sent.

    Raises BodyProblem: 415 for a type or encoding that is not one of the contract's; 413 over 5 MiB
    unpacked or 1,000 events; 400 where it cannot be read (gzip, UTF-8, JSON); 422 where the JSON is sound
    and is not what the type says. Whatever is sound JSON of the right shape becomes a line, however wrong
    it is otherwise: single events never fail a batch.
    """
    form = _form(content_type)
    text = _decoded(_unpacked(content_encoding, raw))
    if form == LINES:
        return _lines(text)
    value = _json(text)
    if form == SINGLE:
        if not isinstance(value, dict):
            raise BodyProblem(
                422, "not-an-event", "Not an event", f"A body of {SINGLE} must be one JSON object.", ""
            )
        return [Line(0, value)]
    if not isinstance(value, list):
        raise BodyProblem(
            422, "not-a-batch", "Not a batch", f"A body of {BATCH} must be a JSON array of events.", ""
        )
    if len(value) > MOST_EVENTS:
        raise _too_many()
    return [Line(index, item) for index, item in enumerate(value)]


def _form(content_type: str) -> str:
    form, *parameters = (part.strip() for part in content_type.split(";"))
    form = form.lower()
    if form not in {BATCH, SINGLE, LINES}:
        raise BodyProblem(
            415,
            "unsupported-media-type",
            "Content-Type not known",
            f"It must be {BATCH}, {SINGLE} or {LINES}.",
        )
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset" and value.strip(' "').lower() not in {"utf-8", "utf8"}:
            raise BodyProblem(
                415, "unsupported-media-type", "Not UTF-8", "The charset in Content-Type must be utf-8."
            )
    return form


def _unpacked(content_encoding: str | None, raw: bytes) -> bytes:
    encoding = (content_encoding or "identity").strip().lower() or "identity"
    if encoding not in {"identity", "gzip", "x-gzip"}:
        raise BodyProblem(
            415,
            "unsupported-content-encoding",
            "Content-Encoding not known",
            "Content-Encoding must be gzip, or left out.",
        )
    if len(raw) > MOST_BYTES:
        raise too_large()
    return raw if encoding == "identity" else _gunzipped(raw)


def _gunzipped(raw: bytes) -> bytes:
    """The unpacked bytes; never unpacks more than the limit and one byte."""
    unpacked = bytearray()
    for _ in range(MOST_MEMBERS):
        member = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
        try:
            unpacked += member.decompress(raw, MOST_BYTES + 1 - len(unpacked))
            if len(unpacked) > MOST_BYTES:
                raise too_large()
            while not member.eof and member.unconsumed_tail:
                unpacked += member.decompress(member.unconsumed_tail, MOST_BYTES + 1 - len(unpacked))
                if len(unpacked) > MOST_BYTES:
                    raise too_large()
        except zlib.error:
            what = "bytes after its end that are not gzip" if unpacked else "bytes that are not gzip"
            raise _not_gzip(f"The body has {what}, or its checksum does not fit.") from None
        if not member.eof:
            raise _not_gzip("The body ends before the gzip data does; it was cut off on its way.")
        raw = member.unused_data
        if not raw:
            return bytes(unpacked)
    raise _not_gzip(f"The body is packed in more than {MOST_MEMBERS} pieces; pack it in one.")


def _decoded(body: bytes) -> str:
    if body.startswith(b"\xef\xbb\xbf"):
        raise BodyProblem(
            400,
            "not-utf-8",
            "Byte order mark",
            "The body starts with a byte order mark; send UTF-8 without one.",
        )
    try:
        return body.decode()
    except UnicodeDecodeError as fault:
        line = body.count(b"\n", 0, fault.start) + 1
        raise BodyProblem(
            400,
            "not-utf-8",
            "Not UTF-8",
            f"The body is not UTF-8: byte {fault.start + 1}, in line {line}, is wrong.",
        ) from None


def _lines(text: str) -> list[Line]:
    lines: list[Line] = []
    for number, row in enumerate(text.split("\n"), start=1):
        stripped = row.strip(_SPACE)
        if not stripped:
            continue
        if len(lines) == MOST_EVENTS:
            raise _too_many()
        lines.append(Line(len(lines), *(read_plain(stripped) or (_json(row, number),))))
    return lines


def _json(text: str, number: int | None = None) -> object:
    try:
        return _decoder.decode(text)
    except json.JSONDecodeError as fault:
        rule = fault.msg.partition(":")[0].removesuffix(" at")
        raise _not_json(f"line {number or fault.lineno}, column {fault.colno}: {rule}.") from None
    except _NotANumber:
        raise _not_json(f"NaN and Infinity are not JSON{f' (line {number})' if number else ''}.") from None
    except RecursionError:
        raise _not_json(f"it is nested far too deeply{f' (line {number})' if number else ''}.") from None


class _NotANumber(Exception):
    pass


def _refuse_constant(_name: str) -> object:
    raise _NotANumber


def _integer(digits: str) -> object:
    return int(digits) if len(digits) <= LONGEST_NUMBER else Oversized()


def _fraction(digits: str) -> object:
    if len(digits) > LONGEST_NUMBER:
        return Oversized()
    number = float(digits)
    return number if abs(number) < 1e300 else Oversized()


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    return found if len(found) == len(pairs) else Twice(pairs)


_decoder = json.JSONDecoder(
    object_pairs_hook=_object, parse_constant=_refuse_constant, parse_int=_integer, parse_float=_fraction
)


def too_large() -> BodyProblem:
    """What is said to a body over the limit; also for a door that need not read it to know."""
    return BodyProblem(
        413,
        "too-large",
        "The body is too large",
        "A body may be 5 MiB, unpacked. Send the events in several.",
    )


def _too_many() -> BodyProblem:
    return BodyProblem(
        413,
        "too-many-events",
        "Too many events",
        f"A body may hold {MOST_EVENTS:,} events. Send them in several.",
    )


def _not_gzip(detail: str) -> BodyProblem:
    return BodyProblem(400, "not-gzip", "The gzip data cannot be read", detail)


def _not_json(detail: str) -> BodyProblem:
    return BodyProblem(400, "not-json", "Not JSON", f"The body is not JSON: {detail}")
