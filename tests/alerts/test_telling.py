"""What a batch of news becomes: one alert each, in the right words, by the right way, never twice."""

from datetime import time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.support.doors import role
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert, Told
from trackmycrime.delivery.api import standing
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel import scope
from trackmycrime.tasks.models import Task

from . import making
from .making import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def both_set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"
    settings.TMC_PORTAL_URL = "https://trackmycrime.example"


def only_letter() -> Dispatch:
    return Dispatch.objects.get()


def test_news_by_the_gateway_is_one_mail_that_says_nothing() -> None:
    made = making.made(email="rhian.pritchard@example.org")
    news = made.news("update:1", "derived:officer_assigned:2")
    with scope.bound(force=made.force.id), role("gateway"):
        counts = tell(made.force.id, news, now=NOW)
    assert counts["alerts"] == 1
    letter = only_letter()
    assert (letter.channel, letter.address, letter.state) == (
        "email",
        "rhian.pritchard@example.org",
        "prepared",
    )
    assert letter.next_try_at == NOW
    assert letter.subject == "You have more than one update"
    words = f"{letter.subject} {letter.body}"
    assert "https://trackmycrime.example" in words
    for secret in ("Rhian", "Pritchard", made.crime.reference, "urglary", "/case", "start/", "Avon"):
        assert secret not in words
    alert = Alert.objects.get()
    assert (alert.state, alert.about, alert.channel) == ("waiting", "update", "email")
    assert Told.objects.filter(alert=alert).count() == 2


@pytest.mark.parametrize(
    ("values", "channel", "words"),
    [
        ({}, "email", "alert.email/en@0"),
        ({"language": "cy"}, "email", "alert.email/cy@0"),
        ({"email": ""}, "text", "alert.text/en@0"),
    ],
)
def test_a_letter_says_from_which_words_it_was_frozen(
    values: dict[str, str], channel: str, words: str
) -> None:
    made = making.made(**values)
    tell(made.force.id, made.news(), now=NOW)
    letter = only_letter()
    assert (letter.channel, letter.words) == (channel, words)
    assert standing([letter.owner_id])[0].words == words


def test_a_letter_in_both_languages_names_the_version_of_each() -> None:
    made = making.made(making.force("north-wales", languages=["cy", "en"]))
    tell(made.force.id, made.news(), now=NOW)
    assert only_letter().words == "alert.email/cy@0+en@0"


def test_the_same_news_again_in_any_order_tells_nobody() -> None:
    made = making.made()
    news = made.news("update:1", "update:2")
    tell(made.force.id, news, now=NOW)
    for again in (news, news[::-1], news[:1], [*news, *news]):
        assert tell(made.force.id, again, now=NOW + timedelta(minutes=5))["alerts"] == 0
    assert Dispatch.objects.count() == Alert.objects.count() == 1


def test_a_correction_is_told_only_in_other_words() -> None:
    made = making.made()
    tell(made.force.id, made.news("update:1", words="first"), now=NOW)
    Dispatch.objects.update(state="accepted")
    Alert.objects.update(state="sent")
    assert tell(made.force.id, made.news("update:1", revision=2, words="first"), now=NOW)["alerts"] == 0
    assert tell(made.force.id, made.news("update:1", revision=3, words="other"), now=NOW)["alerts"] == 1
    # and what is older than what was told is no news
    assert tell(made.force.id, made.news("update:1", revision=2, words="between"), now=NOW)["alerts"] == 0


def test_what_comes_while_an_alert_still_waits_joins_it() -> None:
    made = making.made(safe_from=time(20), safe_to=time(21))
    tell(made.force.id, made.news("update:1"), now=NOW)
    counts = tell(made.force.id, made.news("update:2"), now=NOW + timedelta(hours=1))
    assert counts["joined"] == 1
    assert only_letter().next_try_at == NOW.replace(hour=20, minute=0)
    assert set(Told.objects.values_list("entry", flat=True)) == {"update:1", "update:2"}
    # once it has gone out, what is new is a new alert
    Dispatch.objects.update(state="accepted")
    Alert.objects.update(state="sent")
    assert tell(made.force.id, made.news("update:3"), now=NOW + timedelta(hours=2))["alerts"] == 1


def test_a_message_and_an_update_look_alike_from_outside() -> None:
    one, other = making.made(), making.made()
    message = making.News(one.victim.id, one.case.id, "message:7", 0, b"m" * 32, "message")
    tell(one.force.id, [message, *other.news()], now=NOW)
    first, second = Dispatch.objects.all()
    assert (first.subject, first.body) == (second.subject, second.body)
    assert set(Alert.objects.values_list("about", flat=True)) == {"message", "update"}


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({"disguise": True}, "disguise"),
        ({"no_portal": True}, "no portal"),
        ({"safe_channels": []}, "no safe channel"),
        ({"safe_channels": ["phone"]}, "no safe way"),
        ({"preferred_channel": "letter"}, "prefers letter"),
        ({"email": "", "mobile": ""}, "no safe way"),
        ({"joined": False}, "not invited"),
    ],
)
def test_whom_no_machine_may_reach_an_officer_is_asked_to_tell(values: dict[str, Any], reason: str) -> None:
    made = making.made(**values)
    with scope.bound(force=made.force.id), role("gateway"):
        counts = tell(made.force.id, made.news(make=False), now=NOW)
    assert counts["by_person"] == 1
    assert not Dispatch.objects.exists()
    alert = Alert.objects.get()
    assert (alert.state, alert.reason) == ("by_person", reason)
    task = Task.objects.get()
    assert (task.kind, task.victim_id, task.officer_id, task.unit_id) == (
        "tell_yourself",
        made.victim.id,
        "O1",
        "U1",
    )
    # more news adds no second task while the first is open
    tell(made.force.id, made.news("update:2", make=False), now=NOW)
    assert Task.objects.count() == 1


