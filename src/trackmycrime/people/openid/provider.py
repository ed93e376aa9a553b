"""Speaking with an OpenID provider: where to send somebody, and what it says of who comes back.

Authorization code with PKCE, nonce and state; the ID token's signature, issuer, audience, times and nonce are
checked; keys are fetched anew when it signs with one that we have not seen. No database connection is needed, and
none must be held: an answer may take seconds.
"""

import json
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urlencode, urlsplit

import requests
from authlib.common.errors import AuthlibBaseError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc7523 import PrivateKeyJWT
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import ECKey, KeySet, RSAKey

from . import claims as rules

SIGNED_BY = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""By public keys only: a shared secret signs nothing that we believe"""
SECONDS = 5
"""How long each answer may take"""
LARGEST = 1024 * 1024
METADATA_LIVES = 60 * 60
KEYS_LIVE = 10 * 60
OUTAGE = 24 * 60 * 60
"""For so long what was fetched is trusted while the provider does not answer (seconds)"""
UNSEEN_AGAIN = 30
"""Keys are fetched anew for a key id that is not among them, but not more often than this (seconds)"""
LOOPBACK = ("127.0.0.1", "::1", "localhost")


class Unreachable(Exception):
    """The provider did not answer, or not with what it must: nothing is known."""


class Refused(Exception):
    """The provider said no, or what it said is not right. The text says what; it holds nothing personal."""


@dataclass(frozen=True)
class Provider:
    """A provider, and how we are known there. `secret` is a shared one, or a private key (PEM) to sign with."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    scope: str = "openid email"
    one_login: bool = False
    """Whether it follows GOV.UK One Login's profile"""

    @property
    def signs(self) -> bool:
        """Whether we show who we are by a signature (``private_key_jwt``)."""
        return self.secret.lstrip().startswith("-----BEGIN")


@dataclass(frozen=True)
class Answer:
    """What a provider says of somebody: the claims of the ID token and of its userinfo."""

    claims: Mapping[str, Any]
    refresh: str = field(default="", repr=False)
    id_token: str = field(default="", repr=False)
    """As it came: what a provider wants to see when somebody signs out"""

    @property
    def subject(self) -> str:
        return str(self.claims["sub"])

    @property
    def sid(self) -> str:
        """Its name for the person's session there; empty when it gives none."""
        return rules.text(self.claims, "sid")


@dataclass
class _Known:
    """What was fetched of one issuer, and when (monotonic seconds)."""

    metadata: dict[str, Any] = field(default_factory=dict)
    metadata_at: float = 0.0
    keys: KeySet | None = None
    keys_at: float = 0.0
    unseen_at: float | None = None


_known: dict[str, _Known] = {}
_lock = threading.Lock()


def forget() -> None:
    """Forget what was fetched (for tests, and after settings have changed)."""
    with _lock:
        _known.clear()


def wrong_address(url: object, *, issuer: str) -> str:
    """Why an address of a provider cannot be used: it must be ``https:``, unless the provider is on this machine."""
    parts = urlsplit(url) if isinstance(url, str) else None
    if parts is None or not parts.hostname or parts.fragment or parts.username:
        return "it is not an address"
    if parts.scheme == "https":
        return ""
    ours = parts.scheme == "http" and parts.hostname in LOOPBACK and urlsplit(issuer).hostname in LOOPBACK
    return "" if ours else "it does not begin with https://"


