"""The provider's addresses: allauth's own, its sign-in page, and what its administrator does."""

import json
import time
import uuid
from typing import Any

from allauth.core.internal.jwkkit import load_jwk_from_pem
from allauth.idp.oidc.models import Client, Token
from django.contrib.auth.models import User
from django.contrib.auth.views import LoginView
from django.http import HttpRequest, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt
from joserfc import jwt
from joserfc.jwk import RSAKey

from . import asking
from .asking import with_lies


class SignIn(LoginView):
    """A name and a password; whoever has just typed them is not asked again for the same request."""

    template_name = "sign_in.html"

    def form_valid(self, form: Any) -> Any:
        answer = super().form_valid(form)
        self.request.session["fresh_for"] = asking.LAST.get("state", "")
        return answer


@csrf_exempt
def administration(request: HttpRequest) -> JsonResponse:
    """What the test asks for: ``{"do": …}``."""
    said = json.loads(request.body)
    found = {
        "client": _client,
        "person": _person,
        "claims": lambda s: asking.CLAIMS.update(
            {s["name"]: with_lies(asking.CLAIMS[s["name"]], s["claims"])}
        ),
        "off": _off,
        "lie": _lie,
        "rotate": lambda s: asking.rotate(),
        "acr": lambda s: asking.ACR.update(value=s["value"]),
        "without": lambda s: asking.WITHOUT.__setitem__(slice(None), s["names"]),
        "asked": lambda s: dict(asking.LAST),
        "logout_token": _logout_token,
    }[said["do"]](said)
    return JsonResponse(found or {})


def _lie(said: dict[str, Any]) -> None:
    asking.LIES.clear()
    asking.LIES.update(said["claims"])


def _client(said: dict[str, Any]) -> dict[str, Any]:
    client = Client(name="TrackMyCrime", skip_consent=True, redirect_uris=said["redirect_uri"])
    client.grant_types = "authorization_code\nrefresh_token" if said["refresh"] else "authorization_code"
    client.scopes = "openid\nprofile\nemail\noffline_access"
    client.set_secret(said["secret"])
    client.set_post_logout_redirect_uris([said["logout"]] if said["logout"] else [])
    client.save()
    if said["public_key"]:
        asking.PUBLIC[client.pk] = said["public_key"]
    asking.SECRET[client.pk] = said["secret"]
    return {"id": client.pk}


def _person(said: dict[str, Any]) -> dict[str, Any]:
    user = User.objects.create_user(said["name"], password=said["password"])
    asking.CLAIMS[said["name"]] = said["claims"]
    return {"sub": f"urn:person:{user.pk}"}


def _off(said: dict[str, Any]) -> None:
    user = User.objects.get(username=said["name"])
    user.is_active = False
    user.save()
    Token.objects.filter(user=user).delete()


def _logout_token(said: dict[str, Any]) -> dict[str, Any]:
    user = User.objects.get(username=said["name"])
    now = int(time.time())
    claims = {
        "iss": asking.ISSUER,
        "aud": said["client"],
        "iat": now,
        "exp": now + 120,
        "jti": uuid.uuid4().hex,
        "sub": f"urn:person:{user.pk}",
        "sid": f"session of {user.pk}",
        "events": {"http://schemas.openid.net/event/backchannel-logout": {}},
    }
    kid = load_jwk_from_pem(asking.KEYS[0])[0]["kid"]
    header = {"alg": "RS256", "kid": kid, "typ": "logout+jwt"}
    return {"token": jwt.encode(header, with_lies(claims, said["claims"]), RSAKey.import_key(asking.KEYS[0]))}


urlpatterns = [
    path("sign-in/", SignIn.as_view(), name="account_login"),
    path("administration/", administration),
    path("administration/who/", lambda request: JsonResponse({"who": request.user.username})),
    path("", include("allauth.idp.urls")),
]
