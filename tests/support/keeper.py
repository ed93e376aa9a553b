"""Something that keeps passkeys, in software: it makes keys and signs with them as WebAuthn says, and can lie."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256
from fido2.utils import sha256, websafe_decode, websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
LOCAL = {"portal": "http://localhost:8000", "desk": "http://localhost:8001"}
"""What a browser that is at a door of the tests writes as its origin."""


@dataclass
class Keeper:
    """A phone or a key with one passkey on it, at `origin`. What is wrong with an answer is set on it."""

    origin: str = LOCAL["portal"]
    host: str = "localhost"
    verified: bool = True
    count: int = 0
    counts: bool = True
    cross_origin: bool = False
    id: bytes = field(default_factory=lambda: os.urandom(32))
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    user: bytes = b""

    def _data(self, kind: str, challenge: str) -> CollectedClientData:
        return CollectedClientData.create(
            kind, websafe_decode(challenge), self.origin, cross_origin=self.cross_origin
        )

    def _flags(self, more: int = 0) -> int:
        return PRESENT | (VERIFIED if self.verified else 0) | more

    def make(self, options: str) -> str:
        """Answer to «make a passkey»."""
        asked = json.loads(options)
        self.user = websafe_decode(asked["user"]["id"])
        public = ES256.from_cryptography_key(self.key.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        data = AuthenticatorData.create(
            sha256(self.host.encode()), self._flags(ATTESTED), self.count, credential
        )
        client = self._data("webauthn.create", asked["challenge"])
        response = {
            "clientDataJSON": websafe_encode(client),
            "attestationObject": websafe_encode(AttestationObject.create("none", data, {})),
        }
        return self._answer(response)

    def show(self, options: str) -> str:
        """Answer to «show a passkey»."""
        asked = json.loads(options)
        self.count += self.counts
        data = AuthenticatorData.create(sha256(self.host.encode()), self._flags(), self.count)
        client = self._data("webauthn.get", asked["challenge"])
        signature = self.key.sign(bytes(data) + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": websafe_encode(client),
            "authenticatorData": websafe_encode(data),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(self.user),
        }
        return self._answer(response)

    def _answer(self, response: dict[str, Any]) -> str:
        named = websafe_encode(self.id)
        return json.dumps({"id": named, "rawId": named, "type": "public-key", "response": response})
