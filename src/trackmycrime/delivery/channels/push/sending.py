"""The channel. A push service answers 201 (it has it), 404 or 410 (that browser is not there any more, and never will
be again), 413 (too long), 429 with Retry-After, 5xx; nothing else that it says is believed: redirects are not followed,
and of what it answers only the status and two headers are read.

`never gone`: whoever keeps the subscription must forget it. 403 is «not signed by whom this browser subscribed to», so
it is never too; 401 is about our signature, so it is later. (pywebpush encrypts, py-vapid below it signs; sending is
httpx, because pywebpush's own follows redirects.)
"""

import json
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.letters import GONE, Letter, Outcome

from .subscription import WrongSubscription, read
from .vapid import public_key

KEPT = timedelta(hours=72)
"""How long a push service keeps it for a phone that is off: as long as an alert is tried at all"""
PADDED = 512
"""Every message is as long as every other, so that its length says nothing to the push service."""
TOPIC = "news"
"""The same for all: what a phone has not fetched yet is replaced by what comes later, so one that was off shows one."""
_SIGNED = 12 * 3600
_NOT_ABOUT_THE_LETTER = frozenset({401, 407, 408, 425, 429})
_MOST_OF_AN_ANSWER = 64 * 1024
_LONGEST_WAIT = timedelta(hours=6)
_PLAIN = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class _Parts:
    client: httpx.Client
    key: Any
    encrypt: Any


class PushChannel(Channel):
    """Sends to any of the push services, on kept connections."""

    def __init__(
        self,
        private_key: str,
        subject: str,
        hosts: frozenset[str] = frozenset(),
        *,
        connect_timeout: float = 5.0,
        timeout: float = 20.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`subject` is whom a push service may write to (``mailto:…`` or ``https://…``), `hosts` what is allowed beside
        the known services. Raises ValueError for a key or a subject that is none."""
        public_key(private_key)
        if urlsplit(subject).scheme not in ("mailto", "https"):
            raise ValueError("TMC_VAPID_SUBJECT is like mailto:someone@example.org, or https://example.org")
        self._private_key, self._subject, self._hosts = private_key, subject, hosts
        self._timeout = httpx.Timeout(timeout, connect=connect_timeout)
        self._clock = clock
        self._signed: dict[str, tuple[float, str]] = {}
        self._made: _Parts | None = None

    def send(self, letter: Letter) -> Outcome:
        """Try once."""
        try:
            to = read(letter.address, self._hosts)
        except WrongSubscription:
            return Outcome("never", "not a push service")
        said = {"title": letter.subject or "", "body": letter.body, "lang": letter.language.partition("+")[0]}
        words = json.dumps(said, ensure_ascii=False).encode()
        words += b" " * (-len(words) % PADDED)
        headers = {
            "User-Agent": "TrackMyCrime",
            "Authorization": self._authorization(to.origin),
            "Content-Encoding": "aes128gcm",
            "Content-Type": "application/octet-stream",
            "TTL": str(self._seconds(to.until)),
            "Topic": TOPIC,
            "Urgency": "high",
        }
        try:
            body = self._parts.encrypt(to.keys).encode(words)["body"]
            with self._parts.client.stream("POST", to.endpoint, content=body, headers=headers) as answer:
                self._pass_over(answer)
                return self._read(answer)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Outcome("later", "connect-failed")
        except (httpx.WriteError, httpx.WriteTimeout):
            return Outcome("later", "write-failed")
        except httpx.ReadTimeout:
            return Outcome("unclear", "timeout")
        except (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError):
            return Outcome("unclear", "lost")

    def close(self) -> None:
        """Let the connections go."""
        if self._made:
            self._made.client.close()

    @property
    def _parts(self) -> "_Parts":
        """What it stands on, made for the first push: many workers never send one, and this takes most of a second."""
        if self._made is None:
            from py_vapid import Vapid02
            from pywebpush import WebPusher

            client = httpx.Client(follow_redirects=False, trust_env=False, timeout=self._timeout)
            self._made = _Parts(client, Vapid02.from_string(self._private_key), WebPusher)
        return self._made

    def _seconds(self, until: datetime | None) -> int:
        """For how long the push service may keep it. 0: now or never."""
        longest = int(KEPT.total_seconds())
        return longest if until is None else max(0, min(longest, int(until.timestamp() - self._clock())))

    def _authorization(self, origin: str) -> str:
        now = self._clock()
        good_until, header = self._signed.get(origin, (0.0, ""))
        if good_until < now:
            claims = {"aud": origin, "sub": self._subject, "exp": int(now) + _SIGNED}
            header = self._parts.key.sign(claims)["Authorization"]
            self._signed[origin] = (now + _SIGNED / 2, header)
        return header

    def _pass_over(self, answer: httpx.Response) -> None:
        """Read to the end of an answer that is short, so that the connection can be used again; leave a long one."""
        taken = 0
        for part in answer.iter_raw():
            taken += len(part)
            if taken > _MOST_OF_AN_ANSWER:
                return

    def _read(self, answer: httpx.Response) -> Outcome:
        code = answer.status_code
        if 200 <= code < 300:
            return Outcome("accepted", str(code), _name(answer.headers.get("Location", "")))
        if code in (404, 410):
            return Outcome("never", GONE)
        if code in _NOT_ABOUT_THE_LETTER or code >= 500:
            return Outcome(
                "later", str(code), wait=_wait(answer.headers.get("Retry-After", ""), self._clock())
            )
        return Outcome("never", str(code))


def _name(location: str) -> str:
    """What the push service calls the message: the path of the address where it keeps it, without its host."""
    try:
        path = urlsplit(location).path.strip("/")[-200:]
    except ValueError:
        return ""
    return path if _PLAIN.fullmatch(path) else ""


def _wait(said: str, now: float) -> timedelta | None:
    """How long it asks to be left alone: seconds, or a moment; at most some hours."""
    try:
        if said.isdecimal():
            wait = timedelta(seconds=int(said[:9]))
        else:
            wait = parsedate_to_datetime(said).astimezone(UTC) - datetime.fromtimestamp(now, UTC)
    except (ValueError, TypeError, OverflowError):
        return None
    return min(wait, _LONGEST_WAIT) if wait > timedelta(0) else None
