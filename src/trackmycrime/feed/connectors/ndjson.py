"""Files of events, one JSON object a line, as a records system may write them itself.

A line is checked for what would make a whole delivery unreadable, by the reader that the gateway has;
whether the event is right is the gateway's to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from trackmycrime.feed.connectors.lines import BrokenOff, lines_of
from trackmycrime.feed.connectors.refusals import Refusal, Wrong
from trackmycrime.feed.contract import LINES, MOST_BYTES, BodyProblem, read_body

_NAME = re.compile(r".+\.ndjson(\.gz)?", re.IGNORECASE)
_BOM = b"\xef\xbb\xbf"

NAMES = "*.ndjson, plain or .gz"


@dataclass(frozen=True, slots=True)
class EventLine:
    """One line that can be sent, as it stands in the file, and the value that it holds."""

    number: int
    text: bytes
    value: dict[str, object]


def is_ndjson(path: Path) -> bool:
    """Whether the file's name says that it holds events, one a line."""
    return _NAME.fullmatch(path.name) is not None


def lines_in(path: Path, told: str = "") -> Iterator[EventLine | Refusal]:
    """Every line of a file that is not blank: what can be sent, and what cannot and why, in order.

    `told` is the name of the file in refusals, if that is not its path.
    """
    name = told or str(path)
    number = 0
    try:
        for number, line in lines_of(path):
            if line is None or len(line) > MOST_BYTES:
                wrong = f"the line is longer than {MOST_BYTES // 1024**2} MiB"
                yield Refusal(name, number, "", wrong, "one event, as the contract limits it")
                continue
            text = line.removeprefix(_BOM) if number == 1 else line
            if text.strip():
                yield _checked(name, number, text)
    except BrokenOff as why:
        reason = f"the file broke off after line {number}: {why}"
        yield Refusal(name, number, "", reason, "the whole file", "file", 0)


def _checked(file: str, number: int, text: bytes) -> EventLine | Refusal:
    found = event_in(text)
    if isinstance(found, Wrong):
        return Refusal(file, number, found.column, found.reason, found.right)
    return EventLine(number, text, found)


def event_in(text: bytes) -> dict[str, object] | Wrong:
    """The JSON object that one line or message is, or why it is none."""
    try:
        text.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return Wrong("", f"byte {wrong.start + 1} of the line is not UTF-8", "UTF-8 text")
    try:
        lines = read_body(LINES, None, text)
    except BodyProblem as wrong:
        why = wrong.detail.replace("The body", "the line").replace("line 1, ", "").replace(" (line 1)", "")
        return Wrong("", why, "one JSON object on one line")
    value = lines[0].value if len(lines) == 1 else None
    if not isinstance(value, dict):
        return Wrong("", "this is not a JSON object", "one JSON object on one line")
    return value
