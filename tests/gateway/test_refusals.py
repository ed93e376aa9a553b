"""What is refused as a whole: always a problem by RFC 9457, nothing half-taken, never a 500, never a page."""

from __future__ import annotations

import gzip
import json
import logging
from datetime import timedelta
from io import BytesIO
from typing import Any

import pytest
from django.db import OperationalError, connection

from tests.gateway.sending import EVENTS, Sender, is_problem, sender
from tests.support.doors import door_client
from tests.support.events import START, crime
from trackmycrime.feed import sources
from trackmycrime.feed.contract import BATCH, LINES, MOST_BYTES, SINGLE
from trackmycrime.feed.models import Event, Token
from trackmycrime.gateway import urls
from trackmycrime.kernel.clock import utc_now

pytestmark = pytest.mark.django_db


@pytest.fixture
def niche() -> Sender:
    return sender()


GOOD = json.dumps(crime("52/1", 1)).encode()

BODIES: list[tuple[int, str, bytes, dict[str, str], str]] = [
    (400, BATCH, b" ", {}, "line 1, column 2"),
    (400, BATCH, b"[" + GOOD + b",]", {}, "line 1"),
    (400, BATCH, b'["Caf\xe9"]', {}, "byte 6"),
    (400, BATCH, b"\xef\xbb\xbf[]", {}, "byte order mark"),
    (400, BATCH, b'["a\0b"]', {}, "column"),
    (400, BATCH, b"[" * 100_000, {}, "deeply"),
    (400, LINES, GOOD + b'\n{"id": "2', {}, "line 2"),
    (400, BATCH, b"[]", {"Content-Encoding": "gzip"}, "gzip"),
    (400, BATCH, gzip.compress(b"[" + GOOD + b"]")[:-9], {"Content-Encoding": "gzip"}, "cut off"),
    (413, BATCH, b"[" + b" " * (6 * 1024 * 1024) + b"]", {}, "5 MiB"),
    (413, BATCH, gzip.compress(b" " * (MOST_BYTES + 1)), {"Content-Encoding": "gzip"}, "5 MiB"),
    (413, LINES, (GOOD + b"\n") * 1_001, {}, "1,000"),
    (415, "application/json", b"[]", {}, BATCH),
    (415, "", b"[]", {}, BATCH),
    (415, BATCH, b"[]", {"Content-Encoding": "br"}, "gzip"),
    (422, BATCH, GOOD, {}, "array"),
    (422, SINGLE, b"[" + GOOD + b"]", {}, "object"),
]


@pytest.mark.parametrize(("status", "content_type", "raw", "headers", "said"), BODIES)
def test_a_body_that_is_not_what_it_says(
    niche: Sender, status: int, content_type: str, raw: bytes, headers: dict[str, str], said: str
) -> None:
    is_problem(niche.post(raw, content_type, **headers), status, said)
    assert Event.objects.count() == 0


def test_a_body_over_the_limit_is_not_read(niche: Sender) -> None:
    class Never:
        def read(self, *_: Any) -> bytes:
            raise AssertionError("was read")

        readline = read

    response = niche.client.request(
        REQUEST_METHOD="POST",
        PATH_INFO=EVENTS,
        CONTENT_TYPE=BATCH,
        CONTENT_LENGTH=str(MOST_BYTES + 1),
        HTTP_AUTHORIZATION=f"Bearer {niche.token}",
        **{"wsgi.input": Never()},
    )
    is_problem(response, 413)


def test_a_body_that_ends_early_is_not_taken(niche: Sender) -> None:
    response = niche.client.request(
        REQUEST_METHOD="POST",
        PATH_INFO=EVENTS,
        CONTENT_TYPE=LINES,
        CONTENT_LENGTH=str(2 * len(GOOD)),
        HTTP_AUTHORIZATION=f"Bearer {niche.token}",
        **{"wsgi.input": BytesIO(GOOD)},
    )
    is_problem(response, 400, "ended before")
    assert Event.objects.count() == 0


@pytest.mark.parametrize("path", [EVENTS, "/api/feed/v1/whoami"])
@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        "Bearer tmc_",
        "Bearer x\u00e9",
        f"Bearer {'x' * 10_000}",
        f"Bearer tmc_{'A' * 43}",
    ],
)
def test_a_token_that_does_not_count(niche: Sender, path: str, header: str | None) -> None:
    headers = {} if header is None else {"Authorization": header}
    response = niche.client.generic(
        "GET" if path.endswith("whoami") else "POST", path, b"[]", content_type=BATCH, headers=headers
    )
    is_problem(response, 401)
    assert response.headers["WWW-Authenticate"].startswith("Bearer ")


def test_every_address_asks_for_a_token_but_those_that_say_nothing() -> None:
    """Deny by default: an address that is added here without a thought fails this."""
    described = ("openapi.json", "asyncapi.json", "schemas/index.json", "schemas/crime.changed.json")
    public = {*(f"/api/feed/v1/{name}" for name in described), "/healthz"}
    for pattern in urls.urlpatterns:
        path = f"/{pattern.pattern}".replace("<str:type_>", "crime.changed")
        answers = [door_client("gateway").generic(method, path) for method in ("GET", "POST")]
        told = {response.status_code for response in answers}
        if path.startswith("/receipts/"):
            assert told <= {401, 405}, path
            assert 401 in told, path
            continue
        assert told == ({200, 405} if path in public else {401, 405}), path


