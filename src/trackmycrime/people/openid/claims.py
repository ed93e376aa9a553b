"""What a provider's claims mean here. Pure. What is not named means nothing, and nothing opens nothing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

OFFICER, SUPERVISOR = "officer", "supervisor"
ROLES = frozenset((OFFICER, SUPERVISOR, "administrator", "auditor"))

SKEW = timedelta(seconds=60)
"""How far the provider's clock may be ahead of ours"""
LOGOUT_EVENT = "http://schemas.openid.net/event/backchannel-logout"
LOGOUT_LIFE = timedelta(minutes=5)
"""A logout token older than this is not taken"""


@dataclass(frozen=True)
class Decided:
    """The role that claims give; empty when they give none, and then `why`: ``none`` or ``several``."""

    role: str
    why: str = ""


def at(claims: Mapping[str, Any], path: str) -> Any:
    """A claim by its whole name, or by names with dots between (``realm_access.roles``); None when it is not there."""
    if path in claims:
        return claims[path]
    found: Any = claims
    for name in path.split("."):
        if not isinstance(found, Mapping) or name not in found:
            return None
        found = found[name]
    return found


def role(claims: Mapping[str, Any], claim: str, mapping: Mapping[str, str]) -> Decided:
    """The one role that the values of a claim stand for.

    A supervisor is an officer too, so these two together are a supervisor. Any other two are refused: who runs the
    service, who works on cases and who looks at both are different people, and a mistake in a directory must not
    make them one.
    """
    value = at(claims, claim)
    values = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    found = {mapping[each] for each in values if isinstance(each, str) and each in mapping} & ROLES
    if found == {OFFICER, SUPERVISOR}:
        return Decided(SUPERVISOR)
    if len(found) == 1:
        return Decided(found.pop())
    return Decided("", "several" if found else "none")


def text(claims: Mapping[str, Any], path: str) -> str:
    """A claim that is a text, or a number as one; else empty."""
    value = at(claims, path) if path else None
    return str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else ""


def verified_email(claims: Mapping[str, Any]) -> str:
    """The email address, if the provider says that it has seen to it that it is this person's; else empty."""
    email = claims.get("email")
    return email.strip() if isinstance(email, str) and claims.get("email_verified") is True else ""


def signed_in_since(claims: Mapping[str, Any], at_least: datetime) -> bool:
    """Whether the provider says that the person has shown who they are at that time or later."""
    when = claims.get("auth_time")
    return isinstance(when, int | float) and not isinstance(when, bool) and when >= at_least.timestamp() - 1


def only_remembered(claims: Mapping[str, Any], since: datetime) -> bool:
    """Whether the provider says that it did not ask who they are since then, but remembered it."""
    return claims.get("auth_time") is not None and not signed_in_since(claims, since)


def strong_enough(claims: Mapping[str, Any], wanted: tuple[str, ...]) -> bool:
    """Whether they have shown it by one of the wanted means (``acr``); where none is named, by any."""
    return not wanted or claims.get("acr") in wanted


def trusted_enough(claims: Mapping[str, Any], wanted: str) -> bool:
    """Whether GOV.UK One Login gives at least the credential trust that was asked for (``Cl`` < ``Cl.Cm``)."""
    said = claims.get("vot")
    return isinstance(said, str) and set(wanted.split(".")) <= set(said.split("."))


def logout(claims: Mapping[str, Any], *, now: datetime) -> str:
    """What is wrong with the claims of a logout token beside issuer and audience; empty when nothing is."""
    events, issued = claims.get("events"), claims.get("iat")
    if not isinstance(events, Mapping) or not isinstance(events.get(LOGOUT_EVENT), Mapping):
        return "it is no logout token"
    if "nonce" in claims:
        return "a logout token has no nonce"
    if not isinstance(claims.get("jti"), str) or not claims["jti"]:
        return "it has no id of its own (jti)"
    if not isinstance(issued, int | float) or isinstance(issued, bool):
        return "it does not say when it was made (iat)"
    expires = claims.get("exp")  # older providers give none
    if expires is not None and not (isinstance(expires, int | float) and expires > (now - SKEW).timestamp()):
        return "it has run out"
    if not (now - LOGOUT_LIFE).timestamp() <= issued <= (now + SKEW).timestamp():
        return "it was not made just now"
    if not any(isinstance(claims.get(name), str) and claims[name] for name in ("sub", "sid")):
        return "it says neither who nor which session (sub, sid)"
    return ""
