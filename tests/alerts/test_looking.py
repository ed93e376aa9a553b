"""Just before a letter goes out everything is looked at once more; after one has failed, what is still true goes on."""

from collections.abc import Callable
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.support.doors import role
from trackmycrime.alerts.api import UPSTAIRS, send_code, send_invitations, tell
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.models import Dispatch
from trackmycrime.delivery.work import Holder, Tried, claim, complete
from trackmycrime.kernel.ids import new_id
from trackmycrime.publish.models import Entry
from trackmycrime.tasks.models import Task

from . import making
from .making import NOW, Made

pytestmark = pytest.mark.django_db
WORKER = new_id()


@pytest.fixture(autouse=True)
def both_set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"


def due(channel: str = "email", now: datetime = NOW) -> list[Letter]:
    """What a worker takes to send now."""
    with role("worker"):
        return claim(Holder(WORKER, channel), most=10, now=now, upstairs=UPSTAIRS)[0]


def ended(letters: list[Letter], outcome: Outcome, now: datetime = NOW) -> None:
    """The provider's answer is written down."""
    with role("worker"):
        complete([Tried(letter, outcome, now) for letter in letters], now=now, upstairs=UPSTAIRS)


def told(**values: Any) -> Made:
    """A victim with one alert that waits to be sent by email."""
    made = making.made(**values)
    tell(made.force.id, made.news(), now=NOW)
    return made


def test_what_still_holds_goes_out_once() -> None:
    made = told()
    (letter,) = due()
    assert letter.address == made.victim.email
    assert due() == []
    ended([letter], Outcome("accepted", "250"))
    assert (Alert.objects.get().state, Dispatch.objects.get().state) == ("sent", "accepted")


def close_case(made: Made) -> None:
    made.case.open = False
    made.case.save()


def over(made: Made) -> None:
    made.case.readable_until = NOW - timedelta(seconds=1)
    made.case.save()


def entry_is(state: str) -> Callable[[Made], None]:
    return lambda made: Entry.objects.filter(case=made.case).update(state=state) and None


@pytest.mark.parametrize(
    ("happens", "alert_state", "reason"),
    [
        (lambda made: made.change(live=False), "cancelled", "not live"),
        (close_case, "cancelled", "case closed"),
        (over, "cancelled", "case closed"),
        (entry_is("withdrawn"), "cancelled", "withdrawn"),
        (entry_is("gone"), "cancelled", "withdrawn"),
        (entry_is("held"), "cancelled", "withdrawn"),
        (lambda made: Entry.objects.update(victims=[new_id()]), "cancelled", "withdrawn"),
        (lambda made: made.change(disguise=True), "by_person", "disguise"),
        (lambda made: made.change(no_portal=True), "by_person", "no portal"),
        (lambda made: made.change(safe_channels=[]), "by_person", "no safe channel"),
        (lambda made: made.change(safe_channels=["phone"]), "by_person", "no safe way"),
        (lambda made: made.change(preferred_channel="in_person"), "by_person", "prefers in_person"),
        (lambda made: made.change(email="", mobile=""), "by_person", "no safe way"),
        (
            lambda made: made.change(blocked_hashes=[made.victim.email_hash, made.victim.mobile_hash]),
            "by_person",
            "no safe way",
        ),
        (lambda made: made.change(joined_at=NOW + timedelta(minutes=1)), "opened", "joined"),
    ],
)
def test_what_no_longer_holds_is_cancelled_and_says_why(
    happens: Callable[[Made], object], alert_state: str, reason: str
) -> None:
    made = told()
    happens(made)
    assert due() == due("text") == []
    letter, alert = Dispatch.objects.get(), Alert.objects.get()
    assert (letter.state, letter.reason) == ("cancelled", reason)
    assert (alert.state, alert.reason) == (alert_state, reason)
    assert Task.objects.filter(kind="tell_yourself").count() == (alert_state == "by_person")


@pytest.mark.parametrize(
    ("values", "channel", "reason"),
    [
        ({"email": "new.address@example.org"}, "email", "address changed"),
        ({"email": ""}, "text", "channel changed"),
        ({"safe_channels": ["text"]}, "text", "channel changed"),
        ({"chosen_channel": "text"}, "text", "channel changed"),
    ],
)
def test_whose_way_has_changed_is_told_by_the_new_one_and_never_by_the_old(
    values: dict[str, Any], channel: str, reason: str
) -> None:
    made = told()
    made.change(**values)
    assert due() == []
    old = Dispatch.objects.get(state="cancelled")
    assert old.reason == reason
    (letter,) = due(channel)
    assert letter.address == (values.get("email") or made.victim.mobile)
    ended([letter], Outcome("accepted", "250"))
    alert = Alert.objects.get()
    assert (alert.state, alert.channel) == ("sent", channel)
    # it was told, though not by the first letter: the same news is no news
    assert tell(made.force.id, made.news(make=False), now=NOW)["alerts"] == 0


