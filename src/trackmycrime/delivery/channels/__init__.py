"""Ways to reach an address. One folder for each kind of provider; nothing in here knows the database."""

from typing import Protocol

from trackmycrime.delivery.letters import Letter, Outcome


class Channel(Protocol):
    """A way to hand one letter to a provider. One instance for each thread; it may keep a connection."""

    askable: bool = False
    """Whether the provider can be asked by our id what became of a letter. If so, it is asked before a letter that may
    have arrived is sent again."""

    def send(self, letter: Letter) -> Outcome:
        """Try once. Never raises for anything that a provider or the network does; see Outcome for the answers."""

    def ask(self, letter: Letter) -> Outcome | None:
        """What the provider knows of the letter with our id; None when it never got it.

        An Outcome otherwise: ``accepted`` (with its id), ``never``, ``later`` (it had it and will not deliver it, but
        may another time), ``unclear`` when it cannot say now. Raises no more than `send`.
        """
        return Outcome("unclear", "cannot be asked")

    def close(self) -> None:
        """Let the kept connection go."""