def test_a_revoked_token_is_refused_at_once_and_for_good(niche: Sender) -> None:
    assert niche.send(crime("52/1", 1))[0]["status"] == "applied"
    assert sources.revoke(niche.source, now=utc_now())
    response = niche.post([crime("52/2", 1)])
    is_problem(response, 401)
    assert 'error="invalid_token"' in response.headers["WWW-Authenticate"]
    assert Event.objects.count() == 1
    niche.source.refresh_from_db()
    with pytest.raises(sources.CannotDo):
        sources.rotate(niche.source, keep=timedelta(0), now=utc_now())


def test_rotating_lets_both_in_for_a_while(niche: Sender) -> None:
    old = niche.token
    new = sources.rotate(niche.source, keep=timedelta(hours=1), now=utc_now())
    for token in (old, new):
        niche.token = token
        assert niche.get().status_code == 200
    Token.objects.filter(expires_at__isnull=False).update(expires_at=utc_now())
    niche.token = old
    is_problem(niche.get(), 401)
    niche.token = sources.rotate(niche.source, keep=timedelta(0), now=utc_now())
    assert niche.get().status_code == 200
    niche.token = new
    is_problem(niche.get(), 401)


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("GET", EVENTS, "POST"),
        ("PUT", EVENTS, "POST"),
        ("OPTIONS", EVENTS, "POST"),
        ("POST", "/api/feed/v1/whoami", "GET, HEAD"),
        ("DELETE", "/api/feed/v1/openapi.json", "GET, HEAD"),
        ("POST", "/healthz", "GET, HEAD"),
    ],
)
def test_another_method(niche: Sender, method: str, path: str, allowed: str) -> None:
    response = niche.client.generic(method, path, headers={"Authorization": f"Bearer {niche.token}"})
    is_problem(response, 405)
    assert response.headers["Allow"] == allowed


@pytest.mark.parametrize(
    "path", ["/", "/api/feed/v1/events/", "/api/feed/v1", "/api/feed/v2/events", "/%00", "/é"]
)
def test_another_address(path: str) -> None:
    is_problem(door_client("gateway").get(path), 404)


@pytest.mark.parametrize(
    "query", ["?validate=yes", "?validate", "?Validate=true", "?validate=true&x=1", "?%00=%ff"]
)
def test_a_query_that_is_not_understood_is_not_ignored(niche: Sender, query: str) -> None:
    """Whoever meant to check and mistyped must not have stored."""
    is_problem(niche.post([crime("52/1", 1)], query=query), 400, "validate")
    assert Event.objects.count() == 0


def test_a_busy_database_is_503_and_nothing_is_taken(niche: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lock of the force is held by another session for longer than a delivery waits."""
    monkeypatch.setattr("trackmycrime.gateway.feed.LOCK_SECONDS", "0.2")
    other = connection.copy()
    try:
        with other.cursor() as cursor:
            cursor.execute("select pg_advisory_lock(1, %s)", [niche.force.pk])
        response = niche.post([crime("52/1", 1)])
    finally:
        other.close()
    is_problem(response, 503, "Nothing was taken")
    assert int(response.headers["Retry-After"]) > 0
    assert Event.objects.count() == 0
    assert niche.send(crime("52/1", 1))[0]["status"] == "applied"


def test_a_fault_of_ours_is_500_says_nothing_and_logs_no_value(
    niche: Sender, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: Any, **__: Any) -> None:
        with connection.cursor() as cursor:
            cursor.execute("select 'SECRET'::int")

    monkeypatch.setattr("trackmycrime.gateway.feed.take_events", fails)
    with caplog.at_level(logging.DEBUG):
        response = niche.post([crime("52/1", 1, place="SECRET")])
    is_problem(response, 500)
    assert b"SECRET" not in response.content
    assert "a request failed: DataError because of InvalidTextRepresentation" in caplog.text
    assert "SECRET" not in caplog.text


def test_a_database_that_is_away_is_503(niche: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    def away(*_: Any, **__: Any) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(sources, "find", away)
    for response in (niche.get(), niche.post([])):
        is_problem(response, 503)
        assert response.headers["Retry-After"]


def test_no_answer_is_a_page_or_is_kept(niche: Sender) -> None:
    for response in (niche.get("/"), niche.get(), niche.post([]), niche.post(b"x"), niche.get("/healthz")):
        assert "html" not in response.headers["Content-Type"]
        assert response.headers["Cache-Control"] == "no-store"
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in response.headers
    assert niche.get("/healthz").json() == {"status": "ok"}


def test_a_token_is_not_stored(niche: Sender) -> None:
    with connection.cursor() as cursor:
        cursor.execute("select t::text from feed_token t")
        row = cursor.fetchone()[0]
    assert niche.token not in row
    assert niche.token.encode().hex() not in row
    niche.get()
    used = Token.objects.get().last_used_at
    assert used is not None
    assert used > START
