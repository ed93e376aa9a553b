"""The gateway as those who send meet it: who am I, and here are events.

Everything that passes (a busy gateway, a lost connection) is tried again with growing waits, as long as
the patience lasts: sending a delivery twice is safe, because the gateway knows what it has.
"""

from __future__ import annotations

import gzip
import json
import random
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx

STATUSES = ("applied", "duplicate", "superseded", "quarantined")

_PATH = "/api/feed/v1"
_PASSING = frozenset({429, 500, 502, 503, 504})
_UNREADABLE = frozenset({400, 413, 422})
_LONGEST_WAIT = 30.0
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


class Away(Exception):
    """The gateway cannot be reached, or answers what is not its contract; the message says what.

    `after` is how many seconds it asks to wait, if it does; `status` is its answer's, 0 without one.
    """

    def __init__(self, why: str, *, after: float | None = None, status: int = 0) -> None:
        super().__init__(why)
        self.after = after
        self.status = status


class Denied(Exception):
    """The gateway knows the token not, or not for this."""


class Unreadable(Exception):
    """The gateway could not read a delivery and took nothing of it; `problem` is its RFC 9457 answer."""

    def __init__(self, problem: dict[str, Any]) -> None:
        super().__init__(str(problem.get("detail") or problem.get("title") or "unreadable"))
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one event."""

    status: str
    problem: dict[str, Any] | None


@dataclass
class Gateway:
    """A kept connection to one gateway as one source. `patience` is how long to wait for it, in seconds.

    `tell` is told, in a sentence, when it has to be waited for. `trusted` says which certificates are believed, and
    with which of our own we show who we are; without it, those of the machine.
    """

    url: str
    token: str = field(repr=False)
    patience: float = 300.0
    tell: Callable[[str], None] = lambda _: None
    name: str = "trackmycrime-push"
    timeout: float = 60.0
    trusted: ssl.SSLContext | None = None

    def __post_init__(self) -> None:
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("it must be an http or https address, for example http://127.0.0.1:8002")
        self.base = self.url.rstrip("/").removesuffix("/events").removesuffix(_PATH)
        self._stopped = threading.Event()
        self._client = httpx.Client(
            timeout=httpx.Timeout(self.timeout, connect=min(10.0, self.timeout)),
            verify=self.trusted or True,
            headers={"Authorization": f"Bearer {self.token}", "User-Agent": self.name},
            # A proxy of the environment is right for a gateway far away, and wrong for one on this machine.
            trust_env=parts.hostname not in _LOOPBACK,
        )

    @property
    def open_wire(self) -> bool:
        """Whether the token would cross a network unencrypted."""
        parts = urlsplit(self.base)
        return parts.scheme == "http" and parts.hostname not in _LOOPBACK

    def stop(self) -> None:
        """Wait for nothing more; whoever waits gets Away. May be called from another thread."""
        self._stopped.set()

    def close(self) -> None:
        """Let the connection go."""
        self._client.close()

    def whoami(self) -> dict[str, Any]:
        """Force, source, scopes and live_from of the token. Raises Away and Denied."""
        answer = self._ask("GET", "/whoami")
        if not isinstance(answer, dict):
            raise Away("the gateway's whoami is not a JSON object")
        return answer

    def state(self, *, page: int = 1000) -> Iterator[list[dict[str, Any]]]:
        """What is known of this source's entities, page by page. Raises Away, Denied and Unreadable."""
        after = ""
        while True:
            answer = self._ask("GET", f"/state?limit={page}" + (f"&after={after}" if after else ""))
            if not isinstance(answer, dict) or not isinstance(answer.get("entities"), list):
                raise Away("the gateway's state is not what its contract says")
            yield answer["entities"]
            if not (after := answer.get("next") or ""):
                return

    def send(
        self, ids: Sequence[str | None], lines: Sequence[bytes], *, validate: bool = False
    ) -> list[Result]:
        """Send one delivery; one result per event, in order. Raises Away, Denied and Unreadable.

        `ids` are the events' ids as far as they are known, to check that the answer is about them. With `validate`
        the gateway says what it would answer, and keeps nothing.
        """
        body = gzip.compress(b"\n".join(lines) + b"\n", compresslevel=1, mtime=0)
        headers = {"Content-Type": "application/x-ndjson", "Content-Encoding": "gzip"}
        answer = self._ask("POST", "/events?validate=true" if validate else "/events", headers, body)
        results = answer.get("results") if isinstance(answer, dict) else None
        if not isinstance(results, list) or len(results) != len(lines):
            raise Away(f"the gateway did not answer for each of the {len(lines)} events of a delivery")
        return [_result(result, id_) for result, id_ in zip(results, ids, strict=True)]

    def returns(self, *, limit: int, types: Sequence[str] = ()) -> dict[str, Any]:
        """A page of what victims did, after what was acknowledged last. Raises Away, Denied and Unreadable."""
        wanted = f"&types={','.join(types)}" if types else ""
        page = self._ask("GET", f"/returns?limit={limit}{wanted}")
        if not isinstance(page, dict):
            raise Away("the gateway's page of returns is not a JSON object")
        return page

    def acknowledge(self, cursor: str) -> None:
        """Say that every return up to this cursor is safe. Raises Away, Denied and Unreadable."""
        body = json.dumps({"cursor": cursor}).encode()
        self._ask("POST", "/returns/ack", {"Content-Type": "application/json"}, body)

    def _ask(
        self, method: str, path: str, headers: dict[str, str] | None = None, body: bytes | None = None
    ) -> Any:
        waited, tries = 0.0, 0
        while True:
            try:
                response = self._client.request(
                    method, self.base + _PATH + path, headers=headers, content=body
                )
            except httpx.TransportError as error:
                why, ask, status = f"no answer from {self.base} ({type(error).__name__})", None, 0
            else:
                if response.status_code not in _PASSING:
                    return _read(response)
                why = f"{self.base} answered {response.status_code}"
                ask, status = _retry_after(response), response.status_code
            wait = growing(tries) if ask is None else ask
            if waited + wait > self.patience:
                gave_up = (
                    f"; gave up after {waited:.0f} seconds and {tries + 1} tries" if self.patience else ""
                )
                raise Away(why + gave_up, after=ask, status=status)
            self.tell(f"{why}; next try in {wait:.1f} seconds")
            if self._stopped.wait(wait):
                raise Away("stopped")
            waited += wait
            tries += 1


