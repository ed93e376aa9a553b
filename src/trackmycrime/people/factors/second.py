"""What is asked besides the password, when a factor comes or goes. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Held:
    """What an account has: how many passkeys, whether an app, how many recovery codes that are still good."""

    passkeys: int = 0
    app: bool = False
    codes: int = 0


def after(door: str, asked: str, held: Held, *, added: str = "") -> str:
    """What is asked from now on (``app``, ``passkey``, ``code`` or nothing), given what was and what there is now.

    An officer's is always the strongest that there is. A victim who adds an app wants to be asked for it; a passkey
    may also be wanted only to be quick. What is gone is not asked for.
    """
    if door == "desk":
        return "app" if held.app else "passkey" if held.passkeys else ""
    if added == "app":
        return "app"
    gone = (asked == "app" and not held.app) or (asked == "passkey" and not held.passkeys)
    return "" if gone else asked


def may_go(door: str, held: Held) -> bool:
    """Whether the last that was taken away may go: an officer keeps one app or passkey at least."""
    return door != "desk" or held.app or held.passkeys > 0
