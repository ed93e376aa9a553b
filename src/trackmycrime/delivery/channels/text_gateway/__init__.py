"""Text messages over a gateway's plain HTTP interface, as its mapping (`mapping`, `ready/*.toml`) declares it.

What the answers mean is the mapping's to say; what nobody answers is the same for all: no connection, a request that
could not be written: later. No answer to a request that was written: unclear. (httpcore is what httpx stands on: a text
costs two thirds of what it costs with httpx around it.)
"""

import json
import re
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit, urlunsplit

import httpcore
import httpx

from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.letters import Letter, Outcome, Result
from trackmycrime.kernel.sms import sms_segments

from .mapping import TextGateway, at, filled

PLAIN = "plain"
"""The mapping of a gateway of one's own, which speaks our way"""
_ID = re.compile(r"[!-~]{1,200}")
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
_LONGEST_WAIT = timedelta(hours=1)
_KEPT = 5.0
"""Seconds after which a connection that nothing was sent on is not used again"""


@dataclass(frozen=True)
class Account:
    """What a gateway is told of us: the settings of one installation."""

    base: str = ""
    """The gateway's address, where it is not the mapping's; may hold ``user:password@``"""
    user: str = ""
    password: str = ""
    sender: str = ""
    neutral: str = ""
    """Whom a disguised text is from"""
    receipts: str = ""
    """The address of ours to which receipts are posted"""

    def __repr__(self) -> str:
        return f"<account at {self.base.rpartition('@')[2]}>"


class TextGatewayChannel(Channel):
    """Sends over one gateway, on kept connections."""

    def __init__(
        self,
        gateway: TextGateway,
        account: Account,
        *,
        connect_timeout: float = 5.0,
        timeout: float = 20.0,
    ) -> None:
        """Times are seconds. Raises ValueError for an account that lacks what the gateway needs, or an address that is
        none."""
        self._gateway = gateway
        self._account = account = _complete(gateway, account)
        self._values = {
            "user": account.user,
            "password": account.password,
            "receipts": account.receipts,
            "base": account.base.rstrip("/"),
        }
        self._url = self._address()
        self._headers = self._all_headers()
        self._timeouts = {"connect": connect_timeout, "write": timeout, "read": timeout, "pool": timeout}
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), keepalive_expiry=_KEPT
        )

    def send(self, letter: Letter) -> Outcome:
        """Try once."""
        if not _E164.fullmatch(letter.address):
            return Outcome("never", "not-e164")
        sender = self._account.neutral if letter.disguised else self._account.sender
        if letter.disguised and not sender:
            return Outcome("never", "no-neutral-sender")
        try:
            headers, target, body = self._written(letter, sender)
            answer = self._pool.request(
                self._gateway.request.method,
                httpcore.URL(
                    scheme=self._url.raw_scheme, host=self._url.raw_host, port=self._url.port, target=target
                ),
                headers=headers | {"Content-Length": str(len(body))},
                content=body,
                extensions={"timeout": self._timeouts},
            )
        except (httpcore.ConnectError, httpcore.ConnectTimeout, httpcore.PoolTimeout):
            return Outcome("later", "connect-failed")
        except (httpcore.WriteError, httpcore.WriteTimeout):
            return Outcome("later", "write-failed")
        except httpcore.ReadTimeout:
            return Outcome("unclear", "timeout")
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, UnicodeError):
            return Outcome("unclear", "lost")
        outcome = outcome_of(self._gateway, answer.status, answer.content)
        return replace(outcome, wait=_asked_to_wait(answer.headers)) if outcome.result == "later" else outcome

    def close(self) -> None:
        """Let the connections go."""
        self._pool.close()

    def _address(self) -> httpx.URL:
        # what is one's own goes into the address as it stands; what fills a place in it is quoted
        values = {name: quote(value, safe="") for name, value in self._values.items()}
        values["base"] = self._values["base"]
        try:
            url = httpx.URL(filled(self._gateway.request.url, values))
        except httpx.InvalidURL as wrong:
            raise ValueError(f"the text gateway's address cannot be read: {wrong}") from None
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("the text gateway's address is like https://user:password@host/path")
        return url

    def _all_headers(self) -> dict[bytes | str, bytes | str]:
        request, account = self._gateway.request, self._account
        headers: dict[bytes | str, bytes | str] = {
            "Host": self._url.netloc,
            "User-Agent": "TrackMyCrime",
            "Accept": "application/json",
        }
        if request.json is not None:
            headers["Content-Type"] = "application/json"
        elif request.form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if request.auth == "basic" and account.user:
            login = b64encode(f"{account.user}:{account.password}".encode())
            headers["Authorization"] = "Basic " + login.decode()
        elif request.auth == "bearer":
            headers["Authorization"] = f"Bearer {account.password}"
        for name, value in request.headers.items():
            headers[name] = filled(value, self._values)
        return headers

    def _written(self, letter: Letter, sender: str) -> tuple[dict[bytes | str, bytes | str], bytes, bytes]:
        """Headers, target and body of the request for this letter."""
        request = self._gateway.request
        values = self._values | {
            "to": letter.address,
            "digits": letter.address.removeprefix("+"),
            "text": letter.body,
            "reference": str(letter.id),
            "from": sender,
        }
        more = request.unicode if request.unicode and sms_segments(letter.body).encoding == "UCS-2" else {}
        said: dict[str, Any] = {**(request.json or request.form or {}), **more}
        said = filled(said, values)
        if request.json is not None:
            body = json.dumps(said, ensure_ascii=False).encode()
        else:
            body = urlencode(said).encode("ascii") if request.form is not None else b""
        query = urlencode(filled(dict(request.query), values))
        target = self._url.raw_path
        if query:
            target += (b"&" if b"?" in target else b"?") + query.encode("ascii")
        return self._headers, target, body


