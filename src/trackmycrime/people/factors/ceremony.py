"""WebAuthn's two ceremonies, as its specification (level 3) and fido2 have them; knows no account and no table.

User verification is asked for and insisted on: a passkey is something one has and, by finger, face or PIN of the
device, something one is or knows. Attestation is not asked for: which maker a victim's phone has is not our business.
"""

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlsplit

from django.conf import settings
from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationConveyancePreference,
    AttestedCredentialData,
    AuthenticationResponse,
    CollectedClientData,
    PublicKeyCredentialDescriptor,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialType,
    PublicKeyCredentialUserEntity,
    RegistrationResponse,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

LONGEST = 20_000
"""Of an answer, in characters. Those of real browsers stay below 3,000."""
MILLISECONDS = 5 * 60 * 1000
_Kind = TypeVar("_Kind", AuthenticationResponse, RegistrationResponse)
_REQUIRED = UserVerificationRequirement.REQUIRED
_LOOPBACK = ("127.0.0.1", "::1", "localhost")


class NotRight(Exception):
    """An answer that is none, or not to what was asked, or not from this site, or not signed by that passkey."""


@dataclass(frozen=True)
class Site:
    """For whom passkeys are made: `name` is shown by the browser, `id` is the host, and only `origin` may ask."""

    name: str
    id: str
    origin: str


@dataclass(frozen=True)
class Made:
    """A new passkey. `credential` is what is to be kept."""

    credential: bytes
    id: bytes
    count: int


@dataclass(frozen=True)
class Answer:
    """What a browser answered, not believed yet."""

    id: bytes
    user: bytes
    count: int
    response: AuthenticationResponse


Ours = Callable[[bytes], bool]
"""Says whether a challenge was asked, and has it count once."""


def site(door: str) -> Site:
    """Whose passkeys a door takes, from its own address. A number is no name to the standard: there it is localhost."""
    parts = urlsplit(settings.TMC_PORTAL_URL if door == "portal" else settings.TMC_DESK_URL)
    host = parts.hostname or "localhost"
    port = f":{parts.port}" if parts.port else ""
    host = "localhost" if host in _LOOPBACK else host
    return Site("TrackMyCrime", host, f"{parts.scheme}://{host}{port}")


def _server(of: Site) -> Fido2Server:
    rp = PublicKeyCredentialRpEntity(name=of.name, id=of.id)
    return Fido2Server(
        rp, attestation=AttestationConveyancePreference.NONE, verify_origin=lambda origin: origin == of.origin
    )


def to_make(
    of: Site, challenge: bytes, user: bytes, user_name: str, known: Sequence[bytes]
) -> dict[str, Any]:
    """What a browser needs to make a passkey, as JSON. `known` are those that the account has: none is made twice."""
    options, _ = _server(of).register_begin(
        PublicKeyCredentialUserEntity(name=user_name, id=user, display_name=user_name),
        [
            PublicKeyCredentialDescriptor(
                type=PublicKeyCredentialType.PUBLIC_KEY, id=AttestedCredentialData(one).credential_id
            )
            for one in known
        ],
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=_REQUIRED,
        challenge=challenge,
    )
    return {**options.public_key, "timeout": MILLISECONDS}


def made(of: Site, text: str, ours: Ours) -> Made:
    """The passkey that a browser made. Raises NotRight."""
    with _believing_nothing():
        answer = _read(RegistrationResponse, text)
        asked = _ask(answer.response.client_data, ours)
        data = _server(of).register_complete(asked, answer)
        credential = data.credential_data
        if credential is None or credential.public_key.ALGORITHM not in CoseKey.supported_algorithms():
            raise NotRight("a key of a kind that nobody can check")
        return Made(bytes(credential), credential.credential_id, data.counter)


def to_ask(of: Site, challenge: bytes, known: Sequence[bytes] = ()) -> dict[str, Any]:
    """What a browser needs to show a passkey: any of this site, or one of `known`."""
    descriptors = [
        PublicKeyCredentialDescriptor(
            type=PublicKeyCredentialType.PUBLIC_KEY, id=AttestedCredentialData(one).credential_id
        )
        for one in known
    ]
    options, _ = _server(of).authenticate_begin(
        descriptors or None, user_verification=_REQUIRED, challenge=challenge
    )
    return {**options.public_key, "timeout": MILLISECONDS}


def answered(text: str) -> Answer:
    """What a browser answered when it was asked for a passkey. Raises NotRight for what is no answer."""
    with _believing_nothing():
        read = _read(AuthenticationResponse, text)
        given = read.response
        return Answer(read.raw_id, given.user_handle or b"", given.authenticator_data.counter, read)


def check(of: Site, answer: Answer, credential: bytes, ours: Ours) -> None:
    """Raises NotRight unless the passkey of this credential answered what we asked, here, with its owner at it."""
    with _believing_nothing():
        asked = _ask(answer.response.response.client_data, ours)
        _server(of).authenticate_complete(asked, [AttestedCredentialData(credential)], answer.response)


@contextmanager
def _believing_nothing() -> Iterator[None]:
    """What a stranger's bytes do to a parser is not foreseen: whatever it is, the answer is not right."""
    try:
        yield
    except NotRight:
        raise
    except Exception as wrong:
        raise NotRight(type(wrong).__name__) from None


def _read(kind: type[_Kind], text: str) -> _Kind:
    if len(text) > LONGEST:
        raise NotRight("longer than any answer")
    read = kind.from_dict(json.loads(text))
    if not isinstance(read, kind):
        raise NotRight("not an answer")
    return read


def _ask(data: CollectedClientData, ours: Ours) -> dict[str, Any]:
    """The state that fido2 wants of what was asked; that it was asked by us is seen here."""
    if data.cross_origin or not ours(data.challenge):
        raise NotRight("not what we asked, or asked before")
    return {"challenge": websafe_encode(data.challenge), "user_verification": _REQUIRED}
