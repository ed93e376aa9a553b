"""A force's own words: kept as versions, read by their revision, never mixed, never changed."""

import threading
import uuid
from collections.abc import Mapping
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from tests.alerts import making
from tests.alerts.making import NOW
from tests.alerts.test_races import aside
from tests.support.doors import role
from trackmycrime.alerts.api import tell
from trackmycrime.audit.models import Record
from trackmycrime.delivery.models import Dispatch
from trackmycrime.forces.models import Force, Unit
from trackmycrime.kernel import scope
from trackmycrime.publish import own_words
from trackmycrime.publish.models import OwnWords
from trackmycrime.publish.wording import BUILT_IN, Template, WordingError, piece, pieces
from trackmycrime.publish.wording.catalogue import Language

pytestmark = pytest.mark.django_db
ME = uuid.uuid4()
MAIL, TEXT = "alert.email", "alert.text"


@pytest.fixture(autouse=True)
def set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"
    settings.TMC_PORTAL_URL = "https://trackmycrime.example"
    own_words._kept.clear()


def mail(n: str | int, said: str = "There is news for you.") -> Template:
    return Template(f"News number {n}", f"{said} Number {n}.\n\nGo to {{address}}. In danger? Call 999.")


WELSH = Template("Newyddion i chi", "Mae newyddion i chi yn {address}.\n\nMewn perygl? Ffoniwch 999.")


def save(force: Force, key: str, wanted: Mapping[Language, Template], **based_on: int) -> list[int]:
    """Save as an administrator at the desk does; the versions that were made."""
    stand = {language: each.version for language, each in own_words.now_sent(force, key).items()}
    with scope.bound(force=force.id), role("desk"):
        made = own_words.change(force, key, wanted, based_on=stand | based_on, by=ME, now=NOW)
    return [each.version for each in made]


def revision(force: Force) -> int:
    return Force.objects.get(id=force.id).words_revision


def told(made: making.Made, *keys: str) -> Dispatch:
    """The letter that the gateway freezes for this news."""
    with scope.bound(force=made.force.id), role("gateway"):
        tell(made.force.id, made.news(*keys), now=NOW)
    return Dispatch.objects.latest("created_at", "id")


def test_an_alert_goes_out_in_the_words_of_its_force_and_says_which() -> None:
    ours, theirs = making.made(), making.made(making.force("north-wales"))
    assert save(ours.force, MAIL, {"en": mail(1)}) == [1]
    letter = told(ours)
    assert (letter.subject, letter.words) == ("News number 1", "alert.email/en@1")
    assert "https://trackmycrime.example" in (letter.body or "")
    assert (told(theirs).subject, told(theirs, "update:2").words) == (
        "You have an update",
        "alert.email/en@0",
    )


def test_a_language_that_was_not_changed_stays_built_in_also_where_both_are_sent() -> None:
    made = making.made(making.force("north-wales", languages=["cy", "en"]))
    save(made.force, MAIL, {"cy": WELSH})
    letter = told(made)
    assert (letter.language, letter.words) == ("cy+en", "alert.email/cy@1+en@0")
    assert letter.subject == "Newyddion i chi / You have an update"
    assert (letter.body or "").startswith("Mae newyddion i chi yn https://trackmycrime.example.")


def test_an_invitation_and_a_code_use_the_forces_words_too() -> None:
    from trackmycrime.alerts.api import send_code, send_invitations

    made = making.made(joined=False)
    save(
        made.force, "invitation.email",
        {"en": Template("Come in", "Use this:\n\n{link}\n\nIt works for 72 hours. In danger? Call 999.")},
    )  # fmt: skip
    save(made.force, "code.text", {"en": Template(None, "Type {code} on the page.")})
    sent = making.invited(made)
    send_invitations(made.force.id, [sent], now=NOW)
    letter = Dispatch.objects.get(purpose="invitation")
    assert (letter.subject, letter.words) == ("Come in", "invitation.email/en@1")
    assert f"https://trackmycrime.example/start/{sent.token}" in (letter.body or "")
    soon = making.NOW.replace(hour=15)
    assert send_code(made.force.id, made.victim.id, sent.invitation_id, "4711", soon, now=NOW) == ""
    code = Dispatch.objects.get(purpose="code")
    assert (code.body, code.words) == ("Type 4711 on the page.", "code.text/en@1")