def _get(url: str, token: str = "") -> tuple[Any, str]:
    """What a GET gives: JSON, or a text, with its kind."""
    headers = {"Accept": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    try:
        with requests.Session() as http:
            http.trust_env = False
            with http.get(
                url, headers=headers, timeout=SECONDS, allow_redirects=False, stream=True
            ) as answer:
                if answer.status_code != 200:
                    raise Unreachable(f"{urlsplit(url).path} answered {answer.status_code}")
                body = answer.raw.read(LARGEST + 1, decode_content=True)
                if len(body) > LARGEST:
                    raise Unreachable(f"{urlsplit(url).path} answered too much")
                return json.loads(body), answer.headers.get("Content-Type", "")
    except (requests.RequestException, OSError, ValueError, RecursionError) as wrong:
        raise Unreachable(f"{urlsplit(url).path}: {type(wrong).__name__}") from None


def metadata(provider: Provider) -> dict[str, Any]:
    """What the provider says of itself (discovery), an hour old at most. Raises Unreachable."""
    with _lock:
        known = _known.setdefault(provider.issuer, _Known())
    age = time.monotonic() - known.metadata_at
    if known.metadata and age < METADATA_LIVES:
        return known.metadata
    try:
        found, _ = _get(provider.issuer.rstrip("/") + "/.well-known/openid-configuration")
    except Unreachable:
        if known.metadata and age < OUTAGE:
            return known.metadata
        raise
    if not isinstance(found, dict) or found.get("issuer") != provider.issuer:
        raise Unreachable("its discovery document is of another issuer")
    for name in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
        if wrong := wrong_address(found.get(name), issuer=provider.issuer):
            raise Unreachable(f"its {name}: {wrong}")
    known.metadata, known.metadata_at = found, time.monotonic()
    return found


def look(provider: Provider) -> None:
    """See that it answers, that it is who it should be, and that its keys can be read. Raises Unreachable."""
    metadata(provider)
    _keys(provider)


def _keys(provider: Provider, *, anew: bool = False) -> KeySet:
    described = metadata(provider)
    known = _known[provider.issuer]
    if anew:
        with _lock:
            if known.unseen_at is not None and time.monotonic() - known.unseen_at < UNSEEN_AGAIN:
                raise Refused("it is signed with a key that its provider does not publish")
            known.unseen_at = time.monotonic()
    age = time.monotonic() - known.keys_at
    if known.keys and not anew and age < KEYS_LIVE:
        return known.keys
    try:
        found, _ = _get(described["jwks_uri"])
    except Unreachable:
        if known.keys and not anew and age < OUTAGE:
            return known.keys
        raise
    try:
        published = [key for key in found["keys"] if key.get("kty") != "oct"]
        known.keys = KeySet.import_key_set({"keys": published})
    except (JoseError, KeyError, TypeError, AttributeError, ValueError):
        raise Unreachable("its keys cannot be read") from None
    known.keys_at = time.monotonic()
    return known.keys


def _read(provider: Provider, token: str) -> jwt.Token:
    """A token whose signature is right. Raises Refused, Unreachable."""
    keys = _keys(provider)
    for anew in (False, True):
        try:
            if anew:
                keys = _keys(provider, anew=True)
            return jwt.decode(token, keys, algorithms=SIGNED_BY)
        except (JoseError, ValueError, TypeError) as wrong:
            if anew:
                raise Refused(f"its signature is not right ({type(wrong).__name__})") from None
    raise AssertionError


def signing_key(pem: str) -> RSAKey | ECKey:
    """The private key that we sign with; its line breaks may be written as ``\\n``. Raises Refused when it is none."""
    for kind in (RSAKey, ECKey):
        with suppress(JoseError, ValueError):
            key = kind.import_key(pem.strip().replace("\\n", "\n"))
            if key.is_private and (isinstance(key, RSAKey) or key.curve_name == "P-256"):
                return key
    raise Refused("our own key is no private one of RSA or P-256")


def _session(provider: Provider, described: Mapping[str, Any], back: str) -> OAuth2Session:
    methods = described.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    secret: Any = provider.secret
    if provider.signs:
        secret, method = signing_key(provider.secret), "private_key_jwt"
    else:
        method = "client_secret_basic" if "client_secret_basic" in methods else "client_secret_post"
    session = OAuth2Session(
        provider.client_id,
        secret,
        scope=provider.scope,
        redirect_uri=back,
        token_endpoint_auth_method=method,
        code_challenge_method="S256",
        default_timeout=SECONDS,
    )
    session.trust_env = False
    if isinstance(secret, RSAKey | ECKey):
        alg = "RS256" if isinstance(secret, RSAKey) else "ES256"
        short = {"exp": int(time.time()) + 5 * 60}  # else it would be good for an hour
        assertion = PrivateKeyJWT(described["token_endpoint"], alg=alg, headers={"alg": alg}, claims=short)
        session.register_client_auth_method(assertion)
    return session


def address(provider: Provider, back: str, *, state: str, nonce: str, verifier: str, **more: str) -> str:
    """Where to send somebody who is to show who they are. Raises Unreachable."""
    described = metadata(provider)
    session = _session(provider, described, back)
    where, _ = session.create_authorization_url(
        described["authorization_endpoint"], state=state, code_verifier=verifier, nonce=nonce, **more
    )
    return str(where)


def end_address(provider: Provider, back: str, *, hint: str, state: str) -> str:
    """Where to send somebody who has signed out here; empty when the provider has no such place. Raises Unreachable.

    `hint` is the ID token that it gave; without it, it is told who we are, and may ask whether they want to.
    """
    where = metadata(provider).get("end_session_endpoint")
    if not isinstance(where, str) or wrong_address(where, issuer=provider.issuer):
        return ""
    known = {"id_token_hint": hint} if hint else {"client_id": provider.client_id}
    query = urlencode({**known, "post_logout_redirect_uri": back, "state": state})
    return f"{where}{'&' if urlsplit(where).query else '?'}{query}"


def exchange(
    provider: Provider, back: str, *, code: str, nonce: str, verifier: str, now: datetime, wanted: str = ""
) -> Answer:
    """Who came back with this code. `wanted` is a claim for which userinfo is asked if the ID token has it not.

    Raises Refused, Unreachable.
    """
    described = metadata(provider)
    got = _token(provider, described, back, "authorization_code", code=code, code_verifier=verifier)
    return _answer(provider, described, got, nonce=nonce, wanted=wanted, now=now)


def again(provider: Provider, back: str, *, refresh: str, now: datetime, wanted: str = "") -> Answer:
    """What the provider says now of somebody who has signed in before. Raises Refused (they are out), Unreachable."""
    described = metadata(provider)
    got = _token(provider, described, back, "refresh_token", refresh_token=refresh)
    return _answer(provider, described, {"refresh_token": refresh, **got}, nonce="", wanted=wanted, now=now)


def _token(
    provider: Provider, described: Mapping[str, Any], back: str, grant: str, **more: str
) -> dict[str, Any]:
    session = _session(provider, described, back)
    where = described["token_endpoint"]
    try:
        if grant == "refresh_token":
            got = session.refresh_token(where, allow_redirects=False, **more)
        else:
            got = session.fetch_token(where, grant_type=grant, allow_redirects=False, **more)
    except AuthlibBaseError as said:
        raise Refused(f"the provider said: {str(said.error)[:60]}") from None
    except (requests.RequestException, OSError, ValueError, KeyError, TypeError) as wrong:
        raise Unreachable(f"token: {type(wrong).__name__}") from None
    finally:
        session.close()
    if not isinstance(got, dict):
        raise Unreachable("its answer is no token")
    return dict(got)


def _answer(
    provider: Provider,
    described: Mapping[str, Any],
    got: Mapping[str, Any],
    *,
    nonce: str,
    wanted: str,
    now: datetime,
) -> Answer:
    access, id_token = str(got.get("access_token") or ""), got.get("id_token")
    said: dict[str, Any] = {}
    if isinstance(id_token, str):
        said = dict(identify(provider, id_token, nonce=nonce, access=access, now=now))
    elif nonce:
        raise Refused("it gave no ID token")
    if not said or (wanted and rules.at(said, wanted) is None):
        where = described.get("userinfo_endpoint")
        if not where or wrong_address(where, issuer=provider.issuer):
            if not said:
                raise Refused("it says nothing of who they are")
        else:
            more, _ = _get(where, access)
            if not isinstance(more, dict) or not isinstance(more.get("sub"), str):
                raise Unreachable("its userinfo is no answer")
            if said and more["sub"] != said["sub"]:
                raise Refused("its userinfo is about somebody else")
            said = {**more, **said}
    refresh = got.get("refresh_token")
    kept = id_token if isinstance(id_token, str) else ""
    return Answer(said, refresh if isinstance(refresh, str) else "", kept)


def identify(
    provider: Provider, id_token: str, *, nonce: str, access: str = "", now: datetime
) -> Mapping[str, Any]:
    """The claims of an ID token whose signature, issuer, audience, times and nonce are right.

    Raises Refused, Unreachable.
    """
    token = _read(provider, id_token)
    claims = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": provider.issuer},
            "aud": {"essential": True, "value": provider.client_id},
            "sub": {"essential": True},
        },
        params={"nonce": nonce, "client_id": provider.client_id, "access_token": access},
    )
    try:
        claims.validate(now=int(now.timestamp()), leeway=int(rules.SKEW.total_seconds()))
    except (JoseError, AuthlibBaseError, ValueError, TypeError) as wrong:
        raise Refused(f"its ID token is not right ({wrong})"[:120]) from None
    if not isinstance(claims.get("sub"), str):
        raise Refused("its ID token says not who it is about")
    return dict(claims)


def logged_out(provider: Provider, token: str, *, now: datetime) -> Mapping[str, Any]:
    """The claims of a logout token (OpenID back-channel logout) that is right. Raises Refused, Unreachable."""
    read = _read(provider, token)
    said = dict(read.claims)
    audience = said.get("aud")
    if said.get("iss") != provider.issuer:
        raise Refused("it is of another issuer")
    if provider.client_id not in (audience if isinstance(audience, list) else [audience]):
        raise Refused("it is for somebody else")
    if read.header.get("typ", "logout+jwt").casefold() not in ("logout+jwt", "jwt"):
        raise Refused("it is no logout token")
    if wrong := rules.logout(said, now=now):
        raise Refused(wrong)
    return said
