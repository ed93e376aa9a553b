"""Ways to reach an address. One folder for each kind of provider; nothing in here knows the database."""

from functools import partial
from typing import Protocol

from trackmycrime.delivery.letters import Letter, Outcome

from .stepping import Elsewhere, Steps


class Channel(Protocol):
    """A way to hand one letter to a provider, one after the other. Each instance may keep a connection."""

    askable: bool = False
    """Whether the provider can be asked by our id what became of a letter. If so, it is asked before a letter that may
    have arrived is sent again."""

    def send(self, letter: Letter) -> Outcome:
        """Try once. Never raises for anything that a provider or the network does; see Outcome for the answers."""

    def steps(self, letter: Letter) -> Steps[Outcome]:
        """The same as `send` for one that attends to many connections at once; see `stepping`."""
        outcome: Outcome = yield Elsewhere(partial(self.send, letter))
        return outcome

    def ask(self, letter: Letter) -> Outcome | None:
        """What the provider knows of the letter with our id; None when it never got it.

        An Outcome otherwise: ``accepted`` (with its id), ``never``, ``later`` (it had it and will not deliver it, but
        may another time), ``unclear`` when it cannot say now. Raises no more than `send`.
        """
        return Outcome("unclear", "cannot be asked")

    def close(self) -> None:
        """Let the kept connection go."""
