"""What follows from a mail that comes back: receipts, a count for each force, and one answer a day where it is safe."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection, transaction

from tests.delivery.reports import ARF, HOLIDAY, POSTFIX, REPLY
from tests.delivery.reports import mail as written
from tests.support.doors import role
from trackmycrime import rounds
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery import providers, replies, work
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.models import Address, Dispatch, Reply
from trackmycrime.delivery.settling import Tried
from trackmycrime.delivery.work import Holder
from trackmycrime.kernel import scope
from trackmycrime.kernel.ids import new_id
from trackmycrime.ops import mailroom
from trackmycrime.publish import own_words
from trackmycrime.publish.wording import Template
from trackmycrime.tasks.models import Task

from .making import NOW, Made, force, made

pytestmark = pytest.mark.django_db
WORKER = new_id()
LATER = NOW + timedelta(minutes=5)
RHIAN = "rhian.pritchard@example.org"


@pytest.fixture(autouse=True)
def with_mail(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1"
    settings.TMC_EMAIL_RETURN = "bounce@mail.example.org"
    settings.TMC_PORTAL_URL = "https://my.example.org"


def claimed(now: datetime = LATER) -> list[Letter]:
    return work.claim(Holder(WORKER, "email"), most=9, now=now, upstairs=rounds.UPSTAIRS)[0]


def accepted(letters: list[Letter], now: datetime = LATER) -> None:
    tried = [Tried(each, Outcome("accepted", "250"), now) for each in letters]
    work.complete(tried, now=now, upstairs=rounds.UPSTAIRS)


def told(**values: Any) -> tuple[Made, Letter]:
    """A victim who was told by mail, and the mail."""
    one = made(email=values.pop("email", RHIAN), **values)
    with transaction.atomic():
        tell(one.force.id, one.news(), now=NOW)
    (letter,) = claimed(NOW)
    accepted([letter], NOW)
    return one, letter


def back(letter: Letter) -> str:
    found = providers.returning()
    assert found is not None
    return found.address(letter.id)


def came(
    letter: Letter, form: str = REPLY, *, sender: str | None = RHIAN, now: datetime = LATER, **values: str
) -> str:
    raw = written(form, back(letter), **values)
    with transaction.atomic(), role("worker"):
        return rounds.mail_came(raw, back(letter), sender=sender, now=now)


def again(letter: Letter, number: int, **values: Any) -> str:
    """Another mail of the same person."""
    raw = written(REPLY, back(letter)).replace(b"reply-1", f"reply-{number}".encode())
    with transaction.atomic(), role("worker"):
        return rounds.mail_came(raw, back(letter), sender=RHIAN, **({"now": LATER} | values))


def figures(of: Made) -> dict[str, int]:
    with scope.bound(force=of.force.id), role("desk"):
        return dict(replies.figures(of.force.id, since=NOW))


def answers() -> list[Dispatch]:
    return list(Dispatch.objects.filter(purpose="reply"))


# ------------------------------------------------------------------- answers


def test_who_replies_is_told_where_to_write_instead_and_nothing_is_kept() -> None:
    one, letter = told()
    assert came(letter) == "answered"
    (answer,) = claimed()
    assert (answer.purpose, answer.address, answer.channel) == ("reply", RHIAN, "email")
    assert "https://my.example.org" in answer.body
    assert "101" in answer.body
    assert "999" in answer.body
    assert "He came back" not in answer.body
    assert figures(one) == {"replies": 1, "answered": 1, "automatic": 0, "unsubscribe": 0}
    accepted([answer])
    assert Alert.objects.get().state == "sent", "the answer is no alert"
    with connection.cursor() as cursor:
        cursor.execute("select t::text from delivery_reply t")
        (row,) = cursor.fetchone()
    assert "rhian" not in row.casefold()
    assert b"house".hex() not in row


def test_an_answer_in_the_language_of_the_victim() -> None:
    _, letter = told(chosen_language="cy")
    assert came(letter) == "answered"
    (answer,) = claimed()
    assert answer.language == "cy"
    assert "Nid oes neb wedi darllen" in answer.body
    of = force("south-wales", languages=["en", "cy"])
    two = made(of, email="carys@example.org")
    with transaction.atomic():
        tell(of.id, two.news(), now=NOW)
    (sent,) = [each for each in claimed() if each.purpose == "alert"]
    accepted([sent])
    raw = written(REPLY, back(sent)).replace(RHIAN.encode(), b"carys@example.org")
    with transaction.atomic():
        assert rounds.mail_came(raw, back(sent), sender=None, now=LATER) == "answered"
    (both,) = [each for each in claimed() if each.address == "carys@example.org"]
    assert both.language == "cy+en"
    assert "No one has read your reply" in both.body


def test_an_answer_in_the_words_of_the_force() -> None:
    one, letter = told()
    said = Template("Nobody has read this", "Write to us at {address}. In danger? Call 999.")
    with transaction.atomic():
        own_words.change(one.force, "alert.reply.email", {"en": said}, based_on={"en": 0}, by=None, now=LATER)
    assert came(letter) == "answered"
    (answer,) = claimed()
    assert answer.body == "Write to us at https://my.example.org. In danger? Call 999."
    assert answer.words == "alert.reply.email/en@1"


def test_once_a_day_at_most_however_many_letters_and_replies() -> None:
    one, letter = told()
    said = [again(letter, number) for number in range(3)]
    assert said == ["answered", "answered today", "answered today"]
    assert again(letter, 8, now=LATER + timedelta(hours=23)) == "answered today"
    assert again(letter, 9, now=LATER + timedelta(hours=25)) == "answered"
    assert len(answers()) == 2
    assert figures(one)["replies"] == 5


def test_a_mail_that_the_relay_hands_over_twice_counts_once() -> None:
    one, letter = told()
    assert [came(letter), came(letter)] == ["answered", "again"]
    assert figures(one)["replies"] == 1
    assert len(answers()) == 1


def test_whoever_holds_a_letter_cannot_fill_the_table_with_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(replies, "MOST", 3)
    one, letter = told()
    assert [again(letter, number) for number in range(5)][-2:] == ["again", "again"]
    assert figures(one)["replies"] == 3


def test_a_mail_to_two_letters_is_taken_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    one, first = told()
    _, second = told(email="carys@example.org")
    answering = rounds.alerts.answer

    def failing(letter: Any, **values: Any) -> str:
        if letter.id == second.id:
            raise RuntimeError("a fault of ours")
        return answering(letter, **values)

    raw = written(REPLY, back(first)).replace(b"From: Rhian", b"From: Carys <carys@example.org>, Rhian")
    monkeypatch.setattr("trackmycrime.ops.mailroom.utc_now", lambda: LATER)
    monkeypatch.setattr(rounds.alerts, "answer", failing)
    with pytest.raises(RuntimeError):
        mailroom.take(raw, "carys@example.org", [back(first), back(second)])
    assert figures(one)["replies"] == 0
    monkeypatch.setattr(rounds.alerts, "answer", answering)
    mailroom.take(raw, "carys@example.org", [back(first), back(second)])
    assert figures(one)["replies"] == 2


@pytest.mark.parametrize("sender", ["", "<>", "MAILER-DAEMON@example.org", "no-reply@example.org"])
def test_a_machine_gets_no_answer(sender: str) -> None:
    one, letter = told()
    assert came(letter, sender=sender) == "automatic"
    assert came(letter, HOLIDAY) == "automatic"
    assert not answers()
    assert figures(one) == {"replies": 0, "answered": 0, "automatic": 2, "unsubscribe": 0}


def test_a_stranger_gets_no_answer_and_neither_does_the_victim_for_them() -> None:
    """Whoever has the mail could have us write to anybody; it is counted all the same."""
    one, letter = told()
    raw = written(REPLY, back(letter)).replace(RHIAN.encode(), b"stranger@example.org")
    with transaction.atomic():
        assert (
            rounds.mail_came(raw, back(letter), sender="stranger@example.org", now=LATER) == "other address"
        )
    assert not answers()
    assert figures(one) == {"replies": 1, "answered": 0, "automatic": 0, "unsubscribe": 0}


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"safe_channels": ["text"]}, "no safe way"),
        ({"safe_channels": []}, "no safe channel"),
        ({"no_portal": True}, "no portal"),
        ({"live": False}, "not live"),
        ({"email": "new@example.org"}, "address changed"),
        ({"email": None}, "no safe way"),
    ],
)
def test_no_answer_where_the_address_is_not_safe_any_more(change: dict[str, Any], why: str) -> None:
    one, letter = told()
    one.change(**change)
    assert came(letter) == why
    assert not answers()
    assert figures(one)["answered"] == 0


@pytest.mark.parametrize(
    "change", [{"safe_channels": ["text"]}, {"email": "new@example.org"}, {"live": False}]
)
def test_an_answer_that_waits_is_stopped_when_the_address_becomes_unsafe(change: dict[str, Any]) -> None:
    one, letter = told()
    assert came(letter) == "answered"
    one.change(**change)
    assert [each for each in claimed() if each.purpose == "reply"] == []
    (answer,) = answers()
    assert answer.state == "cancelled"


def test_an_answer_that_says_who_writes_does_not_go_out_once_that_must_be_hidden(settings: Any) -> None:
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example.net>"
    one, letter = told()
    assert came(letter) == "answered"
    one.change(disguise=True, safe_channels=["email"])
    assert [each for each in claimed() if each.purpose == "reply"] == []
    (answer,) = answers()
    assert (answer.state, answer.reason) == ("cancelled", "disguise")


def test_an_answer_waits_for_the_safe_hours() -> None:
    one, letter = told()
    one.change(safe_from=time(18, 0), safe_to=time(20, 0))
    assert came(letter) == "answered"
    assert [each for each in claimed() if each.purpose == "reply"] == []
    assert [each.purpose for each in claimed(NOW.replace(hour=18, minute=1))] == ["reply"]


def test_a_reply_to_an_answer_belongs_to_the_same_victim() -> None:
    _, letter = told()
    assert came(letter) == "answered"
    (answer,) = claimed()
    accepted([answer])
    tomorrow = LATER + timedelta(days=1, minutes=1)
    assert came(answer, now=tomorrow) == "answered"


def test_a_letter_in_disguise_is_answered_in_disguise(settings: Any) -> None:
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example.net>"
    one, letter = told()
    Dispatch.objects.update(disguised=True)
    assert came(letter) == "answered"
    (answer,) = claimed()
    assert answer.disguised
    said = f"{answer.subject} {answer.body}".casefold()
    for word in ("police", "trackmycrime", "crime", "officer", "my.example.org"):
        assert word not in said
    assert one.victim.id == answer.owner_id


def test_a_victim_in_disguise_is_answered_only_where_none_can_see_it(settings: Any) -> None:
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example.net>"
    one, letter = told(disguise=True, safe_channels=["email"])
    assert letter.disguised
    assert came(letter) == "answered"
    (answer,) = claimed()
    assert answer.disguised
    one.change(safe_channels=None)
    assert again(letter, 2, now=LATER + timedelta(days=2)) == "disguise", "none is sure any more"
    one.change(safe_channels=["email"])
    settings.TMC_EMAIL_FROM_NEUTRAL = ""
    assert again(letter, 3, now=LATER + timedelta(days=4)) == "disguise", "nothing hides who writes any more"


# ------------------------------------------------------------------ receipts


def test_a_bounce_goes_on_by_another_way_and_the_address_is_not_used_again() -> None:
    _, letter = told()
    assert came(letter, POSTFIX, sender="", action="failed", status="5.1.1") == "report"
    assert Address.objects.get().state == "bounced"
    assert Alert.objects.get().channel == "text"
    assert came(letter, POSTFIX, sender="", action="failed", status="5.1.1") == "report"
    assert Dispatch.objects.count() == 2


def test_a_full_mailbox_is_a_failure_but_no_lost_address() -> None:
    _, letter = told()
    assert came(letter, POSTFIX, sender="", action="failed", status="4.2.2") == "report"
    assert Alert.objects.get().channel == "text"
    assert not Address.objects.exists()


def test_a_delay_changes_nothing() -> None:
    _, letter = told()
    assert came(letter, POSTFIX, sender="", action="delayed", status="4.4.1") == "report"
    assert Alert.objects.get().state == "sent"
    assert Dispatch.objects.count() == 1
    assert not Address.objects.exists()


def test_a_complaint_and_no_more_end_mail_to_that_address() -> None:
    for form, sender, values, state in (
        (
            ARF,
            "abuse@provider.example.net",
            {"to": "bounce@mail.example.org", "feedback": "abuse"},
            "complained",
        ),
        (REPLY.replace("Re: You have an update", "unsubscribe"), RHIAN, {}, "unsubscribed"),
    ):
        Address.objects.all().delete()
        email = f"{state}@example.org"
        one, letter = told(email=email)
        said = came(letter, form, sender=sender, **values)
        assert said in ("report", "unsubscribe")
        assert Address.objects.get().state == state
        if state == "unsubscribed":
            assert figures(one)["unsubscribe"] == 1
            assert not answers(), "who wants no more gets no answer either"


@pytest.mark.parametrize(
    ("form", "sender", "kind"),
    [
        (REPLY.replace("Re: You have an update", "unsubscribe"), RHIAN, "agree_another_way"),
        (POSTFIX, "", "address_bounced"),
    ],
)
def test_what_comes_back_to_an_answer_is_an_officers_too(form: str, sender: str, kind: str) -> None:
    one, letter = told()
    assert came(letter) == "answered"
    (answer,) = claimed()
    accepted([answer])
    values = {} if sender else {"action": "failed", "status": "5.1.1"}
    came(answer, form, sender=sender, now=LATER + timedelta(minutes=1), **values)
    assert list(Task.objects.values_list("kind", "victim_id")) == [(kind, one.victim.id)]


# ------------------------------------------------ mail to the sender's address


def to_the_sender(letter: Letter, form: str = REPLY, *, who: str = RHIAN) -> str:
    """A mail that names the letter by its Message-ID alone, as the programs do that pass over Reply-To."""
    raw = written(form).replace(b"01939f5a-0000-7000-8000-00000000abcd", str(letter.id).encode())
    raw = raw.replace(RHIAN.encode(), who.encode())
    with transaction.atomic(), role("worker"):
        return rounds.mail_came(raw, "no-reply@trackmycrime.invalid", sender=who, now=LATER)


def test_a_reply_to_the_sender_is_answered_and_counted_too() -> None:
    one, letter = told()
    assert to_the_sender(letter) == "answered"
    assert [each.address for each in claimed()] == [RHIAN]
    assert figures(one) == {"replies": 1, "answered": 1, "automatic": 0, "unsubscribe": 0}


def test_no_more_is_heeded_there_from_the_reader_and_from_nobody_else() -> None:
    """A Message-ID is no secret: whoever knows one can neither end somebody's mail nor have them written to."""
    _, letter = told()
    no_more = REPLY.replace("Re: You have an update", "unsubscribe")
    for form in (REPLY, no_more):
        assert to_the_sender(letter, form, who="stranger@example.org") == "nobody's"
    assert not Address.objects.exists()
    assert not Reply.objects.exists()
    assert to_the_sender(letter, no_more) == "unsubscribe"
    assert Address.objects.get().state == "unsubscribed"


# -------------------------------------------------------------- nobody's mail


def test_mail_that_is_nobodys_changes_nothing(settings: Any) -> None:
    _, letter = told()
    raw = written(REPLY, back(letter))
    for rcpt in (
        "bounce@mail.example.org",
        "no-reply@trackmycrime.invalid",
        back(letter).replace("+0", "+1"),
    ):
        assert rounds.mail_came(raw, rcpt, sender=RHIAN, now=LATER) == "nobody's"
    gone = letter._replace(id=new_id())
    assert came(gone) == "nobody's"
    settings.TMC_EMAIL_RETURN = ""
    assert rounds.mail_came(raw, "bounce@mail.example.org", sender=RHIAN, now=LATER) == "nobody's"
    assert not Reply.objects.exists()


def test_another_forces_desk_sees_none_of_it() -> None:
    _, letter = told()
    came(letter)
    other = force("south-wales")
    with scope.bound(force=other.id), role("desk"):
        assert Reply.objects.count() == 0
        assert replies.figures(other.id, since=NOW)["replies"] == 0
