"""Speaking with a real OpenID provider: what is believed, and each way in which it must not be."""

import base64
import json
from datetime import timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey

from tests.support.provider import PASSWORD, Provider, query_of
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.openid import provider as speaking
from trackmycrime.people.openid.provider import Answer, Refused, Unreachable

pytestmark = [pytest.mark.processes, pytest.mark.usefixtures("honest")]

BACK = "http://127.0.0.1:1/back/"
PEM = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
PUBLIC = (serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
_count = iter(range(1, 1000))


@pytest.fixture
def name(openid: Provider) -> str:
    """Somebody whom the provider knows."""
    made = f"speaking{next(_count)}"
    openid.person(made, email=f"{made}@police.example.org", email_verified=True, roles=["TMC officers"])
    return made


def ours(openid: Provider, **more: Any) -> speaking.Provider:
    return speaking.Provider(
        openid.issuer, openid.client(BACK, **more), PASSWORD, "openid email offline_access"
    )


def come_back(
    openid: Provider,
    us: speaking.Provider,
    name: str,
    *,
    nonce: str = "n" * 22,
    more: dict[str, str] | None = None,
) -> dict[str, str]:
    """Send somebody there and give what they bring back."""
    where = speaking.address(us, BACK, state="s" * 22, nonce=nonce, verifier="v" * 48, **(more or {}))
    return query_of(openid.browser().walk(where, name))


def sign_in(openid: Provider, us: speaking.Provider, name: str, **more: Any) -> Answer:
    brought = come_back(openid, us, name)
    assert brought["state"] == "s" * 22
    told = {"nonce": "n" * 22, "verifier": "v" * 48, "now": utc_now()} | more
    return speaking.exchange(us, BACK, code=brought["code"], **told)


def test_who_signed_in_is_told_with_their_claims(openid: Provider, name: str) -> None:
    answer = sign_in(openid, ours(openid), name)
    assert answer.subject.startswith("urn:person:")
    assert answer.claims["roles"] == ["TMC officers"]
    assert answer.refresh
    asked = openid.asked()
    assert asked["code_challenge_method"] == "S256"
    assert asked["response_type"] == "code"
    assert asked["code_challenge"] != "v" * 48


@pytest.mark.parametrize(
    "lie",
    [
        {"iss": "https://elsewhere.example.org"},
        {"aud": "another client"},
        {"aud": ["another client"]},
        {"azp": "another client"},
        {"exp": 1},
        {"exp": None},
        {"iat": 4102444800},
        {"nbf": 4102444800},
        {"sub": 7},
        {"sub": None},
        {"nonce": "not ours"},
        {"nonce": None},
        {"at_hash": "of another token"},
    ],
    ids=json.dumps,
)
def test_an_id_token_with_one_wrong_claim_is_refused(
    openid: Provider, name: str, lie: dict[str, Any]
) -> None:
    openid.lie(**lie)
    with pytest.raises(Refused):
        sign_in(openid, ours(openid), name)


def test_a_code_is_of_no_use_without_the_verifier_and_a_second_time(openid: Provider, name: str) -> None:
    us = ours(openid)
    code = come_back(openid, us, name)["code"]
    told = {"code": code, "nonce": "n" * 22, "now": utc_now()}
    with pytest.raises(Refused):
        speaking.exchange(us, BACK, verifier="w" * 48, **told)
    code = told["code"] = come_back(openid, us, name)["code"]
    assert speaking.exchange(us, BACK, verifier="v" * 48, **told).subject
    with pytest.raises(Refused):
        speaking.exchange(us, BACK, verifier="v" * 48, **told)


def test_a_wrong_secret_is_refused(openid: Provider, name: str) -> None:
    us = ours(openid)
    code = come_back(openid, us, name)["code"]
    liar = speaking.Provider(us.issuer, us.client_id, "wrong", us.scope)
    with pytest.raises(Refused):
        speaking.exchange(liar, BACK, code=code, nonce="n" * 22, verifier="v" * 48, now=utc_now())


def test_a_new_key_of_the_provider_is_fetched_and_not_again_and_again(openid: Provider, name: str) -> None:
    us = ours(openid)
    assert sign_in(openid, us, name).subject
    openid.rotate()
    assert sign_in(openid, us, name).subject
    openid.rotate()  # too soon after the last: whoever sends junk must not make us ask each time
    with pytest.raises(Refused, match="does not publish"):
        sign_in(openid, us, name)


def unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    parts = (json.dumps(part).encode() for part in (header, claims))
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."


def test_no_other_signature_is_believed(openid: Provider) -> None:
    us = ours(openid)
    now = int(utc_now().timestamp())
    claims = {"iss": us.issuer, "aud": us.client_id, "sub": "x", "nonce": "n", "iat": now, "exp": now + 60}
    stranger = RSAKey.generate_key(2048)
    forged = [
        unsigned(claims, {"alg": "none"}),
        jwt.encode({"alg": "HS256"}, claims, OctKey.import_key(PASSWORD * 2)),
        jwt.encode({"alg": "RS256"}, claims, stranger),
        "not.a.token",
        "",
    ]
    for token in forged:
        speaking.forget()
        with pytest.raises(Refused):
            speaking.identify(us, token, nonce="n", now=utc_now())


def test_by_refreshing_we_hear_what_is_so_now(openid: Provider, name: str) -> None:
    us = ours(openid)
    first = sign_in(openid, us, name)
    openid.claims(name, roles=["Something else"])
    then = speaking.again(us, BACK, refresh=first.refresh, wanted="roles", now=utc_now())
    assert then.subject == first.subject
    assert then.claims["roles"] == ["Something else"]
    openid.off(name)
    with pytest.raises(Refused):
        speaking.again(us, BACK, refresh=then.refresh, now=utc_now())


@pytest.mark.parametrize("kind", ["RSA", "EC"])
def test_we_can_show_who_we_are_by_a_signature(openid: Provider, name: str, kind: str) -> None:
    key: Any = (
        rsa.generate_private_key(65537, 2048) if kind == "RSA" else ec.generate_private_key(ec.SECP256R1())
    )
    client = openid.client(BACK, public_key=key.public_key().public_bytes(*PUBLIC).decode())
    us = speaking.Provider(openid.issuer, client, key.private_bytes(*PEM).decode())
    assert us.signs
    assert sign_in(openid, us, name).subject
    other: Any = (
        rsa.generate_private_key(65537, 2048) if kind == "RSA" else ec.generate_private_key(ec.SECP256R1())
    )
    with pytest.raises(Refused, match="invalid_client"):
        sign_in(openid, speaking.Provider(openid.issuer, client, other.private_bytes(*PEM).decode()), name)


def test_a_logout_token_is_believed_only_if_it_is_right(openid: Provider, name: str) -> None:
    us = ours(openid)
    now = utc_now()
    assert speaking.logged_out(us, openid.logout_token(us.client_id, name), now=now)["sub"]
    minutes_ago = int((now - timedelta(minutes=6)).timestamp())
    wrong: list[dict[str, Any]] = [
        {"iss": "https://elsewhere.example.org"},
        {"aud": "another client"},
        {"events": None},
        {"events": {"something": {}}},
        {"nonce": "n"},
        {"jti": None},
        {"iat": minutes_ago},
        {"iat": None},
        {"exp": minutes_ago},
        {"sub": None, "sid": None},
    ]
    for claims in wrong:
        with pytest.raises(Refused):
            speaking.logged_out(us, openid.logout_token(us.client_id, name, **claims), now=now)
    with pytest.raises(Refused):  # an ID token is none
        stranger = jwt.encode(
            {"alg": "RS256"}, {"iss": us.issuer, "aud": us.client_id}, RSAKey.generate_key(2048)
        )
        speaking.logged_out(us, stranger, now=now)


def test_who_is_not_the_issuer_or_does_not_answer_is_not_asked_further(openid: Provider) -> None:
    for issuer in (openid.issuer + "/", "http://127.0.0.1:1"):
        us = speaking.Provider(issuer, "x", "x")
        with pytest.raises(Unreachable):
            speaking.address(us, BACK, state="s", nonce="n", verifier="v" * 48)


@pytest.mark.parametrize(
    ("url", "issuer", "right"),
    [
        ("https://login.example.org/token", "https://login.example.org", True),
        ("http://login.example.org/token", "https://login.example.org", False),
        ("http://127.0.0.1:9000/token", "http://127.0.0.1:9000", True),
        ("http://127.0.0.1:9000/token", "https://login.example.org", False),
        ("https://me@login.example.org/", "https://login.example.org", False),
        ("file:///etc/passwd", "https://login.example.org", False),
        (None, "https://login.example.org", False),
    ],
)
def test_only_https_is_spoken_beyond_this_machine(url: Any, issuer: str, right: bool) -> None:
    assert (speaking.wrong_address(url, issuer=issuer) == "") is right


def test_a_secret_is_in_no_report(openid: Provider) -> None:
    assert PASSWORD not in repr(ours(openid))


def test_a_userinfo_about_somebody_else_is_refused(
    openid: Provider, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    get = speaking._get

    def another(url: str, token: str = "") -> tuple[Any, str]:
        said, kind = get(url, token)
        return (said | {"sub": "urn:person:another"} if token else said), kind

    assert sign_in(openid, ours(openid), name, wanted="not in the token")
    monkeypatch.setattr(speaking, "_get", another)
    with pytest.raises(Refused, match="somebody else"):
        sign_in(openid, ours(openid), name, wanted="not in the token")
