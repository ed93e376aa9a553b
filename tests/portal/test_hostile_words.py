"""What was said in the records system is read by the victim as it was said, and is never anything but words."""

from __future__ import annotations

from html.parser import HTMLParser
from typing import Any

import pytest

from tests.portal.making import World, join, signed_in, world
from tests.support.events import crime, event, update
from tests.support.hostile import words
from trackmycrime.publish.prose import paragraphs

pytestmark = pytest.mark.django_db


class Page(HTMLParser):
    """The tags of a page with the names of their attributes, and its texts; a line break is a line break."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[tuple[str, tuple[str, ...]]] = set()
        self.texts: list[str] = [""]
        self.attributes: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add((tag, tuple(sorted(name for name, _ in attrs))))
        self.attributes += [(name, value or "") for name, value in attrs]
        if tag == "br":
            self.texts[-1] += "\n"
        else:
            self.texts.append("")

    def handle_endtag(self, tag: str) -> None:
        self.texts.append("")

    def handle_data(self, data: str) -> None:
        self.texts[-1] += data


def page_of(made: World, client: Any) -> Page:
    response = client.get(f"/cases/{made.case('52/1')}/")
    assert response.status_code == 200
    return Page(response.content.decode())


def test_what_an_officer_wrote_is_read_as_it_was_written() -> None:
    made = world()
    join(made)
    client = signed_in()
    made.send(update("52/1", 2, "plain", "note", text={"en": "one\n\ntwo\nthree\n\nfour\n\nfive"}))
    made.send(update("52/1", 3, "last", "note", text={"en": "x"}))
    plain = page_of(made, client)
    texts = [text for text in words() if 0 < len(text.strip()) <= 4_000]
    sequence = 10
    for start in range(0, len(texts), 60):
        some, events = texts[start : start + 60], []
        for text in some:
            sequence += 1
            events.append(update("52/1", sequence, f"U{sequence % 60}", "note", text={"en": text}))
        made.send(*events)
        page = page_of(made, client)
        for text in some:
            for paragraph in paragraphs(text.strip()):
                assert paragraph in page.texts, repr(text)
        assert page.tags <= plain.tags, page.tags - plain.tags
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        for text in ("<script", "onerror="):
            assert not [value for _, value in page.attributes if text in value.casefold()]


def test_names_of_people_teams_and_places_are_words_too() -> None:
    made = world()
    join(made)
    client = signed_in()
    made.send(
        event("unit.changed", "BBT", 1, {"name": {"en": "Team"}, "phone": "101", "hours": {"en": "always"}}),
        event("officer.changed", "DC1", 1, {"name": "Sam Price", "shown_as": "DC Price", "unit": "BBT"}),
        crime("52/1", 5, officer="DC1", unit="BBT", place="a place"),
    )
    plain = page_of(made, client)
    short = [text for text in words() if 0 < len(text.strip()) <= 120]
    for number, text in enumerate([*short[:20], *short[20::12]], 10):
        phone = text.strip()[:40].strip()
        made.send(
            event("unit.changed", "BBT", number, {"name": {"en": text}, "phone": phone, "hours": {"en": text}}),
            event("officer.changed", "DC1", number, {"name": text, "shown_as": text, "unit": "BBT"}),
            crime("52/1", number, officer="DC1", unit="BBT", place=text,
                  offence={"name": text, "code": "028/03", "category": "burglary"}),
        )  # fmt: skip
        page = page_of(made, client)
        assert page.tags <= plain.tags | {("br", ())}, (text, page.tags - plain.tags)
        assert any(text.strip() in one for one in page.texts), repr(text)