def test_a_blocked_address_is_looked_at_again() -> None:
    made = told()
    made.change(blocked_hashes=[made.victim.email_hash])
    assert due() == []
    assert [letter.address for letter in due("text")] == [made.victim.mobile]


def test_safe_hours_that_were_said_meanwhile_put_it_off() -> None:
    made = told()
    made.change(safe_from=time(18), safe_to=time(19))
    assert due() == []
    evening = NOW.replace(hour=18, minute=0)
    assert Dispatch.objects.get().next_try_at == evening
    assert due(now=NOW.replace(hour=17, minute=59)) == []
    assert len(due(now=evening)) == 1


def test_a_second_try_keeps_to_the_safe_hours_too() -> None:
    told(safe_from=time(14), safe_to=time(14, 5))
    (letter,) = due()
    ended([letter], Outcome("later", "451"), now=NOW + timedelta(seconds=58))
    assert Alert.objects.get().state == "waiting"
    assert due(now=NOW + timedelta(minutes=2)) == []
    assert Dispatch.objects.get().next_try_at == NOW.replace(hour=14, minute=0) + timedelta(days=1)


def test_what_was_cancelled_was_not_told() -> None:
    """A case is withheld while the alert waits; when it opens again and the entry is released, it is told."""
    made = told()
    close_case(made)
    assert due() == []
    made.case.open = True
    made.case.save()
    assert tell(made.force.id, made.news(make=False), now=NOW)["alerts"] == 1
    assert len(due()) == 1


def test_of_several_entries_one_that_stands_is_enough() -> None:
    made = making.made()
    tell(made.force.id, made.news("update:1", "update:2"), now=NOW)
    Entry.objects.filter(key="update:1").update(state="gone")
    assert len(due()) == 1


def test_a_message_needs_no_entry() -> None:
    made = making.made()
    tell(
        made.force.id,
        [making.News(made.victim.id, made.case.id, "message:7", 0, b"m" * 32, "message")],
        now=NOW,
    )
    assert len(due()) == 1


# ---------------------------------------------------------------- failures


def test_a_refused_mail_goes_on_as_a_text() -> None:
    made = told()
    ended(due(), Outcome("never", "550 5.1.1"))
    alert = Alert.objects.get()
    assert (alert.state, alert.channel) == ("waiting", "text")
    assert alert.tried == [{"channel": "email", "reason": "refused 550 5.1.1"}]
    (text,) = due("text")
    assert text.address == made.victim.mobile
    ended([text], Outcome("accepted", "202"))
    assert Alert.objects.get().state == "sent"


def test_where_no_way_is_left_an_officer_hears_of_it() -> None:
    made = told()
    ended(due(), Outcome("never", "550"))
    ended(due("text"), Outcome("never", "400"))
    alert = Alert.objects.get()
    assert (alert.state, alert.reason) == ("failed", "refused 400")
    task = Task.objects.get()
    assert (task.kind, task.victim_id) == ("could_not_be_reached", made.victim.id)
    assert [each["channel"] for each in task.detail["tried"]] == ["email", "text"]
    assert made.victim.email not in str(task.detail)


def test_what_fails_goes_on_only_by_what_is_safe_now() -> None:
    made = told()
    (letter,) = due()
    made.change(safe_channels=["email"])
    ended([letter], Outcome("never", "550"))
    assert not Dispatch.objects.filter(channel="text").exists()
    assert Alert.objects.get().state == "failed"
    assert Task.objects.get().kind == "could_not_be_reached"


def test_a_failure_after_the_case_was_closed_goes_on_nowhere() -> None:
    made = told()
    (letter,) = due()
    close_case(made)
    ended([letter], Outcome("never", "550"))
    assert Dispatch.objects.count() == 1
    assert Alert.objects.get().state == "cancelled"
    assert not Task.objects.exists()


# ------------------------------------------------------------- invitations


def invite(**values: Any) -> tuple[Made, making.Invited]:
    made = making.made(joined=False, **values)
    sent = making.invited(made, token="opensesame" * 3)
    send_invitations(made.force.id, [sent], made.news(), now=NOW)
    return made, sent


def test_an_invitation_carries_its_link_and_the_link_is_kept_nowhere_after(settings: Any) -> None:
    settings.TMC_PORTAL_URL = "https://trackmycrime.example/"
    made, sent = invite()
    (letter,) = due()
    assert f"https://trackmycrime.example/start/{sent.token}" in letter.body
    assert "Rhian" not in letter.body
    assert made.crime.reference not in letter.body
    ended([letter], Outcome("accepted", "250"))
    kept = Dispatch.objects.get()
    assert (kept.state, kept.body) == ("accepted", None)
    assert Alert.objects.get().state == "sent"


