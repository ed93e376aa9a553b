"""Ways to reach an address. One folder for each kind of provider; nothing in here knows the database."""

from typing import Protocol

from trackmycrime.delivery.letters import Letter, Outcome


class Channel(Protocol):
    """A way to hand one letter to a provider. One instance for each thread; it may keep a connection."""

    def send(self, letter: Letter) -> Outcome:
        """Try once. Never raises for anything that a provider or the network does; see Outcome for the answers."""

    def close(self) -> None:
        """Let the kept connection go."""
