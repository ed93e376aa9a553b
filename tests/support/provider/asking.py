"""What allauth's provider leaves to its project: claims, keys, and the parts of the standards that it has not.

``acr_values``, ``vtr`` (GOV.UK One Login), ``max_age`` and ``prompt=login`` at the authorization endpoint,
``private_key_jwt`` (RFC 7523) at the token endpoint, ``auth_time``, ``acr`` and ``sid`` in the ID token.
"""

import json
import time
from collections.abc import Callable
from typing import Any

from allauth.idp.oidc.adapter import DefaultOIDCAdapter
from allauth.idp.oidc.models import Client, PrivateKey
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth import logout
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse, JsonResponse
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import import_key
from joserfc.jws import extract_compact

ISSUER = ""
KEYS: list[str] = []
CLAIMS: dict[str, dict[str, Any]] = {}
"""What is said of a person, by their name"""
LIES: dict[str, Any] = {}
ACR = {"value": "password"}
ASKED: dict[str, dict[str, str]] = {}
"""What the authorization endpoint was asked, by nonce"""
LAST: dict[str, str] = {}
PUBLIC: dict[str, str] = {}
"""The public key of a client that signs"""
SEEN: set[str] = set()
WITHOUT: list[str] = []
"""What its discovery document leaves out"""
SECRET: dict[str, str] = {}


def rotate() -> None:
    """A new key to sign with; the one before is forgotten."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    KEYS[:] = [key.private_bytes(*form).decode()]


def with_lies(claims: dict[str, Any], lies: dict[str, Any]) -> dict[str, Any]:
    """The claims with some changed, and without those that are None."""
    return {key: value for key, value in {**claims, **lies}.items() if value is not None}


class Adapter(DefaultOIDCAdapter):
    """allauth's provider with claims of each person, and keys that are changed while it runs."""

    def get_issuer(self) -> str:
        return ISSUER

    def list_private_keys(self, **_: Any) -> list[PrivateKey]:
        return [PrivateKey(pem=pem) for pem in KEYS]

    def get_claims(self, purpose: Any, user: Any, client: Any, scopes: Any, **_: Any) -> dict[str, Any]:
        return {**CLAIMS.get(user.username, {}), "sub": self.get_user_sub(client, user)}

    def get_user_sub(self, client: Client, user: Any) -> str:
        return f"urn:person:{user.pk}"

    def get_user_by_sub(self, client: Client, sub: str) -> Any:
        return User.objects.filter(pk=sub.rpartition(":")[2], is_active=True).first()

    def populate_server_metadata(self, data: dict[str, Any]) -> None:
        for name in WITHOUT:
            data.pop(name, None)

    def populate_id_token(self, id_token: dict[str, Any], client: Client, scopes: Any, **_: Any) -> None:
        user = self.get_user_by_sub(client, id_token["sub"])
        asked = ASKED.get(id_token.get("nonce", ""), {})
        id_token["auth_time"] = int(user.last_login.timestamp())
        id_token["acr"] = ACR["value"]
        id_token["sid"] = f"session of {user.pk}"
        if "vtr" in asked:
            id_token |= {"vot": json.loads(asked["vtr"])[0], "vtm": f"{ISSUER}/trustmark"}
        kept = with_lies(id_token, LIES)
        id_token.clear()
        id_token.update(kept)


class Asking:
    """Stands before allauth's endpoints and does what they do not."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.endswith("/authorize"):
            self._authorize(request)
        if "client_assertion" in request.POST and not self._assertion(request):
            return JsonResponse({"error": "invalid_client"}, status=401)
        return self.get_response(request)

    def _authorize(self, request: HttpRequest) -> None:
        asked = {key: str(value) for key, value in request.GET.items()}
        LAST.clear()
        LAST.update(asked)
        ASKED[asked.get("nonce", "")] = asked
        if not request.user.is_authenticated:
            return
        age = time.time() - request.user.last_login.timestamp()
        fresh = request.session.pop("fresh_for", "") == asked.get("state")
        if not fresh and (asked.get("prompt") == "login" or age > float(asked.get("max_age", "inf"))):
            logout(request)

    def _assertion(self, request: HttpRequest) -> bool:
        """Check the client's own signature, and hand the request on as allauth knows it."""
        try:
            assertion = request.POST["client_assertion"]
            client = json.loads(extract_compact(assertion.encode()).payload)["sub"]
            kind = "RSA" if len(PUBLIC[client]) > 300 else "EC"
            read = jwt.decode(assertion, import_key(PUBLIC[client], kind), ["RS256", "ES256"])
            now, claims = time.time(), read.claims
            right = (
                claims["iss"] == claims["sub"] == client
                and claims["aud"] == request.build_absolute_uri(request.path)
                and now - 60 < claims["iat"] <= now + 5 < claims["exp"] < now + 400
                and claims["jti"] not in SEEN
            )
            SEEN.add(claims["jti"])
        except (KeyError, ValueError, JoseError):
            return False
        post = request.POST.copy()
        post["client_id"], post["client_secret"] = client, SECRET[client]
        request.POST = post  # type: ignore[assignment]
        return right
