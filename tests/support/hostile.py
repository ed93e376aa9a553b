"""Hostile inputs: a few of our own that always run, and the well-known corpora where POLICE_DATA names their folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

FOLDER = Path(os.environ["POLICE_DATA"], "hostile") if os.environ.get("POLICE_DATA") else None

_OWN_WORDS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; drop table people_victim; --",
    "{{ 7*7 }}{% load static %}${7*7}#{7*7}<%= 7*7 %>",
    "{unit} {officer} %(name)s %s %d %n",
    "javascript:alert(1)",
    "</title></textarea></script><svg/onload=alert(1)>",
    "&lt;b&gt; &amp;amp; &#x3c;i&#62;",
    "line\r\nSet-Cookie: a=b\r\n\r\nbody",
    "=cmd|' /C calc'!A0",
    "../../../../etc/passwd",
    "\u202egnp.exe \u200b\u200d\ufeff \u2028 \u2029 \x85",
    "Z\u0337\u0327a\u0336l\u0338go \U0001f469\u200d\U0001f467 \ufdfd \u7530\u4e2d",
    "\u0645\u0631\u062d\u0628\u0627 \u200f\u05e9\u05dc",
    "\x01\x02\x07\x08\x0b\x0c\x1b[31m\x7f",
    "NULL",
    "nan",
    "1e999",
    "\ud7ff\ue000\uffff\U0010ffff",
    "x" * 4_000,
)
_OWN_BODIES = {
    "empty": b"",
    "space": b" \n ",
    "null": b"null",
    "text": b'"text"',
    "open array": b"[",
    "open text": b'["',
    "nan": b"[NaN]",
    "comma": b"[1,]",
    "comment": b"/* */ []",
    "single quotes": b"[{'id': 1}]",
    "control": b'["\x01"]',
    "bom": b"\xef\xbb\xbf[]",
    "utf-16": "[]".encode("utf-16"),
    "latin-1": '["é"]'.encode("latin-1"),
    "overlong": b'["\xc0\x80"]',
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 20_000,
    "numbers": b"[1e999999, -0, 1" + b"0" * 9_999 + b"]",
    "twice": b'{"id":1,"id":2}',
    "csv": b"a,b\r\n1,2\r\n",
    "form": b"a=1&b=2",
    "zeros": b"\0" * 64,
    "gzip of nothing": b"\x1f\x8b\x08\x00",
    "xml": b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
    "bomb": b'<!DOCTYPE a [<!ENTITY a "' + b"a" * 1000 + b'"><!ENTITY b "&a;&a;&a;&a;">]><a>&b;&b;</a>',
}


def words() -> list[str]:
    """Texts that have broken programs: naughty strings and odd names. None of them holds what no text may hold."""
    found = list(_OWN_WORDS)
    if FOLDER:
        found += json.loads((FOLDER / "blns.json").read_text("utf-8"))
        found += json.loads((FOLDER / "odd-filenames.json").read_text("utf-8"))
        for path in sorted((FOLDER / "upload-filenames-fuzzdb").glob("*.txt")):
            found += path.read_text("utf-8", "replace").splitlines()
    return [text for text in dict.fromkeys(found) if "\0" not in text and _whole(text)]


def bodies() -> dict[str, bytes]:
    """Whole bodies that have broken programs, by name: JSON, CSV, XML, and what is none of these."""
    found = dict(_OWN_BODIES)
    for folder in (
        ("json-test-suite", "csv-spectrum/csvs", "csv-test-data/csv", "xml-bombs-defusedxml")
        if FOLDER
        else ()
    ):
        assert FOLDER
        found |= {
            path.name: path.read_bytes() for path in sorted((FOLDER / folder).iterdir()) if path.is_file()
        }
    return found


def _whole(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The place of every text in an event."""
    if isinstance(value, dict):
        return [found for name, inner in value.items() for found in paths(inner, (*path, name))]
    if isinstance(value, list):
        return [found for place, inner in enumerate(value) for found in paths(inner, (*path, place))]
    return [path] if isinstance(value, str) else []


def put(event: dict[str, Any], path: tuple[str | int, ...], value: object) -> dict[str, Any]:
    """The event with this value in this place."""
    held: Any = event
    for step in path[:-1]:
        held = held[step]
    held[path[-1]] = value
    return event
