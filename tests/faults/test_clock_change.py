"""The nights on which the clocks change: what waits for eight in the morning goes at eight by the new time.

The doors and the workers are real processes whose clock is shifted. In October an hour comes twice and eight is later
than it would have been; in March an hour is missing and eight is sooner.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.support.events import crime, victim
from tests.support.installation import Installation, counterparts, data_folder, rows
from tests.support.processes import TRACKMYCRIME, Background, eventually
from tests.support.serving import Serving

pytestmark = pytest.mark.processes
SHIFTED = str(Path(__file__).parent / "shifted")
FORCE = "avon-and-somerset"
WAITING = "select next_try_at from delivery_dispatch where state = 'prepared'"
SENT = "select at from delivery_attempt where result = 'accepted'"


def clock(moment: datetime) -> dict[str, str]:
    return {"PYTHONPATH": SHIFTED, "TMC_TEST_CLOCK": moment.isoformat()}


@pytest.mark.parametrize(
    ("evening", "eight"),
    [
        (datetime(2026, 10, 24, 21, 30, tzinfo=UTC), datetime(2026, 10, 25, 8, tzinfo=UTC)),
        (datetime(2027, 3, 27, 22, 30, tzinfo=UTC), datetime(2027, 3, 28, 7, tzinfo=UTC)),
    ],
    ids=["October: an hour twice", "March: an hour less"],
)
def test_what_waits_for_the_morning_goes_at_eight_by_the_new_time(evening: datetime, eight: datetime) -> None:
    with counterparts() as (mail, text), data_folder() as data:
        settings = {"TMC_EMAIL_URL": mail.url, "TMC_TEXT_URL": text.url}
        with Serving(data, settings=settings | clock(evening)) as serving:
            one = Installation(serving.ready(), mail, text)
            serving.command("force", "add", FORCE, "--name", "Avon and Somerset Police", "--languages", "en")
            words = ("source", "add", FORCE, "Niche", "--live-from", "always")
            one.tokens[FORCE] = serving.json(*words)["token"]
            one.send(
                FORCE,
                crime("52/1", 1, reported_at=evening.date().isoformat(), time=evening),
                victim("52/1", 2, email="rhian@example.org", mobile=None, time=evening),
            )
            # by whoever decided, or by the worker that looked once more
            eventually(lambda: rows(data, WAITING) == [(eight,)], 30, "the mail to wait until eight")

            def work(at: datetime) -> Background:
                return Background(
                    [*TRACKMYCRIME, "worker", "--data", str(data)], env={**serving.env, **clock(at)}
                )

            # by the old time it would be eight an hour too soon, or it would have been eight an hour ago
            for wrong in (eight - timedelta(hours=1), eight - timedelta(minutes=2)):
                with work(wrong) as worker:
                    eventually(lambda: "listens" in "".join(worker.complained), 30, "a worker")
                    time.sleep(1.5)
                assert not mail.mails
            with work(eight - timedelta(seconds=2)):
                eventually(lambda: len(mail.mails) == 1, 30, "the mail at eight")
                eventually(lambda: bool(rows(data, SENT)), 10, "what the worker wrote down")
            ((sent,),) = rows(data, SENT)
            assert eight <= sent < eight + timedelta(minutes=1)