def test_a_new_version_is_sent_from_the_next_letter_on_and_costs_no_statement_when_it_is_known() -> None:
    made = making.made()
    first = told(made)
    for n in (1, 2):
        save(made.force, MAIL, {"en": mail(n)})
    Dispatch.objects.update(state="accepted")
    from trackmycrime.alerts.models import Alert

    Alert.objects.update(state="sent")
    with CaptureQueriesContext(connection) as asked:
        second = told(made, "update:2")
    assert second.words == "alert.email/en@2"
    assert len([q for q in asked if "publish_words" in q["sql"]]) == 1
    Alert.objects.update(state="sent")
    Dispatch.objects.update(state="accepted")
    with CaptureQueriesContext(connection) as asked:
        third = told(made, "update:3")
    assert third.words == "alert.email/en@2"
    assert [q for q in asked if "publish_words" in q["sql"]] == []
    first.refresh_from_db()
    assert first.subject == "You have an update"  # what was frozen stays


def test_words_are_read_as_they_were_at_a_revision_so_two_texts_never_mix() -> None:
    """A worker that read the force's row before a save, and the words after it, gets the words of before."""
    force = making.force()
    save(force, MAIL, {"en": mail(1)})
    before = revision(force)
    save(force, MAIL, {"en": mail(2)})
    save(force, TEXT, {"en": Template(None, "News for you. In danger? Call 999.")})
    own = own_words.of(force.id, before)
    assert own.template(MAIL, "en") == (1, mail(1))
    assert own.template(TEXT, "en") == (0, piece(TEXT).built_in("en"))
    after = own_words.of(force.id, revision(force))
    assert (after.template(MAIL, "en")[0], after.template(TEXT, "en")[0]) == (2, 1)


def test_what_was_undone_leaves_nothing_behind_in_what_is_kept() -> None:
    force = making.force()
    with pytest.raises(RuntimeError), transaction.atomic():
        save(force, MAIL, {"en": mail("undone")})
        assert own_words.of(force.id, revision(force)).template(MAIL, "en")[1] == mail("undone")
        raise RuntimeError
    assert revision(force) == 0
    save(force, MAIL, {"en": mail("kept")})
    assert own_words.of(force.id, revision(force)).template(MAIL, "en") == (1, mail("kept"))


def test_a_transaction_that_may_not_see_the_words_does_not_spoil_what_is_kept() -> None:
    force, other = making.force(), making.force("north-wales")
    save(force, MAIL, {"en": mail(1)})
    now = revision(force)
    with scope.bound(force=other.id), role("gateway"):
        assert own_words.of(force.id, now) is BUILT_IN
    with scope.bound(force=force.id), role("gateway"):
        assert own_words.of(force.id, now).template(MAIL, "en")[0] == 1


def test_going_back_to_the_built_in_words_is_a_version_and_sends_them() -> None:
    made = making.made()
    save(made.force, MAIL, {"en": mail(1)})
    assert save(made.force, MAIL, {"en": piece(MAIL).built_in("en")}) == [2]
    letter = told(made)
    assert (letter.subject, letter.words) == ("You have an update", "alert.email/en@0")
    kept = own_words.history(made.force.id, MAIL)
    assert [(each.version, each.built_in, each.by) for each in kept] == [(2, True, ME), (1, False, ME)]
    assert save(made.force, MAIL, {"en": mail(1)}) == [3]


def test_the_same_words_again_are_no_version() -> None:
    force = making.force()
    assert save(force, MAIL, {"en": piece(MAIL).built_in("en")}) == []
    assert save(force, MAIL, {"en": mail(1)}) == [1]
    spaced = mail(1)._replace(body=mail(1).body.replace("\n", "\r\n") + "  \r\n")
    assert save(force, MAIL, {"en": spaced}) == []


