"""By which keys, and until when, an ID token is believed: real keys, and a real server that changes and fails."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest
from joserfc import jws, jwt
from joserfc.jwk import ECKey, OctKey, RSAKey

from tests.support.http_server import http_server
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.openid import provider as speaking
from trackmycrime.people.openid.provider import Provider, Refused, Unreachable

KEYS: dict[str, Any] = {
    "RS256": RSAKey.generate_key(2048),
    "PS256": RSAKey.generate_key(2048),
    "ES256": ECKey.generate_key("P-256"),
}
NEW = ECKey.generate_key("P-256")


class Publishing:
    """A provider that says of itself and of its keys whatever the test wants it to."""

    def __init__(self) -> None:
        self.keys: list[dict[str, Any]] = []
        self.says: dict[str, Any] = {}
        self.asked: list[str] = []
        self.down: set[str] = set()

    def publish(self, **keys: Any) -> None:
        self.keys = [key.as_dict(private=False, kid=kid, use="sig") for kid, key in keys.items()]

    def answer(self, path: str, issuer: str) -> Any:
        self.asked.append(path)
        if path in self.down:
            return None
        if path == "/keys":
            return {"keys": self.keys}
        ends = {"authorization_endpoint": "/in", "token_endpoint": "/token", "jwks_uri": "/keys"}
        return {"issuer": issuer, **{name: issuer + end for name, end in ends.items()}, **self.says}


@pytest.fixture
def publishing() -> Iterator[tuple[Publishing, Provider]]:
    theirs = Publishing()
    issuer = ""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            said = theirs.answer(self.path, issuer)
            self.send_response(200 if said is not None else 503)
            self.end_headers()
            self.wfile.write(json.dumps(said).encode())

        def log_message(self, *args: Any) -> None:
            """Nothing is said of what is asked."""

    speaking.forget()
    with http_server(Answers) as port:
        issuer = f"http://127.0.0.1:{port}"
        yield theirs, Provider(issuer, "us", "a secret that both know", "openid")
    speaking.forget()


def claims(us: Provider, **more: Any) -> dict[str, Any]:
    now = int(utc_now().timestamp())
    said = {"iss": us.issuer, "aud": us.client_id, "sub": "x", "nonce": "n", "iat": now, "exp": now + 300}
    return said | more


def signed(us: Provider, alg: str, key: Any, kid: str, **more: Any) -> str:
    return jwt.encode({"alg": alg, "kid": kid}, claims(us, **more), key, algorithms=[alg])


def identify(us: Provider, token: str) -> str:
    return str(speaking.identify(us, token, nonce="n", now=utc_now())["sub"])


@pytest.mark.parametrize("alg", KEYS)
def test_each_public_algorithm_is_believed_with_its_own_key_and_no_other(
    publishing: tuple[Publishing, Provider], alg: str
) -> None:
    theirs, us = publishing
    theirs.publish(old=RSAKey.generate_key(2048), mine=KEYS[alg])
    token = signed(us, alg, KEYS[alg], "mine")
    assert identify(us, token) == "x"
    head, body, signature = token.split(".")
    bent = "A" if signature[0] != "A" else "B"
    for wrong in (
        f"{head}.{body}.{bent}{signature[1:]}",
        f"{head}.{body}.",
        signed(us, alg, type(KEYS[alg]).generate_key(), "mine"),
    ):
        with pytest.raises(Refused):
            identify(us, wrong)


def test_none_and_a_secret_sign_nothing_not_even_the_public_key_as_one(
    publishing: tuple[Publishing, Provider],
) -> None:
    theirs, us = publishing
    public = KEYS["RS256"]
    secret = OctKey.import_key(us.secret)
    # a provider whose key set holds the shared secret itself, as some have done
    theirs.publish(mine=public)
    theirs.keys.append({"kty": "oct", "kid": "shared", "k": secret.as_dict(private=True)["k"]})
    forged = [_forged({"alg": "none", "kid": "mine"}, us, None), _forged({"alg": "None"}, us, None)]
    for known in (public.as_pem(private=False), json.dumps(theirs.keys[0]).encode(), us.secret.encode()):
        forged += [_forged({"alg": "HS256", "kid": kid}, us, known) for kid in ("mine", "shared")]
        forged.append(_forged({"alg": "RS256", "kid": "mine"}, us, known))
    # a key that the token brings itself, or says where to fetch
    stranger = RSAKey.generate_key(2048)
    for brought in ({"jwk": stranger.as_dict(private=False)}, {"jku": f"{us.issuer}/keys-of-mine"}):
        head = {"alg": "RS256", "kid": "mine", **brought}
        forged.append(jws.serialize_compact(head, json.dumps(claims(us)).encode(), stranger))
    for token in forged:
        with pytest.raises(Refused):
            identify(us, token)
    assert "/keys-of-mine" not in theirs.asked


def _forged(head: dict[str, str], us: Provider, secret: bytes | None) -> str:
    """A token that is signed by a hash with that secret, whatever its head says; or by nothing."""
    first = ".".join(_part(json.dumps(each).encode()) for each in (head, claims(us)))
    return f"{first}.{_part(hmac.digest(secret, first.encode(), hashlib.sha256)) if secret else ''}"


def _part(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def test_a_key_is_for_the_algorithm_that_was_published_with_it(
    publishing: tuple[Publishing, Provider],
) -> None:
    theirs, us = publishing
    theirs.publish(mine=KEYS["RS256"])
    assert identify(us, signed(us, "PS256", KEYS["RS256"], "mine")) == "x"
    theirs.keys[0]["alg"] = "RS256"
    speaking.forget()
    assert identify(us, signed(us, "RS256", KEYS["RS256"], "mine")) == "x"
    with pytest.raises(Refused):
        identify(us, signed(us, "PS256", KEYS["RS256"], "mine"))


def test_keys_change_while_it_runs_and_an_unknown_one_is_asked_for_once(
    publishing: tuple[Publishing, Provider],
) -> None:
    theirs, us = publishing
    theirs.publish(old=KEYS["RS256"])
    assert identify(us, signed(us, "RS256", KEYS["RS256"], "old")) == "x"
    theirs.publish(old=KEYS["RS256"], new=NEW)
    assert identify(us, signed(us, "ES256", NEW, "new")) == "x"
    assert identify(us, signed(us, "RS256", KEYS["RS256"], "old")) == "x", "both, while both are published"
    asked = theirs.asked.count("/keys")
    for _ in range(5):
        with pytest.raises(Refused, match="does not publish"):
            identify(us, signed(us, "ES256", ECKey.generate_key("P-256"), "nobody's"))
    assert theirs.asked.count("/keys") == asked, "whoever sends junk does not make us ask each time"


def test_an_outage_of_its_keys_is_outlived_and_says_nothing_of_a_new_one(
    publishing: tuple[Publishing, Provider], monkeypatch: pytest.MonkeyPatch
) -> None:
    theirs, us = publishing
    theirs.publish(old=KEYS["RS256"])
    known = signed(us, "RS256", KEYS["RS256"], "old")
    theirs.down = {"/keys"}
    with pytest.raises(Unreachable):
        identify(us, known)
    theirs.down = set()
    assert identify(us, known) == "x"
    theirs.down = {"/keys", "/.well-known/openid-configuration"}
    later = speaking.time.monotonic() + speaking.OUTAGE - 60
    monkeypatch.setattr(speaking.time, "monotonic", lambda: later)
    assert identify(us, known) == "x"
    with pytest.raises(Unreachable):
        identify(us, signed(us, "ES256", NEW, "new"))
    monkeypatch.setattr(speaking.time, "monotonic", lambda: later + 120)
    with pytest.raises(Unreachable):
        identify(us, known)


@pytest.mark.parametrize(
    ("claim", "right", "wrong"), [("exp", -50, -70), ("iat", 50, 70), ("nbf", 50, 70)], ids=str
)
def test_clocks_may_differ_by_a_minute_and_no_more(
    publishing: tuple[Publishing, Provider], claim: str, right: int, wrong: int
) -> None:
    theirs, us = publishing
    theirs.publish(mine=KEYS["ES256"])
    now = utc_now()

    def said(seconds: int) -> Any:
        when = int((now + timedelta(seconds=seconds)).timestamp())
        token = signed(us, "ES256", KEYS["ES256"], "mine", **{claim: when})
        return speaking.identify(us, token, nonce="n", now=now)

    assert said(right)
    with pytest.raises(Refused):
        said(wrong)


@pytest.mark.parametrize(
    ("says", "problem"),
    [
        ({"issuer": "https://elsewhere.example.org"}, "of another issuer"),
        ({"token_endpoint": "http://192.0.2.1/token"}, "token_endpoint: it does not begin with https"),
        ({"jwks_uri": None}, "jwks_uri: it is not an address"),
    ],
    ids=lambda v: v if isinstance(v, str) else "",
)
def test_what_it_says_of_itself_is_looked_at_before_anything_is_sent(
    publishing: tuple[Publishing, Provider], says: dict[str, Any], problem: str
) -> None:
    theirs, us = publishing
    theirs.publish(mine=KEYS["ES256"])
    speaking.look(us)
    speaking.forget()
    theirs.says = says
    with pytest.raises(Unreachable, match=problem):
        speaking.look(us)