def test_the_victims_own_choice_stands_over_what_the_police_prefer() -> None:
    made = making.made(chosen_channel="text", preferred_channel="email")
    tell(made.force.id, made.news(), now=NOW)
    letter = only_letter()
    assert (letter.channel, letter.address, letter.subject) == ("text", made.victim.mobile, None)
    assert letter.body is not None
    assert "http" not in letter.body
    assert "trackmycrime.example" not in letter.body


def test_an_address_whose_holder_said_not_for_me_is_never_used() -> None:
    made = making.made()
    made.change(blocked_hashes=[made.victim.email_hash])
    tell(made.force.id, made.news(), now=NOW)
    assert only_letter().channel == "text"


def test_somebody_without_a_part_in_it_or_of_another_force_is_not_told() -> None:
    gone, foreign = making.made(live=False), making.made(making.force("kent", name="Kent Police"))
    counts = tell(gone.force.id, [*gone.news(), *foreign.news()], now=NOW)
    assert counts["silent"] == 2
    assert not Alert.objects.exists()
    assert not Dispatch.objects.exists()


def test_before_joining_at_most_one_alert_a_day_and_nothing_is_lost() -> None:
    made = making.made(joined=False)
    from trackmycrime.alerts.api import send_invitations

    send_invitations(made.force.id, [making.invited(made)], made.news("update:1"), now=NOW)
    Dispatch.objects.update(state="accepted")
    Alert.objects.update(state="sent", finished_at=NOW)
    tell(made.force.id, made.news("update:2"), now=NOW + timedelta(hours=1))
    tell(made.force.id, made.news("update:3"), now=NOW + timedelta(hours=2))
    letter = Dispatch.objects.get(purpose="alert")
    assert letter.next_try_at == NOW + timedelta(days=1)
    assert letter.subject == "Something new is waiting for you"
    assert Told.objects.filter(entry__startswith="update:").count() == 3


@pytest.mark.parametrize(
    ("languages", "values", "expected"),
    [
        (["en"], {}, "en"),
        (["cy", "en"], {}, "cy+en"),
        (["cy", "en"], {"language": "cy"}, "cy"),
        (["cy", "en"], {"language": "en-GB"}, "en"),
        (["cy", "en"], {"language": "pl"}, "cy+en"),
        (["en"], {"language": "pl"}, "en"),
        (["en"], {"language": "cy"}, "cy"),
        (["cy", "en"], {"language": "cy", "chosen_language": "en"}, "en"),
    ],
)
def test_in_which_language(languages: list[str], values: dict[str, Any], expected: str) -> None:
    made = making.made(making.force("south-wales", languages=languages), **values)
    tell(made.force.id, made.news(), now=NOW)
    letter = only_letter()
    assert letter.language == expected
    body = str(letter.body)
    welsh, english = "Mae rhywbeth newydd", "There is something new"
    assert (welsh in body, english in body) == ("cy" in expected, "en" in expected)
    if expected == "cy+en":
        assert body.index(welsh) < body.index(english)


def test_a_channel_without_a_provider_waits_and_is_counted(settings: Any) -> None:
    settings.TMC_TEXT_URL = ""
    made = making.made(chosen_channel="text")
    tell(made.force.id, made.news(), now=NOW)
    from trackmycrime.alerts.api import waiting_for_a_channel

    assert Alert.objects.get().state == "not_set_up"
    assert only_letter().state == "prepared"
    assert waiting_for_a_channel(made.force.id) == {"text": 1}


def test_a_thousand_news_cost_a_bounded_number_of_statements() -> None:
    force = making.force()
    several = [making.made(force) for _ in range(3)]
    many = [making.made(force, disguise=n % 5 == 0) for n in range(60)]
    for each in (*several, *many):
        each.entry()

    def cost(some: list[making.Made]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            tell(force.id, [item for each in some for item in each.news(make=False)], now=NOW)
        return len(queries)

    assert cost(several) <= 9
    assert cost(many) <= 9


def test_two_at_once_telling_the_same_tell_it_once() -> None:
    """The second finds what the first has told although it had decided before it could see it."""
    made = making.made()
    news = made.news()
    from trackmycrime.alerts import telling

    kept = telling._untold
    try:
        telling._untold = lambda items: {made.victim.id: list(items)}  # type: ignore[assignment]
        telling_not_gone = telling._not_gone_out
        telling._not_gone_out = lambda victims, now: {}  # type: ignore[assignment]
        with transaction.atomic():
            assert tell(made.force.id, news, now=NOW)["alerts"] == 1
            assert tell(made.force.id, news, now=NOW)["alerts"] == 0
    finally:
        telling._untold, telling._not_gone_out = kept, telling_not_gone
    assert Dispatch.objects.count() == Alert.objects.count() == 1


def test_what_is_told_belongs_to_an_alert_of_the_same_victim() -> None:
    made, other = making.made(), making.made(making.force("south-wales"))
    tell(made.force.id, made.news(), now=NOW)
    for stray in (
        {"victim": other.victim},
        {"force": other.force},
        {"victim": other.victim, "force": other.force},
    ):
        with pytest.raises(IntegrityError, match="same_force"), transaction.atomic():
            Told.objects.update(**stray)
            with connection.cursor() as cursor:
                cursor.execute("set constraints all immediate")
