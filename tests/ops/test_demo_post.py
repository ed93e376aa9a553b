"""The demo's mailbox: what arrives by mail and text is shown as it came, harmless, and kept."""

from __future__ import annotations

import json
import re
import smtplib
import socket
import threading
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from trackmycrime.kernel.clock import utc_now
from trackmycrime.ops.demo import pages, postroom, showcase
from trackmycrime.ops.demo.post import MOST, Arrived, Post
from trackmycrime.ops.demo.told import CODE, LINK, Told
from trackmycrime.people.factors import code_app

LINE = "http://127.0.0.1:8000/start/" + "a" * 32


def listening() -> socket.socket:
    """A listening socket, as the demo opens them."""
    found = socket.socket()
    found.bind(("127.0.0.1", 0))
    found.listen()
    return found


@pytest.fixture
def post(tmp_path: Path) -> Post:
    """An empty post."""
    return Post(tmp_path / "post.ndjson")


@pytest.fixture
def web(post: Post, monkeypatch: pytest.MonkeyPatch) -> Iterator[httpx.Client]:
    """The text gateway and the page, without a database behind them."""
    monkeypatch.setattr(postroom, "_told", lambda body: None)
    listener = listening()
    threading.Thread(target=postroom._serve_web, args=(listener, post), daemon=True).start()
    with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", trust_env=False) as client:
        yield client


@pytest.fixture
def mail(post: Post) -> int:
    """The port of the mail server."""
    import asyncio

    listener = listening()
    threading.Thread(target=lambda: asyncio.run(postroom._serve_mail(listener, post)), daemon=True).start()
    return int(listener.getsockname()[1])


def test_the_codes_of_the_officers_apps_are_shown(web: httpx.Client) -> None:
    before = code_app.code_at(showcase.APP_SECRET, utc_now())
    page = web.get("/codes").text
    shown = re.search(r'tmc-code">(\d{3}) (\d{3})<', page)
    assert shown
    assert "".join(shown.groups()) in (before, code_app.code_at(showcase.APP_SECRET, utc_now()))
    assert 'href="/codes"' in web.get("/").text


def test_a_mail_in_welsh_arrives_word_for_word(post: Post, mail: int) -> None:
    message = EmailMessage()
    message["From"], message["To"] = "no-reply@trackmycrime.invalid", "sian@example.org"
    message["Subject"] = "Gallwch ddilyn eich achos: tŷ"
    message.set_content(f"Mae’r ddolen yma:\n\n{LINE}\n")
    with smtplib.SMTP("127.0.0.1", mail) as server:
        server.send_message(message)
    (arrived,) = post.newest()
    assert (arrived.kind, arrived.to, arrived.subject) == ("email", "sian@example.org", message["Subject"])
    assert arrived.body == f"Mae’r ddolen yma:\n\n{LINE}\n"


def test_a_text_arrives_and_is_answered_with_an_id(post: Post, web: httpx.Client) -> None:
    answer = web.post("/text", json={"to": "+447700900103", "text": "Police: 123456", "reference": "x"})
    assert (answer.status_code, answer.json()) == (200, {"id": "text-1"})
    assert post.newest(to=["+447700900103"])[0].body == "Police: 123456"


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"to": "x"}'])
def test_a_text_that_is_none_is_refused(web: httpx.Client, content: bytes) -> None:
    assert web.post("/text", content=content).status_code == 400


def test_what_arrived_is_there_after_a_restart_and_a_half_written_line_hurts_nobody(
    post: Post, tmp_path: Path
) -> None:
    post.text({"to": "1", "text": "one"})
    with (tmp_path / "post.ndjson").open("a") as file:
        file.write('{"number": 2, "ki')
    again = Post(tmp_path / "post.ndjson")
    assert [arrived.body for arrived in again.newest()] == ["one"]
    assert (tmp_path / "post.ndjson").stat().st_mode & 0o777 == 0o600
    again.text({"to": "1", "text": "two"})
    assert [arrived.body for arrived in Post(tmp_path / "post.ndjson").newest()] == ["two", "one"]


def test_the_page_shows_the_newest_first_and_filters_by_address(post: Post, web: httpx.Client) -> None:
    for number in range(50):
        post.text({"to": f"+44770090010{number % 2}", "text": f"letter {number}."})
    page = web.get("/").text
    assert page.index("letter 49.") < page.index("letter 10.")
    assert "letter 9." not in page
    assert '<meta http-equiv="refresh"' in page
    older = web.get("/?before=11").text
    assert "letter 9." in older
    assert "refresh" not in older
    mine = web.get("/", params={"to": "+447700900101"}).text
    assert "letter 49." in mine
    assert "letter 48." not in mine
    assert "refresh" not in web.get("/?still=1").text
    assert web.get("/?before=x&to=&to=&to=").status_code == 200


def test_nothing_that_arrives_becomes_markup(web: httpx.Client) -> None:
    nasty = '<script>alert(1)</script> "\' & http://x/?a=1&b="onmouseover=alert(1) javascript:alert(1)'
    web.post("/text", json={"to": nasty, "text": nasty})
    answer = web.get("/", params={"to": nasty})
    assert "<script" not in answer.text
    assert 'b="onmouseover' not in answer.text
    assert 'href="javascript' not in answer.text
    assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert " style=" not in answer.text


def test_links_in_letters_can_be_followed_and_end_where_they_end() -> None:
    assert pages.linked(f"Use {LINE}.") == f'Use <a class="govuk-link" href="{LINE}">{LINE}</a>.'
    assert pages.linked("a\n<b>") == "a<br>\n&lt;b&gt;"


def test_beside_an_invitation_stands_what_the_officer_told() -> None:
    def page(kind: str, usable: bool) -> str:
        letters = [Arrived(1, kind, "a@example.org", "", LINE, "2026-11-24T12:00:00+00:00")]
        told = Told("Alex <Morgan>", "YNQJ-JFTT", usable)
        return pages.mailbox(
            letters, lambda body: told, to=(), still=False, start_here=(), portal="http://p:1", more=False
        )

    assert "What the officer told Alex &lt;Morgan&gt;" in page("email", True)
    assert "YNQJ-JFTT" in page("email", True)
    assert 'href="http://p:1/start/"' in page("text", True)
    assert "YNQJ-JFTT" not in page("email", False)


def test_invitations_are_known_by_their_link_or_code() -> None:
    assert LINK.search(LINE)
    assert CODE.search("type this code: WQ7G-7FQW-KHND. It works")
    assert not CODE.search("your code is 123456")


def test_only_the_design_is_served(web: httpx.Client) -> None:
    for name in ("look.css", "vendor/govuk-frontend.css", "mailbox.css", "icon.svg"):
        assert web.get(f"/look/{name}").status_code == 200
    for name in ("../../ops/cli.py", "page.js", "%2e%2e/x.css", "", "nothing.css"):
        assert web.get(f"/look/{name}").status_code == 404
    assert web.get("/elsewhere").status_code == 404


def test_the_oldest_go_when_there_are_too_many(tmp_path: Path) -> None:
    lines = (
        json.dumps({"number": n, "kind": "text", "to": "1", "subject": "", "body": "", "at": ""})
        for n in range(1, MOST + 11)
    )
    (tmp_path / "post").write_text("\n".join(lines) + "\n")
    post = Post(tmp_path / "post")
    assert len(post.newest(most=MOST * 2)) == MOST
    assert post.text({"to": "1", "text": "x"}) == MOST + 11
