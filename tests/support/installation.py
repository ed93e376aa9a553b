"""A whole installation as a force runs it, with a mail server and a text gateway of the test behind it."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psycopg

from tests.delivery.counterparts import Gateway, Mail, MailServer, mail_server, text_gateway
from tests.support.events import AT_ANY_HOUR
from tests.support.processes import eventually
from tests.support.ready import copy_data
from tests.support.serving import Serving
from trackmycrime.ops.embedded import record

SECONDS = 90.0
"""«Within seconds», on a machine that does other things too."""
FEED = "/api/feed/v1/events"


@contextmanager
def data_folder() -> Iterator[Path]:
    """A data folder with all tables and nothing in them, below a folder of mode 0755; gone afterwards."""
    above = Path(tempfile.mkdtemp(prefix="tmc-j-"))
    above.chmod(0o755)
    try:
        copy_data(above / "data")
        yield above / "data"
    finally:
        shutil.rmtree(above, ignore_errors=True)


@dataclass
class Installation:
    """What runs, and who is behind it. `tokens` are the records systems' by the slug of their force."""

    serving: Serving
    mail: MailServer
    text: Gateway
    tokens: dict[str, str] = field(default_factory=dict)

    def add_force(
        self, slug: str, name: str, languages: str = "en", name_cy: str = "", live_from: str = "always"
    ) -> None:
        """A force with one records system, by the commands that an administrator uses."""
        words = ["--name", name, "--languages", languages]
        self.serving.command("force", "add", slug, *words, *(["--name-cy", name_cy] if name_cy else []))
        self.serving.command("force", "set", slug, *(f"{key}={value}" for key, value in AT_ANY_HOUR.items()))
        self.tokens[slug] = self.serving.json("source", "add", slug, "Niche", "--live-from", live_from)[
            "token"
        ]

    def add_officer(self, slug: str, email: str, role: str = "officer") -> str:
        """A login for the desk; gives the link to set it up."""
        return str(self.serving.json("officer", "add", slug, email, "--role", role)["setup_url"])

    def post(self, slug: str, *events: Any) -> list[str]:
        """Send events as the force's records system; their results, by one word each."""
        answer = httpx.post(
            self.serving.gateway + FEED,
            json=list(events),
            headers={
                "Authorization": f"Bearer {self.tokens[slug]}",
                "Content-Type": "application/cloudevents-batch+json",
            },
            timeout=30,
            trust_env=False,
        )
        assert answer.status_code == 200, answer.text
        return [result["status"] for result in answer.json()["results"]]

    def send(self, slug: str, *events: Any) -> None:
        """The same, for events that must all be taken."""
        assert set(self.post(slug, *events)) == {"applied"}

    def mails_to(self, address: str) -> list[Mail]:
        return [mail for mail in self.mail.mails if mail.to == address]

    def wait_for_mail(self, address: str, number: int) -> Mail:
        """The `number`-th mail to this address; no more than these may be there."""
        eventually(lambda: len(self.mails_to(address)) >= number, SECONDS, f"mail {number} to {address}")
        found = self.mails_to(address)
        assert len(found) == number, [str(mail.message["Subject"]) for mail in found]
        return found[-1]

    def wait_for_code(self, mobile: str, number: int = 1) -> str:
        """The six numbers of the `number`-th text to this mobile."""
        eventually(lambda: len(self.texts_to(mobile)) >= number, SECONDS, f"text {number} to {mobile}")
        found = re.search(r"\b\d{6}\b", self.texts_to(mobile)[number - 1])
        assert found, self.texts_to(mobile)
        return found.group()

    def texts_to(self, mobile: str) -> list[str]:
        return [text["text"] for text in self.text.texts if text["to"] == mobile]

    def rows(self, query: str, *values: Any) -> list[tuple[Any, ...]]:
        """What the owner's login finds in the database."""
        return rows(self.serving.data, query, *values)


def rows(data: Path, query: str, *values: Any) -> list[tuple[Any, ...]]:
    """What the owner's login finds in the embedded database of a running installation."""
    running = record.read(data)
    assert running is not None
    password = (data / "keys" / "owner.password").read_text().strip()
    with psycopg.connect(running.address.url(f"{running.prefix}owner", password)) as connection:
        return connection.execute(query, values).fetchall()


@contextmanager
def counterparts() -> Iterator[tuple[MailServer, Gateway]]:
    """The mail server and the text gateway."""
    with mail_server() as mail, text_gateway() as text:
        yield mail, text


@contextmanager
def installation() -> Iterator[Installation]:
    """`trackmycrime serve` on an own data folder, with its counterparts."""
    with counterparts() as behind, data_folder() as folder, started(folder, behind) as running:
        yield running
        running.serving.end()


@contextmanager
def started(folder: Path, behind: tuple[MailServer, Gateway], **settings: str) -> Iterator[Installation]:
    """`trackmycrime serve` on this folder, ready; killed when the block ends, if it still runs."""
    mail, text = behind
    settings = {"TMC_EMAIL_URL": mail.url, "TMC_TEXT_URL": text.url} | settings
    with Serving(folder, settings=settings) as serving:
        yield Installation(serving.ready(), mail, text)


def now() -> datetime:
    return datetime.now(UTC)


def plain(mail: Mail) -> str:
    """All words of a mail: its subject and every part of it that can be read."""
    parts = [part.get_content() for part in mail.message.walk() if part.get_content_maintype() == "text"]  # type: ignore[attr-defined]
    return "\n".join([str(mail.message["Subject"]), *parts])


def links(mail: Mail) -> set[str]:
    """Everything in a mail that a program would make a link of."""
    return {link.rstrip(".") for link in re.findall(r"https?://[^\s<>\"]+", plain(mail))}
