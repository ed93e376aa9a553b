"""Whether an officer may send a letter to somebody, and what for."""

from trackmycrime.delivery.api import set_up
from trackmycrime.people import letters
from trackmycrime.people.models import Victim
from trackmycrime.publish.refresh import protected_crimes


def why_not(victim: Victim) -> str:
    """Why no letter may be sent to this victim (`people.letters.why_not`); empty when one may. Two statements."""
    return letters.why_not(victim, protected=bool(protected_crimes(victim.force, [victim.crime_id])))


def may_post() -> bool:
    """Whether there is somebody who prints and posts letters for us."""
    return "letter" in set_up()


def may_tell(kind: str, victim: Victim) -> bool:
    """Whether a task of that kind may be done by a letter to this victim: it says that there is something new."""
    return kind == "tell_yourself" and victim.live and not why_not(victim)