def outcome_of(gateway: TextGateway, status: int, body: bytes) -> Outcome:
    """What this answer of the gateway means."""
    answer = gateway.answer
    try:
        said = json.loads(body) if answer.id or answer.code else None
    except ValueError:
        said = None
    result: Result = answer.of_status(status)
    seen, nobody = "", False
    for place in answer.code:
        value = at(said, place)
        code = "" if value is None or isinstance(value, dict | list) else str(value)
        if not code:
            continue
        seen = code if _CODE.fullmatch(code) else ""
        if code in answer.codes or "*" in answer.codes:
            result = answer.codes.get(code) or answer.codes["*"]
            nobody = code in answer.no_such_number
            break
    else:
        if result == "accepted" and "accepted" in answer.codes.values():
            # it says by a code whether it took the text, and said nothing that anybody knows
            result = "unclear"
    named = at(said, answer.id) if answer.id and result == "accepted" else None
    id_ = "" if named is None else str(named)
    return Outcome(result, f"{status} {seen}".strip(), id_ if _ID.fullmatch(id_) else "", nobody=nobody)


def _asked_to_wait(headers: Sequence[tuple[bytes, bytes]]) -> timedelta | None:
    """How long a Retry-After in seconds asks for, an hour at most: a gateway is not believed that wants a week."""
    for name, value in headers:
        if name.lower() == b"retry-after" and value.isdigit():
            return min(timedelta(seconds=int(value[:9])), _LONGEST_WAIT)
    return None


def _complete(gateway: TextGateway, account: Account) -> Account:
    """The account with the login that stands in its address, and the mapping's own address where it has none."""
    base = account.base or gateway.request.base
    parts = urlsplit(base)
    if parts.username:
        base = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        account = replace(account, user=unquote(parts.username), password=unquote(parts.password or ""))
    account = replace(account, base=base)
    has = {"user": account.user, "password": account.password, "from": account.sender, "base": account.base}
    for name, meaning in gateway.needs.items():
        if not has[name]:
            raise ValueError(f"{gateway.title} needs {_SETTINGS[name]}: {meaning}")
    return account


_SETTINGS = {
    "user": "TMC_TEXT_USER",
    "password": "TMC_TEXT_PASSWORD",
    "from": "TMC_TEXT_FROM",
    "base": "TMC_TEXT_URL",
}
