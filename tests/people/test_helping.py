"""Letting somebody in to one's case, taking it up with two proofs, and how it ends: through the doors' own logins."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from tests.people.helping import let_in, organisation, person, worker
from tests.portal.making import World, join, world
from tests.support.doors import role
from tests.support.events import START, victim
from trackmycrime import rounds
from trackmycrime.alerts import helping as mails
from trackmycrime.audit.models import Record
from trackmycrime.delivery.letters import Letter
from trackmycrime.delivery.models import Dispatch
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.people.helping import ending, giving, organisations, taking_up
from trackmycrime.people.helping.rules import Refused
from trackmycrime.people.models import Access, Account, HelpInvitation, Member, Victim
from trackmycrime.publish.models import Case
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db
NOW = utc_now()
DAY = timedelta(days=1)
IN_A_WEEK = london_date(NOW) + timedelta(days=7)


@contextmanager
def at_portal(who: Account) -> Iterator[None]:
    with role("portal"), bound(account=who.id):
        yield


class Made:
    def __init__(self) -> None:
        self.world: World = world()
        self.rhian = join(self.world)
        self.gwen = person("gwen@example.org")
        self.part = Victim.objects.get(person="P1")
        self.case = self.world.case("52/1")

    def give(self, **more: Any) -> giving.Given:
        wanted = {
            "name": "Gwen", "email": "gwen@example.org", "may_write": False, "day": IN_A_WEEK, "language": "en",
        } | more  # fmt: skip
        with at_portal(self.rhian):
            return giving.give(self.rhian.id, self.part.id, **wanted, now=NOW)

    def sees(self, who: Account) -> bool:
        with at_portal(who):
            return Case.objects.filter(id=self.case).exists()


@pytest.fixture
def made() -> Made:
    return Made()


def sent(now: datetime = NOW) -> list[Dispatch]:
    """The worker has written what waits; the newest mails."""
    with role("worker"):
        mails.send_invitations(now)
    return list(Dispatch.objects.order_by("id"))


def link_in(letter: Dispatch) -> str:
    body = letter.body
    assert body
    return body.partition("/helping/start/")[2].split()[0]


def the_letters() -> list[Letter]:
    return [
        Letter(
            d.id, d.force_id, d.purpose, d.owner_id, d.channel, d.address, bytes(d.address_hash), d.body or "",
            d.language, NOW, NOW + DAY, d.subject,
        )
        for d in Dispatch.objects.order_by("id")
    ]  # fmt: skip


def acts() -> list[tuple[str, str, str]]:
    return [(r.actor_kind, r.actor_id, r.action) for r in Record.objects.order_by("id")]


def test_two_proofs_and_a_sign_in_of_their_own(made: Made) -> None:
    given = made.give()
    (letter,) = sent()
    assert letter.address == "gwen@example.org"
    body, subject = str(letter.body), str(letter.subject)
    for secret in ("52/1", "Rhian", "Burglary", "Gwen", given.code):
        assert secret not in body + subject
    link = link_in(letter)
    with role("portal"):
        assert taking_up.usable(link, now=NOW)
        opened = taking_up.open_link(link, "a", now=NOW)
        assert opened
        assert not taking_up.take_up(opened, made.gwen.id, now=NOW), "the link alone is not enough"
        assert taking_up.prove(opened, "XXXX-XXXX", "a", now=NOW) == ("wrong", None)
        said, proved = taking_up.prove(opened, given.code.lower().replace("-", " "), "a", now=NOW)
        assert said == "right"
        assert proved
    assert not made.sees(made.gwen)
    with role("portal"):
        assert taking_up.take_up(proved, made.gwen.id, now=NOW)
        assert not taking_up.take_up(proved, person("other@example.org").id, now=NOW), "once"
        assert not taking_up.usable(link, now=NOW)
    assert made.sees(made.gwen)
    assert ("victim", str(made.rhian.id), "access.given") in acts()
    assert ("helper", str(made.gwen.id), "access.taken_up") in acts()


def test_nobody_helps_with_what_is_their_own(made: Made) -> None:
    given = made.give(email="rhian@example.org")
    link = link_in(sent()[0])
    with role("portal"):
        opened = taking_up.open_link(link, "a", now=NOW)
        assert opened
        _, proved = taking_up.prove(opened, given.code, "a", now=NOW)
        assert proved
        assert not taking_up.take_up(proved, made.rhian.id, now=NOW)
        assert taking_up.take_up(proved, made.gwen.id, now=NOW), "nothing was used up by it"


def test_five_wrong_codes_lock_it_and_say_nothing_else(made: Made) -> None:
    given = made.give()
    link = link_in(sent()[0])
    with role("portal"):
        opened = taking_up.open_link(link, "a", now=NOW)
        assert opened
        assert {taking_up.prove(opened, "XXXX-XXXX", str(n), now=NOW)[0] for n in range(5)} == {"wrong"}
        assert taking_up.prove(opened, given.code, "a", now=NOW) == ("wrong", None), "the right one, too late"
        assert taking_up.usable(link, now=NOW)
        assert taking_up.open_link(link, "a", now=NOW) == opened
        assert taking_up.prove(opened, given.code, "a", now=NOW) == ("wrong", None), (
            "opened anew it stays locked"
        )
    assert HelpInvitation.objects.get().state == "locked"
    with at_portal(made.rhian):
        again = giving.again(made.rhian.id, given.access_id, email="gwen@example.org", language="en", now=NOW)
    assert again != given.code
    with role("portal"):
        assert taking_up.stop(opened, now=NOW), "it says the same"
    assert Access.objects.get().ended_at is None, "whoever guessed ends nothing"
    link = link_in(sent()[-1])
    with role("portal"):
        assert taking_up.open_link(link, "a", now=NOW)


@pytest.mark.parametrize("how", ["ended", "time", "withdrawn", "again", "not for me", "old"])
def test_a_link_is_of_no_use_once_what_it_is_for_is_over(made: Made, how: str) -> None:
    given = made.give()
    letter = sent()[0]
    link = link_in(letter)
    now = NOW
    if how == "ended":
        with at_portal(made.rhian):
            giving.end(made.rhian.id, given.access_id, now=NOW)
    elif how == "time":
        Access.objects.update(until=NOW)
    elif how == "withdrawn":
        Victim.objects.update(live=False)
    elif how == "again":
        with at_portal(made.rhian):
            giving.again(made.rhian.id, given.access_id, email="gwen@example.org", language="en", now=NOW)
    elif how == "not for me":
        with role("portal"):
            opened = taking_up.open_link(link, "a", now=NOW)
            assert opened
            assert taking_up.stop(opened, now=NOW)
        assert Access.objects.get().ended_why == "not_for_me"
    else:
        now = NOW + timedelta(hours=73)
    with role("portal"):
        assert not taking_up.usable(link, now=now)
        assert taking_up.open_link(link, "a", now=now) is None
    if how in ("ended", "again", "not for me", "old"):
        with role("worker"):
            verdicts = rounds.UPSTAIRS.still_allowed(the_letters()[:1], now)
        assert letter.id in verdicts, "nor is its mail sent any more"


def test_its_mail_goes_while_it_is_open(made: Made) -> None:
    made.give()
    sent()
    with role("worker"):
        assert rounds.UPSTAIRS.still_allowed(the_letters(), NOW) == {}


@pytest.mark.parametrize(
    ("part", "day", "reason"),
    [
        ({"under_age": True}, IN_A_WEEK, "child"),
        ({"no_portal": True}, IN_A_WEEK, "no_portal"),
        ({}, IN_A_WEEK + timedelta(days=400), "too_long"),
        ({}, IN_A_WEEK - timedelta(days=8), "past"),
        ({"live": False}, IN_A_WEEK, "closed"),
    ],
)
def test_who_may_not_let_anybody_in(made: Made, part: dict[str, Any], day: date, reason: str) -> None:
    Victim.objects.update(**part)
    with pytest.raises(Refused) as refused:
        made.give(day=day)
    assert refused.value.reason == reason
    assert not Access.objects.exists()


def test_a_helper_and_a_stranger_let_in_nobody(made: Made) -> None:
    let_in(made.part, made.gwen, may_write=True)
    for who in (made.gwen, person("stranger@example.org")):
        with at_portal(who), pytest.raises(Refused) as refused:
            giving.give(
                who.id, made.part.id, name="X", email="x@example.org", may_write=True, day=IN_A_WEEK,
                language="en", now=NOW,
            )  # fmt: skip
        assert refused.value.reason == "closed"


def test_mails_to_others_are_few(made: Made) -> None:
    for _ in range(10):
        made.give()
    with pytest.raises(Refused) as refused:
        made.give()
    assert refused.value.reason == "too_many"


def test_the_victim_ends_it_at_once_and_the_helper_may_leave(made: Made) -> None:
    one = let_in(made.part, made.gwen)
    assert made.sees(made.gwen)
    with at_portal(made.rhian):
        giving.end(made.rhian.id, one.id, now=NOW)
    assert not made.sees(made.gwen)
    two = let_in(made.part, made.gwen)
    with at_portal(made.gwen):
        giving.want_alerts(made.gwen.id, two.id, True, now=NOW)
        assert Access.objects.get(id=two.id).wants_alerts
        giving.leave(made.gwen.id, two.id, now=NOW)
    assert not made.sees(made.gwen)
    with at_portal(made.rhian), pytest.raises(Refused):
        giving.leave(made.rhian.id, two.id, now=NOW)
    assert ("victim", str(made.rhian.id), "access.ended") in acts()
    assert ("helper", str(made.gwen.id), "access.left") in acts()


def test_what_ends_by_itself_is_written_down(made: Made) -> None:
    until = let_in(made.part, made.gwen, until=NOW - DAY)
    child = let_in(made.part, person("mam@example.org"), kind="guardian", by_officer=True)
    moved = let_in(made.part, person("old@example.org"), given_by=uuid.uuid4())
    stays = let_in(made.part, person("stays@example.org"))
    Victim.objects.update(of_age_on=NOW.date() - DAY)
    with role("worker"):
        assert ending.end_what_is_over(NOW) == 3
        assert ending.end_what_is_over(NOW) == 0
    why = dict(Access.objects.values_list("id", "ended_why"))
    assert why == {until.id: "time", child.id: "of_age", moved.id: "moved", stays.id: ""}
    assert [t.kind for t in Task.objects.filter(victim_id=made.part.id)].count("child_of_age") == 1
    assert acts().count(("system", "", "access.ended")) == 3


def test_an_officer_is_asked_once_when_a_child_of_a_told_parent_is_grown_up(made: Made) -> None:
    made.world.send(victim("52/1", 3, "M", role="parent_guardian"))
    Victim.objects.filter(person="P1").update(of_age_on=NOW.date() - DAY)
    with role("worker"):
        assert ending.say_who_is_grown_up(NOW) == 1
        Task.objects.update(done_at=NOW)
        assert ending.say_who_is_grown_up(NOW) == 0


def test_the_feed_keeps_when_a_child_comes_of_age_and_of_others_that_they_have(made: Made) -> None:
    def born(day: str, sequence: int) -> date | None:
        made.world.send(victim("52/1", sequence, born_on=day))
        return Victim.objects.get(person="P1").of_age_on

    assert born(f"{START.year - 10}-05-06", 5) == date(START.year + 8, 5, 6)
    assert born("1984-05-06", 6) == date(1900, 1, 1)
    made.world.send(victim("52/1", 7))
    assert Victim.objects.get(person="P1").of_age_on is None


# ---------------------------------------------------------------- guardians


def test_an_officer_lets_in_a_guardian_until_the_birthday(made: Made) -> None:
    child = Victim.objects.get(id=made.part.id)
    child.detail |= {"born_on": f"{NOW.year - 15}-06-01"}
    child.under_age = True
    child.save()
    officer = uuid.uuid4()
    wanted = {"name": "Mam", "email": "mam@example.org", "may_write": True, "language": "en", "now": NOW}
    with role("desk"), bound(force=made.world.force.id, account=officer):
        given = giving.give_guardian(made.world.force.id, child.id, officer, **wanted)
    access = Access.objects.get(id=given.access_id)
    assert access.until == datetime(NOW.year + 3, 5, 31, 23, tzinfo=UTC)
    with at_portal(made.rhian):  # the child may end it, and cannot make it longer
        with pytest.raises(Refused):
            giving.change(made.rhian.id, access.id, may_write=True, day=IN_A_WEEK, now=NOW)
        giving.end(made.rhian.id, access.id, now=NOW)
    with role("desk"), bound(force=made.world.force.id, account=officer):
        again = giving.give_guardian(made.world.force.id, child.id, officer, **wanted)
        giving.end_by_officer(made.world.force.id, again.access_id, officer, now=NOW)
        with pytest.raises(Refused):
            giving.end_by_officer(made.world.force.id, again.access_id, officer, now=NOW)
    assert acts().count(("officer", str(officer), "access.given")) == 2


# ---------------------------------------------------------------- a business's named contact


@pytest.mark.parametrize("keep", [True, False])
def test_a_business_gets_another_named_contact(made: Made, keep: bool) -> None:
    Victim.objects.update(role="business_contact", email_hash=b"m" * 32)
    colleague, other = let_in(made.part, made.gwen), let_in(made.part, person("third@example.org"))
    with at_portal(made.rhian):
        giving.hand_over(made.rhian.id, colleague.id, keep_addresses=keep, now=NOW)
    part = Victim.objects.get()
    assert part.account_id == made.gwen.id
    assert (b"m" * 32 in [bytes(each) for each in part.blocked_hashes]) is not keep
    assert made.sees(made.gwen)
    assert not made.sees(made.rhian)
    assert made.sees(Account.objects.get(id=other.account_id)), "whom the business let in stays"
    assert Task.objects.filter(kind="contact_handed_over", done_at=None).count() == 1
    with at_portal(made.rhian), pytest.raises(Refused):
        giving.end(made.rhian.id, other.id, now=NOW)
    assert ("victim", str(made.rhian.id), "contact.handed_over") in acts()


def test_only_a_business_hands_over_and_only_to_who_has_joined(made: Made) -> None:
    access = let_in(made.part, made.gwen)
    with at_portal(made.rhian), pytest.raises(Refused) as refused:
        giving.hand_over(made.rhian.id, access.id, keep_addresses=True, now=NOW)
    assert refused.value.reason == "not_a_business"
    Victim.objects.update(role="business_contact")
    waiting = let_in(made.part)
    with at_portal(made.rhian), pytest.raises(Refused) as refused:
        giving.hand_over(made.rhian.id, waiting.id, keep_addresses=True, now=NOW)
    assert refused.value.reason == "not_joined"
    with at_portal(made.gwen), pytest.raises(Refused):
        giving.hand_over(made.gwen.id, access.id, keep_addresses=True, now=NOW)
    assert Victim.objects.get().account_id == made.rhian.id


# ---------------------------------------------------------------- organisations


def test_an_organisations_workers_come_and_go_by_its_own_administrator(made: Made) -> None:
    officer = uuid.uuid4()
    with role("desk"), bound(force=made.world.force.id, account=officer):
        of, code = organisations.add(
            made.world.force.id, officer, name="Harbour Advocates", who="Ivo", email="ivo@example.org",
            language="en", now=NOW,
        )  # fmt: skip
    ivo, mair = person("ivo@example.org"), person("mair@example.org")

    def take_up(who: Account, code: str) -> None:
        link = link_in(sent()[-1])
        with role("portal"):
            opened = taking_up.open_link(link, "a", now=NOW)
            assert opened
            assert opened.works
            _, proved = taking_up.prove(opened, code, "a", now=NOW)
            assert proved
            assert taking_up.take_up(proved, who.id, now=NOW)

    take_up(ivo, code)
    with at_portal(made.rhian):
        giving.give_organisation(made.rhian.id, made.part.id, of.id, may_write=False, day=IN_A_WEEK, now=NOW)
        with pytest.raises(Refused) as refused:
            giving.give_organisation(
                made.rhian.id, made.part.id, of.id, may_write=True, day=IN_A_WEEK, now=NOW
            )
    assert refused.value.reason == "already"
    assert made.sees(ivo)
    assert not made.sees(mair)
    with at_portal(ivo):
        assert [one.id for one in organisations.led_by(ivo.id)] == [of.id]
        code = organisations.add_member(
            ivo.id, of.id, who="Mair", email="mair@example.org", administrator=False, language="en", now=NOW
        )
    take_up(mair, code)
    assert made.sees(mair)
    with at_portal(mair), pytest.raises(Refused):
        organisations.add_member(
            mair.id, of.id, who="X", email="x@example.org", administrator=True, language="en", now=NOW
        )
    mairs = Member.objects.get(account=mair)
    with at_portal(ivo):
        organisations.remove_member(ivo.id, mairs.id, now=NOW)
        with pytest.raises(Refused) as refused:
            organisations.remove_member(ivo.id, Member.objects.get(account=ivo).id, now=NOW)
    assert refused.value.reason == "last"
    assert not made.sees(mair)
    assert made.sees(ivo)
    with role("desk"), bound(force=made.world.force.id, account=officer):
        organisations.close(made.world.force.id, of.id, officer, now=NOW)
    assert not made.sees(ivo)
    ended = Access.objects.get()
    assert (ended.ended_at, ended.ended_by, ended.ended_why) == (NOW, officer, "officer"), "as its page says"
    assert ("officer", str(officer), "access.ended") in acts()
    assert ("helper", str(ivo.id), "member.removed") in acts()


def test_one_who_works_there_may_leave(made: Made) -> None:
    of = organisation(made.world.force)
    mair = person("mair@example.org")
    mine = worker(of, mair)
    with at_portal(mair):
        organisations.remove_member(mair.id, mine.id, now=NOW)
    assert Member.objects.get().ended_at == NOW


# ---------------------------------------------------------------- being told


def test_a_helper_is_told_only_if_they_asked_once_a_day_and_never_of_what(made: Made) -> None:
    access = let_in(made.part, made.gwen, joined_at=NOW - 3 * DAY)
    Case.objects.update(changed_at=NOW - timedelta(hours=1))

    def told(now: datetime = NOW) -> int:
        with role("worker"):
            return mails.tell_of_news(now)

    assert told() == 0, "nobody asked"
    Access.objects.update(wants_alerts=True)
    assert told() == 1
    letter = Dispatch.objects.get(owner_id=access.id)
    assert letter.address == "gwen@example.org"
    assert not any(word in f"{letter.subject} {letter.body}" for word in ("52/1", "Rhian", "Burglary"))
    Case.objects.update(changed_at=NOW + timedelta(hours=1))
    assert told(NOW + timedelta(hours=2)) == 0, "once a day"
    assert told(NOW + timedelta(hours=26)) == 1
    with role("worker"):
        assert rounds.UPSTAIRS.still_allowed(the_letters(), NOW) == {}
        Access.objects.update(ended_at=NOW)
        assert len(rounds.UPSTAIRS.still_allowed(the_letters(), NOW)) == 2
    assert told(NOW + timedelta(hours=60)) == 0
