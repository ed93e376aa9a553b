"""NIEM XML read report by report: streaming, with the memory of one report, and no DTD, entity or outside file.

Names are compared by the URI of their namespace and never by prefix; of a namespace the version is left out, so that
NIBRS 4.0 and 2019, NIEM 2 to 5 and JXDM 4 to 7 read alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element, ParseError

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import iterparse

from trackmycrime.feed.connectors.lines import FILE_LIMIT, BrokenOff, breaking_off, opened

_FAMILIES = (
    (re.compile(r"http://(release\.)?niem\.gov/niem/niem-core/[\d.]+/?"), "nc"),
    (re.compile(r"http://(release\.)?niem\.gov/niem/domains/jxdm/[\d.]+/?"), "j"),
    (re.compile(r"http://(release\.)?niem\.gov/niem/structures/[\d.]+/?"), "s"),
    (re.compile(r"http://fbi\.gov/cjis/nibrs/[\d.]+"), "nibrs"),
    (re.compile(r"http://fbi\.gov/cjis/N-DEx/IncidentArrest/[\d.]+"), "ndex"),
    (re.compile(r"http://fbi\.gov/cjis/[\d.]+"), "cjis"),
    (re.compile(r"http://usdoj\.gov/leisp/lexs/[\d.]+"), "lexs"),
    (re.compile(r"http://usdoj\.gov/leisp/lexs/digest/[\d.]+"), "digest"),
    (re.compile(r"http://usdoj\.gov/leisp/lexs/library/[\d.]+"), "library"),
)
REPORTS = frozenset({"nibrs:Report", "lexs:DataItemPackage"})
_MESSAGE_DATES = frozenset({"cjis:MessageDateTime", "lexs:MessageDateTime"})
_DEEPEST = 100
_MOST_ELEMENTS = 50_000
_MOST_BYTES = 16 * 1024 * 1024


@lru_cache(maxsize=4096)
def name_of(tag: str) -> str:
    """`prefix:name` with a prefix of ours for the namespaces that we know; `?:name` for others."""
    uri, _, local = tag[1:].partition("}") if tag.startswith("{") else ("", "", tag)
    for pattern, prefix in _FAMILIES:
        if pattern.fullmatch(uri):
            return f"{prefix}:{local}"
    return f"?:{local}"


class _Counted:
    """The bytes of a file, of which no report may have too many."""

    def __init__(self, file: Any) -> None:
        self._file = file
        self.total = self.since = 0

    def read(self, size: int = -1) -> bytes:
        with breaking_off():
            found: bytes = self._file.read(min(size, 64 * 1024) if size > 0 else 64 * 1024)
        self.total += len(found)
        self.since += len(found)
        if self.total > FILE_LIMIT:
            raise BrokenOff(f"it is larger than {FILE_LIMIT // 1024**3} GiB unpacked")
        if self.since > _MOST_BYTES:
            raise BrokenOff(f"more than {_MOST_BYTES // 1024**2} MiB go by without a whole report")
        return found


def reports_in(path: Path) -> Iterator[tuple[Element, str]]:
    """Every report of a file, with the moment of the message that it is in ("" where it says none).

    Raises BrokenOff where the file cannot be read further; what was before has been given.
    """
    with breaking_off():
        file = opened(path)
    with file:
        try:
            yield from _streamed(_Counted(file))
        except DefusedXmlException as danger:
            raise BrokenOff(
                f"it declares a document type or entities ({type(danger).__name__}); such a file can read other "
                "files and fill the memory"
            ) from None
        except ParseError as wrong:
            line, column = wrong.position
            what = str(wrong).partition(":")[0]
            raise BrokenOff(f"it is not well-formed XML: {what}, line {line}, column {column + 1}") from None
        except (ValueError, LookupError):
            raise BrokenOff("it declares an encoding that is not read here; write it in UTF-8") from None


def _streamed(file: _Counted) -> Iterator[tuple[Element, str]]:
    open_: list[Element] = []
    report: Element | None = None
    moment = ""
    elements = 0
    for event, element in iterparse(
        file, ("start", "end"), forbid_dtd=True, forbid_entities=True, forbid_external=True
    ):
        if event == "start":
            open_.append(element)
            elements += 1
            if len(open_) > _DEEPEST:
                raise BrokenOff(f"elements are nested more than {_DEEPEST} deep")
            if elements > _MOST_ELEMENTS:
                raise BrokenOff(f"more than {_MOST_ELEMENTS} elements go by without a whole report")
            if report is None and name_of(element.tag) in REPORTS:
                report = element
            continue
        open_.pop()
        if report is not None and element is not report:
            continue
        if report is not None:
            yield element, moment
            report, elements, file.since = None, 0, 0
        elif name_of(element.tag) in _MESSAGE_DATES:
            moment = (element.text or "").strip()
        # Outside of a report nothing is kept: an element is let go as soon as it has ended.
        element.clear()
        if open_:
            open_[-1].remove(element)
