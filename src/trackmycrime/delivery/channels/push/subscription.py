"""What a browser hands out to be reached by: an address at its push service, and two keys. Pure: no network, no clock.

The address is chosen by the browser, which is to say by anybody: so it may only lead to the push services that there
are, or to hosts that the installation names (``TMC_PUSH_HOSTS``), and to no other port or path of ours.
"""

import json
from base64 import urlsafe_b64decode
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec

SERVICES = frozenset({"fcm.googleapis.com", "updates.push.services.mozilla.com", "web.push.apple.com"})
"""The push services of Chrome and what is built on it, of Firefox and of Safari"""
UNDER = (".push.services.mozilla.com", ".push.apple.com", ".notify.windows.com")
"""Whose hosts are named anew for each region: Firefox, Safari, Edge on Windows"""
LONGEST = 1000
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


class WrongSubscription(ValueError):
    """Nothing that a push can be sent to; the message says what would be right, and names no address."""


@dataclass(frozen=True, repr=False)
class Subscription:
    """One browser. `public` is its key (65 bytes of P-256), `secret` what it shares with us (16 bytes), both base64url
    without padding. `until`: a push that has not reached it by then must not reach it at all."""

    endpoint: str
    public: str
    secret: str
    until: datetime | None = None

    @property
    def origin(self) -> str:
        """Whom a signature is made out to."""
        parts = urlsplit(self.endpoint)
        return f"{parts.scheme}://{parts.netloc}"

    @property
    def keys(self) -> dict[str, Any]:
        """As a browser spells it."""
        return {"endpoint": self.endpoint, "keys": {"p256dh": self.public, "auth": self.secret}}

    def by(self, until: datetime | None) -> "Subscription":
        """The same, for what must arrive by that moment."""
        return replace(self, until=until)

    def text(self) -> str:
        """As one line, which `read` reads."""
        said = self.keys | ({"until": self.until.isoformat()} if self.until else {})
        return json.dumps(said, separators=(",", ":"))


def hosts(setting: str) -> frozenset[str]:
    """The hosts named in ``TMC_PUSH_HOSTS``, with commas between: ``push.example.org``, ``push.example.org:8443``, or
    this very machine with its port (``127.0.0.1:9000``), which is reached by http."""
    return frozenset(one.strip().lower() for one in setting.split(",") if one.strip())


def read(text: str, allowed: frozenset[str] = frozenset()) -> Subscription:
    """The subscription in `text`, as a browser or `Subscription.text` spells it. Raises WrongSubscription."""
    try:
        said = json.loads(text)
        endpoint, keys = said["endpoint"], said["keys"]
        public, secret = keys["p256dh"], keys["auth"]
        until = datetime.fromisoformat(said["until"]) if said.get("until") else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        raise WrongSubscription("a subscription is JSON with endpoint, keys.p256dh and keys.auth") from None
    if not (isinstance(endpoint, str) and isinstance(public, str) and isinstance(secret, str)):
        raise WrongSubscription("endpoint, keys.p256dh and keys.auth of a subscription are text")
    _may_lead_to(endpoint, allowed)
    if len(_bytes(secret)) != 16:
        raise WrongSubscription("keys.auth of a subscription is 16 bytes in base64url")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _bytes(public))
    except ValueError:
        raise WrongSubscription("keys.p256dh of a subscription is a point of P-256 in base64url") from None
    if len(_bytes(public)) != 65:
        raise WrongSubscription("keys.p256dh of a subscription is 65 bytes, not compressed")
    return Subscription(endpoint, public.rstrip("="), secret.rstrip("="), until)


def _may_lead_to(endpoint: str, allowed: frozenset[str]) -> None:
    wrong = WrongSubscription("a subscription leads to https:// at a push service that is known here")
    if len(endpoint) > LONGEST or not endpoint.isascii() or not endpoint.isprintable() or " " in endpoint:
        raise wrong
    try:
        parts = urlsplit(endpoint)
        port = parts.port
    except ValueError:
        raise wrong from None
    # the host as it is written, so that nothing that is read differently elsewhere comes through
    netloc = parts.netloc.lower()
    if parts.username is not None or parts.fragment or "\\" in endpoint or not parts.path.startswith("/"):
        raise wrong
    if parts.scheme == "http":
        here = netloc.rpartition(":")[0] in _LOOPBACK
        if not (here and netloc in allowed):
            raise wrong
        return
    if parts.scheme != "https":
        raise wrong
    if netloc in allowed:
        return
    host = netloc.removesuffix(":443")
    known = host in SERVICES or host in allowed or (host.endswith(UNDER) and not host.startswith("."))
    if port not in (None, 443) or not known:
        raise wrong


def _bytes(text: str) -> bytes:
    try:
        return urlsafe_b64decode(text.rstrip("=") + "=" * (-len(text.rstrip("=")) % 4))
    except ValueError:
        return b""


def of_browser(said: Mapping[str, Any]) -> str:
    """What a browser said, as text for `read`: only what is needed of it."""
    return json.dumps({"endpoint": said.get("endpoint"), "keys": said.get("keys")})
