"""Nothing is sent twice through Notify: real workers, killed with letters in flight, and answers that are lost."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from tests.alerts import making
from tests.support.events import AT_ANY_HOUR
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.models import Attempt, Dispatch
from trackmycrime.kernel.clock import utc_now

from .notify_service import EMAIL_TEMPLATE, KEY, RESET, RESET_UNREAD, TEXT_TEMPLATE, Notify, notify_service
from .processes import wait_for, worker

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def notify() -> Iterator[Notify]:
    with notify_service() as running:
        yield running


@pytest.fixture
def by_notify(notify: Notify, settings: Any) -> dict[str, str]:
    """The settings of a worker that sends by Notify; the rooms above know of both channels."""
    settings.TMC_EMAIL_URL = settings.TMC_TEXT_URL = ""
    settings.TMC_NOTIFY_EMAIL_TEMPLATE, settings.TMC_NOTIFY_TEXT_TEMPLATE = EMAIL_TEMPLATE, TEXT_TEMPLATE
    return {
        "TMC_NOTIFY_API_KEY": KEY,
        "TMC_NOTIFY_BASE_URL": notify.url,
        "TMC_NOTIFY_EMAIL_TEMPLATE": EMAIL_TEMPLATE,
        "TMC_NOTIFY_TEXT_TEMPLATE": TEXT_TEMPLATE,
    }


def told(n: int) -> None:
    force = making.force(policy=AT_ANY_HOUR)
    found = [
        making.made(force, email=f"made.up{k}@example.org", mobile=f"+447700900{k:03d}") for k in range(n)
    ]
    for each in found:
        each.entry()
    with transaction.atomic():
        tell(found[0].force.id, [item for each in found for item in each.news(make=False)], now=utc_now())


def all_sent(n: int) -> bool:
    return Alert.objects.filter(state="sent").count() == n


def states() -> str:
    return str(Counter(Dispatch.objects.values_list("channel", "state", "reason", "tries")))


def test_a_killed_worker_repeats_nothing(notify: Notify, by_notify: dict[str, str]) -> None:
    told(4)
    with worker("--email-senders", "1", settings=by_notify, pause_at="sent:2") as first:
        first.wait_until_says("paused at sent")
        assert len(notify.kept) >= 1
        first.kill()
    with worker(settings=by_notify):
        wait_for(lambda: all_sent(4), why=states)
    assert len(notify.kept) == len(set(notify.references())) == 4
    assert {str(one.id) for one in Dispatch.objects.all()} == set(notify.references())
    assert {one.provider_id for one in Dispatch.objects.all()} == {one["id"] for one in notify.kept}
    assert Attempt.objects.filter(how="asked", result="accepted").count() == 1


def test_answers_that_are_lost_repeat_nothing_and_lose_nothing(
    notify: Notify, by_notify: dict[str, str]
) -> None:
    told(6)
    lost: Counter[str] = Counter()

    def sometimes(said: dict[str, Any]) -> str | None:
        lost[said["reference"]] += 1
        if lost[said["reference"]] > 1:
            return None
        return RESET if len(lost) % 2 else RESET_UNREAD

    notify.rule = sometimes
    with worker(settings=by_notify):
        wait_for(lambda: all_sent(6), why=states)
    assert len(notify.kept) == len(set(notify.references())) == 6
    assert sorted(lost.values()) == [1, 1, 1, 2, 2, 2], "only what Notify never got is sent once more"
