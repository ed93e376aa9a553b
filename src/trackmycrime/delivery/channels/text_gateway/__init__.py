"""Text messages over a plain HTTP gateway: ``POST`` of ``{"to", "text", "reference"}`` as JSON.

2xx: accepted, ``{"id": …}`` in the answer is what the gateway calls it. 4xx: never, except what is not about this
letter (401, 407: our login; 408, 429: its load). 5xx, no connection, a request that could not be written: later. No
answer to a request that was written: unclear. (httpcore is what httpx stands on: a text costs two thirds of what it
costs with httpx around it.)
"""

import json
import re
from base64 import b64encode
from urllib.parse import unquote, urlsplit, urlunsplit

import httpcore
import httpx

from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.letters import Letter, Outcome

_NOT_ABOUT_THE_LETTER = frozenset({401, 407, 408, 425, 429})
_ID = re.compile(r"[!-~]{1,200}")
_KEPT = 5.0
"""Seconds after which a connection that nothing was sent on is not used again"""


class TextGatewayChannel(Channel):
    """Sends over one gateway, on kept connections."""

    def __init__(self, url: str, *, connect_timeout: float = 5.0, timeout: float = 20.0) -> None:
        """`url` may hold ``user:password@`` (sent as Basic authentication). Raises ValueError for one that is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the text gateway's address is like https://user:password@host/path")
        try:
            plain = httpx.URL(urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2])))
        except httpx.InvalidURL as wrong:
            raise ValueError(f"the text gateway's address cannot be read: {wrong}") from None
        self._url = httpcore.URL(
            scheme=plain.raw_scheme, host=plain.raw_host, port=plain.port, target=plain.raw_path
        )
        self._headers: dict[bytes | str, bytes | str] = {
            "Host": plain.netloc,
            "User-Agent": "TrackMyCrime",
            "Accept": "application/json",
            "Content-Type": "application/json",
        }
        if parts.username:
            login = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + b64encode(login.encode()).decode()
        self._timeouts = {"connect": connect_timeout, "write": timeout, "read": timeout, "pool": timeout}
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), keepalive_expiry=_KEPT
        )

    def send(self, letter: Letter) -> Outcome:
        """Try once."""
        asked = {"to": letter.address, "text": letter.body, "reference": str(letter.id)}
        try:
            body = json.dumps(asked, ensure_ascii=False).encode()
            answer = self._pool.request(
                "POST",
                self._url,
                headers=self._headers | {"Content-Length": str(len(body))},
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
        code = answer.status
        if 200 <= code < 300:
            return Outcome("accepted", str(code), _id(answer.content))
        if 400 <= code < 500 and code not in _NOT_ABOUT_THE_LETTER:
            return Outcome("never", str(code))
        return Outcome("later", str(code))

    def close(self) -> None:
        """Let the connections go."""
        self._pool.close()


def _id(answer: bytes) -> str:
    """What the gateway calls the message; empty when it does not say so as we understand it."""
    try:
        said = json.loads(answer)
    except ValueError:
        return ""
    named = str(said.get("id", "")) if isinstance(said, dict) else ""
    return named if _ID.fullmatch(named) else ""