def growing(tries: int, most: float = _LONGEST_WAIT) -> float:
    """Half a second, doubled each time, up to `most`, so spread that many senders do not march in step."""
    return min(most, 0.5 * 2.0 ** min(tries, 16)) * random.uniform(0.75, 1.25)  # noqa: S311 (spreads tries; hides nothing)


def _retry_after(response: httpx.Response) -> float | None:
    """Seconds that the gateway asks to wait (RFC 9110 section 10.2.3), None where it asks nothing sensible."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(min(int(text[:9]), 10**6))
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _read(response: httpx.Response) -> Any:
    code = response.status_code
    if code in (401, 403):
        raise Denied(_detail(response) or f"the gateway answered {code}")
    if code in _UNREADABLE:
        raise Unreadable(_problem(response))
    if code != 200:
        raise Away(f"the gateway answered {code}: {_detail(response) or response.reason_phrase}")
    try:
        return response.json()
    except ValueError:
        raise Away("the gateway's answer is not JSON; is this the address of a gateway?") from None


def _problem(response: httpx.Response) -> dict[str, Any]:
    try:
        problem = json.loads(response.content)
    except ValueError:
        problem = None
    return problem if isinstance(problem, dict) else {"status": response.status_code}


def _detail(response: httpx.Response) -> str:
    problem = _problem(response)
    return str(problem.get("detail") or problem.get("title") or "")[:300]


def _result(result: Any, id_: str | None) -> Result:
    if not isinstance(result, dict) or result.get("status") not in STATUSES:
        raise Away("the gateway answered with a status that the contract does not have")
    if None not in (id_, result.get("id")) and str(result["id"]).strip() != str(id_).strip():
        raise Away("the gateway answered for another event than the one sent")
    problem = result.get("problem")
    return Result(result["status"], problem if isinstance(problem, dict) else None)
