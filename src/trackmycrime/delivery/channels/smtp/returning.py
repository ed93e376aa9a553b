"""The address to which everything about one letter comes back: a bounce, a holiday answer, a person's reply.

``bounce+<id>.<mac>@mail.example.org``: so a bounce is known without reading it, and nobody can make one for a letter
that they do not hold. The part after the plus is hexadecimal and base32 in small letters, because mail systems may
change a letter's case on the way. Pure: no Django, no clock.
"""

import base64
import hmac
import re
from collections.abc import Iterator
from typing import Self
from uuid import UUID

_MAC_BYTES = 10
_KEYED = re.compile(r"([0-9a-f]{32})\.([a-z2-7]{16})")
_INSIDE = re.compile(rb"\+([0-9a-f]{32})\.([a-z2-7]{16})@", re.IGNORECASE)
_LONGEST = 64
"""Characters of a local part (RFC 5321 4.5.3.1.1)"""
_LOCAL = re.compile(r"[A-Za-z0-9._=-]+")
_DOMAIN = re.compile(r"[A-Za-z0-9.-]+|\[[A-Za-z0-9:.]+\]")


class Returning:
    """Makes and reads the addresses; `key` is the installation's own, for this purpose alone."""

    def __init__(self, local: str, domain: str, key: bytes) -> None:
        self.local, self.domain = local, domain
        self._key = key

    def __repr__(self) -> str:
        return f"<return addresses {self.local}+…@{self.domain}>"

    @classmethod
    def read(cls, setting: str, key: bytes) -> Self:
        """By a setting like ``bounce@mail.example.org``. Raises ValueError that says what would be right."""
        local, _, domain = setting.strip().rpartition("@")
        if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain):
            raise ValueError("the return address is like bounce@mail.example.org")
        longest = _LONGEST - len(f"+{32 * '0'}.{16 * 'a'}")
        if len(local) > longest:
            raise ValueError(f"the return address has at most {longest} characters before the @")
        return cls(local, domain, key)

    def address(self, letter: UUID, domain: str = "") -> str:
        """The letter's own address; at another domain than ours where one is named."""
        return f"{self.local}+{letter.hex}.{self._mac(letter)}@{domain or self.domain}"

    def letter(self, address: str) -> UUID | None:
        """Which letter this address belongs to; None for one that we have not made. The domain says nothing."""
        local = address.strip().strip("<>").rpartition("@")[0].casefold()
        base = f"{self.local.casefold()}+"
        found = _KEYED.fullmatch(local.removeprefix(base)) if local.startswith(base) else None
        return self._ours(found[1], found[2]) if found else None

    def inside(self, text: bytes) -> UUID | None:
        """The letter whose address stands in this text, as in a returned message; None where there is none."""
        return next(self._all_inside(text.replace(b"=\r\n", b"").replace(b"=\n", b"")), None)

    def is_base(self, address: str) -> bool:
        """Whether this is the address itself, without any letter's part."""
        local = address.strip().strip("<>").rpartition("@")[0]
        return local.casefold() == self.local.casefold()

    def _all_inside(self, text: bytes) -> Iterator[UUID]:
        for found in _INSIDE.finditer(text):
            if letter := self._ours(found[1].decode("ascii").lower(), found[2].decode("ascii").lower()):
                yield letter

    def _mac(self, letter: UUID) -> str:
        digest = hmac.digest(self._key, letter.bytes, "sha256")[:_MAC_BYTES]
        return base64.b32encode(digest).decode("ascii").lower()

    def _ours(self, id_: str, mac: str) -> UUID | None:
        letter = UUID(hex=id_)
        return letter if hmac.compare_digest(self._mac(letter), mac) else None