def test_of_two_who_change_the_same_words_the_second_is_told() -> None:
    force = making.force()
    save(force, MAIL, {"en": mail(1)}, en=0)
    with pytest.raises(own_words.ChangedMeanwhile), transaction.atomic():
        save(force, MAIL, {"en": mail(2)}, en=0)
    assert own_words.now_sent(force, MAIL)["en"].template == mail(1)


def test_words_that_do_not_pass_are_not_saved_in_any_language() -> None:
    force = making.force("north-wales", languages=["cy", "en"])
    bad = mail(1, "There is news of the burglary.")
    with pytest.raises(own_words.NotAllowed) as refused:
        save(force, MAIL, {"cy": WELSH, "en": bad})
    assert [(one.language, one.field, one.code) for one in refused.value.problems] == [
        ("en", "body", "telling")
    ]
    assert not OwnWords.objects.exists()
    with pytest.raises(WordingError):
        save(force, "milestone.note", {"en": mail(1)})


def test_each_save_is_written_down() -> None:
    force = making.force("north-wales", languages=["cy", "en"])
    save(force, MAIL, {"cy": WELSH, "en": mail(1)})
    kept = Record.objects.filter(action="words.changed").order_by("id")
    assert [(one.actor_kind, one.actor_id, one.object_id, one.detail) for one in kept] == [
        ("officer", str(ME), MAIL, {"language": language, "version": 1}) for language in ("cy", "en")
    ]


def test_a_version_is_never_changed_and_a_door_sees_and_adds_to_its_own_force_only() -> None:
    force, other = making.force(), making.force("north-wales")
    save(force, MAIL, {"en": mail(1)})
    with pytest.raises(DatabaseError), transaction.atomic():
        OwnWords.objects.update(body="Changed")
    with scope.bound(force=other.id), role("desk"):
        assert not OwnWords.objects.exists()
        with pytest.raises(DatabaseError), transaction.atomic():
            OwnWords.objects.create(
                force=force, key=MAIL, language="en", version=9, revision=0, body="x", at=NOW
            )
        with pytest.raises(DatabaseError), transaction.atomic():
            Force.objects.filter(id=other.id).update(words_revision=5)
    with scope.bound(force=force.id), role("gateway"), pytest.raises(DatabaseError), transaction.atomic():
        OwnWords.objects.create(force=force, key=MAIL, language="en", version=9, revision=0, body="x", at=NOW)
    with role("portal"), pytest.raises(DatabaseError), transaction.atomic():
        OwnWords.objects.exists()


def test_a_changed_policy_does_not_touch_the_state_of_the_words() -> None:
    from trackmycrime.ops.commands.force import _save, with_values

    force = making.force()
    read = Force.objects.get(id=force.id)
    save(force, MAIL, {"en": mail(1)})
    now = revision(force)
    with_values(read, {"phone": "0117 496 0000"})
    _save(read, ["phone"], "force_changed")
    assert (revision(force), Force.objects.get(id=force.id).phone) == (now, "0117 496 0000")


@pytest.mark.django_db(transaction=True)
def test_of_many_who_save_at_once_each_text_has_its_revision_and_nobody_waits_who_only_reads() -> None:
    """On connections of their own: a force's words are saved one after the other, and the newest names them all."""
    force, keys = making.force(), [key for key in pieces() if key.endswith(".push")]
    start = threading.Barrier(len(keys))

    def go(key: str) -> None:
        start.wait()
        try:
            with transaction.atomic():
                wanted = {"en": Template("News", "News for you. Sign in to read it.")}
                own_words.change(force, key, wanted, based_on={"en": 0}, by=ME, now=NOW)
                # the feed writes a row of the same force meanwhile: its key check must not wait for the words
                aside(lambda: Unit.objects.create(force_id=force.id, unit_id=key))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=(key,)) for key in keys]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    revisions = list(OwnWords.objects.order_by("revision").values_list("revision", flat=True))
    assert len(revisions) == len(set(revisions)) == len(keys)
    assert revision(force) == revisions[-1]
    own = own_words.of(force.id, revision(force))
    assert {own.template(key, "en")[0] for key in keys} == {1}
    assert Unit.objects.count() == len(keys)
