"""What arrived at the demo's mail server and text gateway: kept in memory and in one file of the data folder."""

from __future__ import annotations

import json
import os
import threading
from collections import deque
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email import message_from_bytes, policy
from pathlib import Path

MOST = 3000
"""So many letters are kept; the oldest go first."""


@dataclass(frozen=True)
class Arrived:
    """One email or text as it arrived."""

    number: int
    kind: str
    to: str
    subject: str
    body: str
    at: str


class Post:
    """All that arrived, newest last. Safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._arrived: deque[Arrived] = deque(maxlen=MOST)
        kept = path.read_text(encoding="utf-8", errors="replace") if path.exists() else ""
        for line in kept.splitlines():
            try:
                self._arrived.append(Arrived(**json.loads(line)))
            except (ValueError, TypeError):
                continue  # the demo was ended while it wrote this line
        self._file = os.fdopen(
            os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "a", encoding="utf-8"
        )
        if kept and not kept.endswith("\n"):
            self._file.write("\n")

    def text(self, asked: Mapping[str, object]) -> int:
        """Take a text message; its number."""
        return self._take("text", str(asked["to"]), "", str(asked["text"]))

    def mail(self, to: str, content: bytes) -> int:
        """Take an email for one recipient; its number."""
        message = message_from_bytes(content, policy=policy.default)
        part = message.get_body(("plain",))
        body = part.get_content() if part else ""
        return self._take("email", to, str(message.get("Subject", "")), str(body).replace("\r\n", "\n"))

    def newest(self, *, to: Collection[str] = (), before: int | None = None, most: int = 40) -> list[Arrived]:
        """The newest letters first, of some addresses or of all, older than a number where that is given."""
        with self._lock:
            found = [
                each
                for each in reversed(self._arrived)
                if (not to or each.to in to) and (before is None or each.number < before)
            ]
        return found[:most]

    def _take(self, kind: str, to: str, subject: str, body: str) -> int:
        with self._lock:
            number = self._arrived[-1].number + 1 if self._arrived else 1
            arrived = Arrived(
                number, kind, to, subject, body, datetime.now(UTC).isoformat(timespec="seconds")
            )
            self._arrived.append(arrived)
            self._file.write(json.dumps(asdict(arrived), ensure_ascii=False) + "\n")
            self._file.flush()
        return number
