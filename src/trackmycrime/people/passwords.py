"""How a password is stored, whose it is, and which will not do.

Two people may use one email address: the password says who of them it is. So that one hash answers that for all of
them, the salt of a password is the same for all accounts of an address; it is a keyed hash of the address, so it is
another one for every address and installation.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from django.contrib.auth.hashers import check_password, get_hasher, is_password_usable, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.utils.crypto import constant_time_compare

from trackmycrime.kernel import crypto

LONGEST = 200
SHORTEST = 10
OURS = ("trackmycrime", "police", "heddlu")


class Owner(Protocol):
    """Whoever has a password, as it is stored."""

    @property
    def password(self) -> str: ...


Anybody = TypeVar("Anybody", bound=Owner)


def _salt(email: str) -> str:
    return crypto.blind("password-salt", email.strip().casefold()).hex()[:32]


def hashed(email: str, password: str | None) -> str:
    """The password of an account with that email, as it is stored; None makes one that nobody can sign in with."""
    return make_password(None) if password is None else get_hasher().encode(password, _salt(email))


def is_current(email: str, stored: str) -> bool:
    """Whether a stored password has the salt and the cost of one that is made now."""
    hasher = get_hasher()
    return (
        stored.startswith(f"{hasher.algorithm}$")
        and hasher.decode(stored)["salt"] == _salt(email)
        and not hasher.must_update(stored)
    )


def owners(known: Sequence[Anybody], email: str, password: str, *, new: str = "") -> list[Anybody]:
    """Those of the accounts of one email whose password it is. `new`: the password by `hashed`, where it is at hand.

    One password is hashed whatever the answer, also for no account. Only where several accounts share the address and
    one of them was last used when passwords were stored in another way, it is one more.
    """
    if len(known) == 1 and not new and is_password_usable(known[0].password):
        return [one for one in known if check_password(password, one.password)]
    new = new or hashed(email, password)
    return [
        one
        for one in known
        if constant_time_compare(one.password, new)
        or (
            is_password_usable(one.password)
            and not is_current(email, one.password)
            and check_password(password, one.password)
        )
    ]


def faults(password: str, email: str = "", names: Iterable[str] = ()) -> list[str]:
    """What is wrong with a new password: ``short``, ``long``, ``common``, ``email``; nothing when it will do.

    Of `names` (what the service and the forces are called), and of the email, it may hold no more than a part: without
    it, it must still be long enough.
    """
    if len(password) > LONGEST:
        return ["long"]
    try:
        validate_password(password)
    except ValidationError as wrong:
        codes = {error.code for error in wrong.error_list}
        return ["short"] if "password_too_short" in codes else ["common"]
    if len(set(password.casefold())) < 3 or any(_mostly(password, name) for name in (*OURS, *names)):
        return ["common"]
    return ["email"] if _mostly(password, email.partition("@")[0]) or _mostly(password, email) else []


def _mostly(password: str, name: str) -> bool:
    """Whether the password is little more than that name, however it is spaced and written."""
    plain, name = _plain(password), _plain(name)
    return len(name) >= 4 and name in plain and len(plain.replace(name, "")) < SHORTEST


def _plain(text: str) -> str:
    return re.sub(r"[\W_]", "", text.casefold())
