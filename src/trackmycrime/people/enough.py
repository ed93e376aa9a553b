"""What somebody must show to be let in, and to do what is dangerous. Pure: no Django, no clock."""

from collections.abc import Set
from datetime import timedelta
from enum import StrEnum

from .factors.second import Held

HALF_LIFE = timedelta(minutes=10)
"""How long what was shown first waits for what is still missing"""
FRESH = timedelta(minutes=10)
"""How long after a sign-in, or after it was confirmed, a page that can do harm opens without asking again"""


class How(StrEnum):
    """A way to show who somebody is."""

    PASSWORD = "password"  # noqa: S105 (its name)
    PASSKEY = "passkey"
    """With the device's own check of its user, so it is two in one"""
    CODE = "code"
    """Six digits that were sent to them"""
    APP = "app"
    """Six digits from an app (TOTP)"""
    RECOVERY = "recovery"
    """One of the codes that were written down for the day on which all else is lost"""
    INVITATION = "invitation"
    """Two proofs that went two ways, or an officer who knew whom they gave the code to"""
    PROVIDER = "provider"
    """An OpenID provider that was asked"""


ALONE = frozenset({How.PASSKEY, How.PROVIDER, How.INVITATION})
_SECOND = {
    "code": frozenset({How.CODE, How.APP, How.RECOVERY}),
    "app": frozenset({How.APP, How.RECOVERY}),
    "passkey": frozenset({How.APP, How.RECOVERY}),
}
"""What goes with a password, by what the account asks for. A code that is sent is not as good as an app or a passkey:
who chose one of these may have done so because somebody else reads what is sent to them."""


def enough(shown: Set[How], *, door: str, second_step: str, code_alone: bool, vouched: bool = False) -> bool:
    """Whether what was shown lets somebody in at ``portal`` or ``desk``.

    `second_step` is what the account asks besides a password; at the desk a password alone lets in only whoever has
    nothing else yet, so that they can add it (`must_add`). `code_alone` counts as long as there is no second step: it
    says that a code may stand for the password, not for both. For whom a force's provider vouches (`vouched`),
    nothing else will do: it would outlive what the provider says.
    """
    if vouched:
        return How.PROVIDER in shown
    if shown & (ALONE if door == "portal" else ALONE - {How.INVITATION}):
        return True
    if second_step:
        return How.PASSWORD in shown and bool(shown & _SECOND.get(second_step, frozenset()))
    return How.PASSWORD in shown or (door == "portal" and code_alone and How.CODE in shown)


def must_add(shown: Set[How], *, door: str) -> bool:
    """Whether somebody who was let in must first add an app or a passkey, before they can do anything else."""
    return door == "desk" and shown <= {How.PASSWORD}


def next_steps(
    shown: Set[How], *, door: str, second_step: str, code_alone: bool, vouched: bool = False
) -> frozenset[How]:
    """What somebody who has shown that much may show next, to be let in or to come nearer to it."""
    if vouched:
        return frozenset({How.PROVIDER})
    helps = {
        how for how in How if enough(shown | {how}, door=door, second_step=second_step, code_alone=code_alone)
    }
    return frozenset(helps | (set() if How.PASSWORD in shown else {How.PASSWORD}))


def lacking(held: Held) -> frozenset[How]:
    """What nobody can show who has no more than that."""
    has = {How.PASSKEY: held.passkeys, How.APP: held.app, How.RECOVERY: held.codes}
    return frozenset(how for how, there in has.items() if not there)


def straight(ways: Set[How]) -> How | None:
    """What to ask for at once, where there is nothing to choose: the app's own page leads to the recovery codes."""
    if len(ways) == 1:
        return next(iter(ways))
    return How.APP if ways == {How.APP, How.RECOVERY} else None
