"""What a worker makes of the letters of a force: it takes them, and a provider answers as it is told to."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from tests.support.doors import role
from trackmycrime.alerts.api import UPSTAIRS
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.work import Holder, Tried, claim, complete
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id

WORKER = new_id()
TOOK = timedelta(milliseconds=43)


def send(*answers: Outcome, channel: str = "email", start: datetime | None = None) -> Sequence[Letter]:
    """Try what is due as often as there are answers, each time an hour later; returns what was tried last."""
    letters: Sequence[Letter] = []
    for now, answer in zip(_hours(start or utc_now()), answers, strict=False):
        with role("worker"):
            letters, _more = claim(Holder(WORKER, channel), most=50, now=now, upstairs=UPSTAIRS)
        with role("worker"):
            tried = [Tried(one, answer, now - TOOK, TOOK // timedelta(milliseconds=1)) for one in letters]
            complete(tried, now=now, upstairs=UPSTAIRS)
    return letters


def _hours(start: datetime) -> Iterator[datetime]:
    while True:
        yield start
        start += timedelta(hours=1)
