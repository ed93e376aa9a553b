"""Whatever is sent is answered by the contract: by a problem that says what is wrong, or a result for each event."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from itertools import islice
from typing import Any

import pytest

from tests.feed.said import said
from tests.gateway.sending import Sender, is_problem, sender
from tests.support.hostile import bodies, paths, put, words
from trackmycrime.feed.contract import BATCH, LINES, MODELS, SINGLE
from trackmycrime.feed.contract.problems import point
from trackmycrime.feed.models import Event

pytestmark = pytest.mark.django_db
PLACES = [(type_, path) for type_ in MODELS for path in paths(said(type_))]
STATUSES = {"applied", "duplicate", "superseded", "quarantined"}


@pytest.fixture
def niche() -> Sender:
    return sender()


def judged(response: Any, count: int | None = None) -> list[dict[str, Any]]:
    """The results of an answer that must be one: a known status each, and a problem just where it was not taken."""
    assert response.status_code == 200, response.content
    results: list[dict[str, Any]] = response.json()["results"]
    assert count in (None, len(results))
    for result in results:
        assert result["status"] in STATUSES
        assert ("problem" in result) == (result["status"] == "quarantined")
        if "problem" in result:
            assert result["problem"]["detail"]
    return results


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("form", [BATCH, SINGLE, LINES])
def test_any_body_is_read_or_refused_as_a_whole(niche: Sender, form: str, packed: bool) -> None:
    for name, raw in bodies().items():
        before = Event.objects.count()
        headers = {"Content-Encoding": "gzip"} if packed else {}
        response = niche.post(gzip.compress(raw) if packed else raw, form, **headers)
        if response.status_code == 200:
            results = judged(response)
            assert {result["status"] for result in results} <= {"quarantined", "duplicate"}, name
            assert not name.startswith("n_") or form == LINES, (
                name
            )  # what is no JSON as a whole may be so line by line
        else:
            is_problem(response, response.status_code)
            assert response.status_code in (400, 413, 415, 422), name
            assert Event.objects.count() == before, name
            sound = {BATCH: b"[", SINGLE: b"{"}.get(form, b"\0")
            assert not (name.startswith("y_") and raw.strip().startswith(sound)), name


def test_a_body_that_claims_to_be_packed(niche: Sender) -> None:
    for raw in filter(None, bodies().values()):
        is_problem(niche.post(raw, BATCH, **{"Content-Encoding": "gzip"}), 400)


def _batches(events: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while batch := list(islice(events, 1_000)):
        yield batch


def test_naughty_words_in_every_text_of_every_type(niche: Sender) -> None:
    """Looked at without being kept. The texts take turns in the places, so that each comes into every type."""
    turns = words()
    events = (
        put(said(type_), path, text)
        for number, (type_, path) in enumerate(PLACES)
        for text in turns[number % 6 :: 6]
    )
    for batch in _batches(events):
        for _ in judged(niche.post(batch, query="?validate=true"), len(batch)):
            pass
    assert not Event.objects.exists()


def test_naughty_words_that_are_kept_are_the_ones_that_were_sent(niche: Sender) -> None:
    """A turn of words through every place, stored: every event is there once, with its sums."""
    turns = words()
    events = []
    for number, (type_, path) in enumerate(PLACES * 3):
        event = put(said(type_, id=f"e{number}", sequence=str(number)), path, turns[number * 7 % len(turns)])
        events.append(event)
    for form in (BATCH, LINES):
        raw = json.dumps(events) if form == BATCH else "\n".join(map(json.dumps, events))
        results = judged(
            niche.post(gzip.compress(raw.encode()), form, **{"Content-Encoding": "gzip"}), len(events)
        )
        if form == LINES:  # once more: all are known
            assert {result["status"] for result in results} == {"duplicate"}
    kept = Event.objects.filter(force=niche.force)
    assert kept.count() == len(events)
    for row in kept:
        json.dumps(row.body).encode()
    for event in events[:20]:
        judged(niche.post(event, SINGLE), 1)


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b", "\udfff"], ids=["nul", "high half", "low half"])
def test_what_no_text_may_hold_is_refused_where_it_stands(niche: Sender, bad: str) -> None:
    events = [put(said(type_, id=f"e{n}"), path, bad) for n, (type_, path) in enumerate(PLACES)]
    for (type_, path), result in zip(PLACES, judged(niche.post(events), len(events)), strict=True):
        assert result["status"] == "quarantined", (type_, path)
        assert (result["problem"]["type"], result["problem"]["pointer"]) == ("invalid-data", point(path)), (
            type_
        )
        assert bad not in json.dumps(result, ensure_ascii=False)
    for row in Event.objects.all():
        assert bad not in json.dumps(row.body, ensure_ascii=False)


def test_naughty_words_in_the_request_itself(niche: Sender) -> None:
    for text in words()[::3]:
        if text.isascii() and text.isprintable() and text.strip():
            response = niche.post([], text[:100])
            assert response.status_code in (415, 200), text
            response = niche.post([], BATCH, Authorization=f"Bearer {text[:100]}")
            is_problem(response, 401)