def test_a_text_invites_with_a_code_and_without_a_link() -> None:
    made = making.made(joined=False, email="")
    sent = making.invited(made, way="text")
    send_invitations(made.force.id, [sent], now=NOW)
    (letter,) = due("text")
    assert sent.token in letter.body
    assert "http" not in letter.body
    assert "/start" not in letter.body


def test_the_same_invitation_is_sent_once_and_tells_of_what_is_there() -> None:
    made, sent = invite()
    assert sum(send_invitations(made.force.id, [sent], made.news(make=False), now=NOW).values()) == 0
    assert sum(send_invitations(made.force.id, [sent], made.news("update:2"), now=NOW).values()) == 0
    assert tell(made.force.id, made.news(make=False), now=NOW)["alerts"] == 0
    assert len(due()) == 1
    assert Dispatch.objects.count() == 1


def test_the_second_round_is_a_reminder() -> None:
    made = making.made(joined=False)
    send_invitations(made.force.id, [making.invited(made, round=2)], now=NOW)
    (letter,) = due()
    assert letter.subject == "Your invitation is still open"


@pytest.mark.parametrize(
    "values", [{"disguise": True}, {"no_portal": True}, {"safe_channels": ["text"]}, {"safe_channels": []}]
)
def test_an_invitation_is_not_sent_where_it_is_not_safe(values: dict[str, Any]) -> None:
    invite(**values)
    assert due() == due("text") == []
    assert Alert.objects.get().state == "by_person"
    assert Task.objects.get().kind == "tell_yourself"


@pytest.mark.parametrize(
    ("happens", "reason"),
    [
        (lambda made: made.change(disguise=True), "disguise"),
        (lambda made: made.change(safe_channels=["text"]), "no safe way"),
        (lambda made: made.change(live=False), "not live"),
        (lambda made: made.victim.invitation_set.update(state="stopped"), "invitation over"),
        (lambda made: made.victim.invitation_set.update(expires_at=NOW), "invitation over"),
        (close_case, "case closed"),
    ],
)
def test_an_invitation_is_looked_at_again(happens: Callable[[Made], object], reason: str) -> None:
    made, _ = invite()
    happens(made)
    assert due() == []
    letter = Dispatch.objects.get()
    assert (letter.state, letter.reason, letter.body) == ("cancelled", reason, None)


def test_an_invitation_follows_a_changed_address_with_the_same_key() -> None:
    made, sent = invite()
    made.change(email="new.address@example.org")
    assert due() == []
    (letter,) = due()
    assert letter.address == "new.address@example.org"
    assert sent.token in letter.body
    assert Dispatch.objects.get(state="cancelled").body is None


def test_a_refused_invitation_is_a_task() -> None:
    invite()
    ended(due(), Outcome("never", "550"))
    assert Alert.objects.get().state == "failed"
    assert Task.objects.get().kind == "could_not_be_reached"


# ------------------------------------------------------------------- codes


def code(now: datetime = NOW, **values: Any) -> tuple[Made, UUID, str]:
    made = making.made(joined=False, **values)
    row = making.invitation(made, state="opened", code_expires_at=now + timedelta(minutes=15))
    said = send_code(made.force.id, made.victim.id, row.id, "483920", now + timedelta(minutes=15), now=now)
    return made, row.id, said


def test_a_code_goes_by_text_and_is_wiped() -> None:
    made, invitation, said = code()
    assert said == ""
    (letter,) = due("text")
    assert (letter.purpose, letter.owner_id, letter.address) == ("code", invitation, made.victim.mobile)
    assert "483920" in letter.body
    ended([letter], Outcome("accepted", "202"))
    assert Dispatch.objects.get().body is None
    assert not Alert.objects.exists()


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"safe_channels": ["email"]}, "no safe way"),
        ({"disguise": True}, "disguise"),
        ({"mobile": ""}, "no safe way"),
        ({"safe_from": time(18), "safe_to": time(19)}, "not now"),
    ],
)
def test_a_code_obeys_safe_contact(values: dict[str, Any], said: str) -> None:
    assert code(**values)[2] == said
    assert not Dispatch.objects.exists()


def test_a_code_is_looked_at_again() -> None:
    made, _, _ = code()
    made.change(mobile="+447700900999")
    assert due("text") == []
    kept = Dispatch.objects.get()
    assert (kept.state, kept.reason, kept.body) == ("cancelled", "address changed", None)


def test_a_code_that_has_run_out_is_not_sent() -> None:
    code()
    assert due("text", now=NOW + timedelta(minutes=16)) == []
    assert Dispatch.objects.get().reason == "code over"
