"""A real push service: takes what is signed and sealed as the standards say, opens it, and answers as it is told."""

import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

import http_ece
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.support.http_server import http_server
from trackmycrime.kernel.ids import new_id


def plain(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def coded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


class Browser:
    """One browser that has subscribed: it alone can open what is sent to it."""

    def __init__(self, service: "PushService", path: str) -> None:
        self.key, self.secret = ec.generate_private_key(ec.SECP256R1()), new_id().bytes
        self.endpoint = f"{service.url}/{path}"
        self.shown: list[dict[str, Any]] = []

    @property
    def subscription(self) -> dict[str, Any]:
        """As `JSON.stringify(subscription)` gives it."""
        public = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        keys = {"p256dh": coded(public), "auth": coded(self.secret)}
        return {"endpoint": self.endpoint, "expirationTime": None, "keys": keys}

    @property
    def text(self) -> str:
        return json.dumps(self.subscription)

    def open(self, body: bytes) -> dict[str, Any]:
        said = http_ece.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        return dict(json.loads(said))


@dataclass
class PushService:
    """`answers` maps a subscription's path to what it is answered: a status, or (status, headers)."""

    port: int = 0
    key: str = ""
    """The public key to which its browsers have bound themselves"""
    browsers: dict[str, Browser] = field(default_factory=dict)
    answers: dict[str, int | tuple[int, dict[str, str]]] = field(default_factory=dict)
    headers: list[dict[str, str]] = field(default_factory=list)
    lengths: list[int] = field(default_factory=list)
    tried: list[str] = field(default_factory=list)
    """The paths of all that came, in order"""
    says: int = 0
    """So many bytes stand in the body of each answer"""
    said: int = 0
    """How many of these were taken"""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def host(self) -> str:
        return f"127.0.0.1:{self.port}"

    def browser(self, path: str = "phone") -> Browser:
        self.browsers[path] = Browser(self, path)
        return self.browsers[path]

    def take(self, path: str, headers: dict[str, str], body: bytes) -> tuple[int, dict[str, str]]:
        """What is answered to one push."""
        self.tried.append(path)
        self.headers.append(headers)
        self.lengths.append(len(body))
        if problem := self.not_signed(headers.get("authorization", "")):
            return 403, {"X-Problem": problem}
        said = self.answers.get(path, 201)
        status, more = said if isinstance(said, tuple) else (said, {})
        if path not in self.browsers:
            return 404, {}
        if status == 201:
            if headers.get("content-encoding") != "aes128gcm" or "ttl" not in headers:
                return 400, {}
            self.browsers[path].shown.append(self.browsers[path].open(body))
            more = {"Location": f"{self.url}/message/{len(self.headers)}"} | more
        return status, more

    def not_signed(self, authorization: str) -> str:
        """What is wrong with a VAPID header (RFC 8292); empty when nothing is."""
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(",") if "=" in part)
        if scheme != "vapid" or set(parts) != {"t", "k"}:
            return "not vapid"
        if parts["k"] != self.key:
            return "another key"
        head, claims, signature = parts["t"].split(".")
        raw = plain(signature)
        r, s = int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big")
        public = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), plain(parts["k"]))
        try:
            public.verify(encode_dss_signature(r, s), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        except InvalidSignature:
            return "signature"
        said = json.loads(plain(claims))
        if said["aud"] != self.url:
            return "aud"
        if not time.time() < said["exp"] <= time.time() + 24 * 3600:
            return "exp"
        return "" if said["sub"].startswith(("mailto:", "https://")) else "sub"


@contextmanager
def push_service(key: str) -> Iterator[PushService]:
    """One on this machine, for browsers that have bound themselves to this public key."""
    service = PushService(key=key)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            named = {name.lower(): value for name, value in self.headers.items()}
            status, headers = service.take(self.path.lstrip("/"), named, body)
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(service.says))
            self.end_headers()
            try:
                while service.said < service.says:
                    service.said += self.wfile.write(b"x" * min(64 * 1024, service.says - service.said))
            except OSError:  # not wanted any more
                self.close_connection = True

        def log_message(self, *args: Any) -> None:
            pass

    with http_server(Handler) as service.port:
        yield service
