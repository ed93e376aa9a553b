"""An alert over a cap goes on by another safe channel, or waits; nothing is dropped."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from trackmycrime import rounds
from trackmycrime.alerts.api import tell, tell_of_change
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery import work
from trackmycrime.delivery.models import Dispatch
from trackmycrime.delivery.work import Holder
from trackmycrime.forces.models import Force
from trackmycrime.kernel.ids import new_id

from .making import NOW, Made, force, made

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(minutes=31)


@pytest.fixture(autouse=True)
def both_channels(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1"


def over(**values: Any) -> Made:
    """A victim who prefers texts, in a force whose budget for them is used up."""
    of = force(policy={"text_budget_day": 1})
    for values_ in ({}, values):
        one = made(of, preferred_channel="text", **values_)
        with transaction.atomic():
            tell(of.id, one.news(), now=NOW)
    assert len(claim("text")) == 1
    return one


def claim(channel: str, now: Any = NOW) -> list[Any]:
    return work.claim(Holder(new_id(), channel), most=9, now=now, upstairs=rounds.UPSTAIRS)[0]


def test_it_goes_on_by_the_next_safe_channel_and_stays_there() -> None:
    over()
    alert = Alert.objects.get(channel="email")
    assert (alert.state, alert.tried) == ("waiting", [{"channel": "text", "reason": "budget day"}])
    (letter,) = claim("email")
    assert letter.owner_id == alert.id
    assert not Dispatch.objects.filter(state="prepared").exists()


def test_where_no_other_channel_is_safe_it_waits_until_the_budget_is_raised() -> None:
    one = over(safe_channels=["text"])
    alert = Alert.objects.get(victim=one.victim)
    assert (alert.state, alert.channel, alert.tried) == ("waiting", "text", [])
    assert Dispatch.objects.get(owner_id=alert.id).reason == "budget day"
    Force.objects.update(policy={})
    (letter,) = claim("text", LATER)
    assert letter.owner_id == alert.id


def test_what_goes_by_its_own_channel_waits_and_is_not_written_again_and_again() -> None:
    """That an address is another now is told to that one number: no other channel can say it instead."""
    of = over().force
    one = made(of)
    with transaction.atomic():
        tell_of_change(of.id, {one.victim.id: ["email"]}, now=NOW)
    for _ in range(3):
        assert claim("text") == []
    letter = Dispatch.objects.get(owner_id=Alert.objects.get(about="contact_told").id)
    assert (letter.state, letter.reason) == ("prepared", "budget day")
    Force.objects.update(policy={})
    assert [each.id for each in claim("text", LATER)] == [letter.id]
