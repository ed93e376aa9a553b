"""Text messages over a plain HTTP gateway: ``POST`` of ``{"to", "text", "reference"}`` as JSON.

2xx: accepted, ``{"id": …}`` in the answer is what the gateway calls it. 4xx: never, except what is not about this
letter (401, 407: our login; 408, 429: its load). 5xx, no connection, a request that could not be written: later. No
answer to a request that was written: unclear.
"""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

import httpx

from trackmycrime.delivery.letters import Letter, Outcome

_NOT_ABOUT_THE_LETTER = frozenset({401, 407, 408, 425, 429})
_ID = re.compile(r"[!-~]{1,200}")


class TextGatewayChannel:
    """Sends over one gateway, on kept connections."""

    def __init__(self, url: str, *, connect_timeout: float = 5.0, timeout: float = 20.0) -> None:
        """`url` may hold ``user:password@`` (sent as Basic authentication). Raises ValueError for one that is none."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("the text gateway's address is like https://user:password@host/path")
        login = (unquote(parts.username or ""), unquote(parts.password or "")) if parts.username else None
        self._url = urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
        self._client = httpx.Client(
            auth=login,
            timeout=httpx.Timeout(timeout, connect=connect_timeout),
            trust_env=False,
            follow_redirects=False,
            headers={"User-Agent": "TrackMyCrime"},
        )

    def send(self, letter: Letter) -> Outcome:
        """Try once."""
        asked = {"to": letter.address, "text": letter.body, "reference": str(letter.id)}
        try:
            answer = self._client.post(self._url, json=asked)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Outcome("later", "connect-failed")
        except (httpx.WriteError, httpx.WriteTimeout):
            return Outcome("later", "write-failed")
        except httpx.ReadTimeout:
            return Outcome("unclear", "timeout")
        except (httpx.HTTPError, httpx.InvalidURL, UnicodeError):
            return Outcome("unclear", "lost")
        code = answer.status_code
        if 200 <= code < 300:
            return Outcome("accepted", str(code), _id(answer))
        if 400 <= code < 500 and code not in _NOT_ABOUT_THE_LETTER:
            return Outcome("never", str(code))
        return Outcome("later", str(code))

    def close(self) -> None:
        """Let the connections go."""
        self._client.close()


def _id(answer: httpx.Response) -> str:
    """What the gateway calls the message; empty when it does not say so as we understand it."""
    try:
        said = answer.json()
    except ValueError:
        return ""
    named = str(said.get("id", "")) if isinstance(said, dict) else ""
    return named if _ID.fullmatch(named) else ""
