"""What holds for every file of the source: its size, its name, what its pages may refer to."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import trackmycrime

SOURCE = Path(trackmycrime.__file__).parent
ROOMS = sorted(path for path in SOURCE.iterdir() if (path / "__init__.py").is_file())
TEMPLATES = sorted(SOURCE.rglob("*.html"))
LONGEST = 400
SAY_NOTHING = {
    "utils",
    "util",
    "helpers",
    "helper",
    "common",
    "core",
    "manager",
    "managers",
    "service",
    "services",
}
"""Names that do not say what is in it."""
OTHER_PLACES = {
    "https://ico.org.uk",  # where to complain about what is done with one's data
    "https://www.bbc.co.uk",  # the way out, in design.py
    "https://www.equalityadvisoryservice.com",  # where to complain about access
    "https://www.gov.uk",  # the Victims' Code itself
}
"""Where a page may lead besides our own: public bodies that help, and the way out. Nothing is fetched from them."""


def python() -> list[Path]:
    return sorted(SOURCE.rglob("*.py"))


def test_no_file_is_too_long_to_read() -> None:
    long = {str(path.relative_to(SOURCE)): length for path in python() if (length := lines(path)) > LONGEST}
    assert not long


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def test_names_say_what_is_in_it() -> None:
    assert not [path for path in [*python(), *ROOMS] if path.stem in SAY_NOTHING]


@pytest.mark.parametrize("room", ROOMS, ids=lambda room: room.name)
def test_every_room_says_what_it_is_for(room: Path) -> None:
    read_me = room / "README.md"
    assert read_me.is_file()
    assert read_me.read_text("utf-8").startswith("# ")


def test_pages_hold_no_script_and_no_style_of_their_own() -> None:
    """The content policy would refuse them; the page would be broken, and nobody would be told."""
    assert len(TEMPLATES) > 50
    wrong = []
    for path in TEMPLATES:
        page = re.sub(r"\{%\s*comment.*?endcomment\s*%\}", "", path.read_text("utf-8"), flags=re.S)
        for tag in re.findall(r"<[a-zA-Z][^>]*>", page):
            if re.search(r"\sstyle\s*=|\son[a-z]+\s*=|javascript:", tag):
                wrong.append((path.name, tag))
        wrong += [(path.name, tag) for tag in re.findall(r"<style.*?>", page)]
        wrong += [(path.name, tag) for tag in re.findall(r"<script(?![^>]*\ssrc=)[^>]*>", page)]
    assert not wrong


def test_pages_lead_to_no_other_place_than_those_that_are_named_here() -> None:
    found: dict[str, set[str]] = {}
    for path in [*TEMPLATES, *(path for path in python() if {"design", "portal", "desk"} & set(path.parts))]:
        for address in re.findall(r"(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+", path.read_text("utf-8")):
            found.setdefault(address, set()).add(path.name)
    assert {address: files for address, files in found.items() if address not in OTHER_PLACES} == {}


def test_styles_and_scripts_fetch_nothing_from_elsewhere() -> None:
    files = [
        path for path in (SOURCE / "design" / "static").rglob("*") if path.suffix in (".css", ".js", ".svg")
    ]
    assert files
    for path in files:
        text = path.read_text("utf-8")
        assert not re.findall(r"url\(\s*[\"']?(?:https?:)?//", text), path
        assert not re.findall(r"(?:fetch|import)\(\s*[\"'](?:https?:)?//", text), path
        assert "@import" not in text, path


def test_no_script_of_ours_looks_at_what_is_pasted_or_keeps_anything_in_the_browser() -> None:
    ours = list((SOURCE / "design" / "static" / "design").glob("*.js"))
    assert len(ours) > 3
    for path in [*ours, *TEMPLATES]:
        found = re.search(r"paste|localStorage|sessionStorage|indexedDB|caches\.", path.read_text("utf-8"))
        assert not found, (path.name, found)


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    assert not [path for path in [*python(), *TEMPLATES] if marks.search(path.read_text("utf-8"))]
