"""The walls around helping, tried under the portal's own login; each is broken once to see these tests go red."""

import uuid
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from tests.people.helping import let_in, organisation, person, worker
from tests.portal.making import World, join, world
from tests.support.doors import role
from tests.support.events import crime, update, victim
from trackmycrime.kernel import walls
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.messages import api as messages
from trackmycrime.messages.models import Message
from trackmycrime.people.models import Access, Account, ContactChange, HelpInvitation, Member, Victim
from trackmycrime.people.walls_of_helping import HELPED, WHO
from trackmycrime.publish.models import Case, Entry

pytestmark = pytest.mark.django_db
NOW = utc_now()
DAY = timedelta(days=1)


def query(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


class Made:
    """Rhian has two cases; Gwen helps with the first; Idris, a victim of the first too, let in Huw."""

    def __init__(self) -> None:
        self.world: World = world()
        self.world.send(
            crime("52/2", 1), victim("52/2", 1), victim("52/1", 2, "I"),
            update("52/1", 3, "R", "note", text={"en": "For Rhian"}, victims=["P1"]),
            update("52/1", 4, "I", "note", text={"en": "For Idris"}, victims=["I"]),
        )  # fmt: skip
        self.rhian = join(self.world)
        self.idris = join(self.world, "I", "idris@example.org")
        self.gwen = person("gwen@example.org")
        self.part = Victim.objects.get(person="P1", crime_id=self.crime("52/1"))
        self.access = let_in(self.part, self.gwen)
        let_in(Victim.objects.get(person="I"), person("huw@example.org"))
        query("set constraints all immediate")

    def crime(self, reference: str) -> uuid.UUID:
        return Case.objects.get(id=self.world.case(reference)).crime_id

    def sees(self, who: Account) -> set[uuid.UUID]:
        with role("portal"), bound(account=who.id):
            return set(Case.objects.values_list("id", flat=True))


@pytest.fixture
def made() -> Made:
    return Made()


def sees_that_case_and_no_more(made: Made) -> None:
    """A helper reads the one case, with what is for that victim, and nothing else that is theirs."""
    shared = made.world.case("52/1")
    assert made.sees(made.gwen) == {shared}
    assert made.sees(made.rhian) == {shared, made.world.case("52/2")}
    assert made.sees(person(f"{uuid.uuid4()}@example.org")) == set()
    with role("portal"), bound(account=made.gwen.id):
        keys = set(Entry.objects.values_list("key", flat=True))
        assert "update:R" in keys
        assert "update:I" not in keys
        assert not Victim.objects.exists()
        assert set(Account.objects.values_list("id", flat=True)) == {made.gwen.id}
        assert set(Access.objects.values_list("id", flat=True)) == {made.access.id}
    with role("portal"), bound(account=made.rhian.id):
        assert set(Victim.objects.values_list("person", flat=True)) == {"P1"}


def test_a_helper_sees_that_case_and_no_more(made: Made) -> None:
    sees_that_case_and_no_more(made)


@pytest.mark.parametrize(
    "breach",
    [
        "create policy careless on people_access for select to {portal} using (true)",
        "drop policy portal_0 on people_access",
        "create policy careless on people_victim for select to {portal} using (true)",
        "drop policy portal_0 on people_victim",
        "create policy careless on publish_case for select to {portal} using (true)",
        "create policy careless on publish_entry for select to {portal} using (true)",
        "drop policy portal_0 on publish_entry",
        "update people_access set account_id = null",
        "create or replace function my_victims() returns uuid[] language sql stable security definer"
        " as 'select my_readable()'",
        "create or replace function my_crimes() returns uuid[] language sql stable security definer"
        " as 'select array(select crime_id from people_victim)'",
    ],
)
def test_one_broken_wall_turns_it_red(made: Made, breach: str) -> None:
    query(breach.format(portal=walls.role("portal")))
    with pytest.raises(AssertionError):
        sees_that_case_and_no_more(made)


ENDS: dict[str, Callable[[Made], object]] = {
    "ended": lambda m: Access.objects.update(ended_at=NOW),
    "its time is over": lambda m: Access.objects.update(until=NOW - DAY),
    "not joined": lambda m: Access.objects.update(account=None),
    "the victim has no part any more": lambda m: Victim.objects.filter(id=m.part.id).update(live=False),
    "another person holds the part": lambda m: Victim.objects.filter(id=m.part.id).update(account=m.idris),
    "who gave it is shut out": lambda m: Account.objects.filter(id=m.rhian.id).update(is_active=False),
    "who gave it has closed their account": lambda m: Account.objects.filter(id=m.rhian.id).update(
        frozen_at=NOW
    ),
    "a child came of age": lambda m: (
        Access.objects.update(kind="guardian", by_officer=True),
        Victim.objects.filter(id=m.part.id).update(of_age_on=NOW.date() - DAY),
    ),
    "the case was closed to its victims": lambda m: Case.objects.update(open=False),
}


@pytest.mark.parametrize("how", ENDS)
def test_access_ends_at_once_when(made: Made, how: str) -> None:
    sees_that_case_and_no_more(made)
    ENDS[how](made)
    assert made.sees(made.gwen) == set()
    with role("portal"), bound(account=made.gwen.id):
        assert not Entry.objects.exists()
        assert not Message.objects.exists()


def test_a_guardian_of_a_child_sees_it_until_the_birthday(made: Made) -> None:
    Access.objects.update(kind="guardian", by_officer=True, given_by=uuid.uuid4())
    Victim.objects.filter(id=made.part.id).update(of_age_on=NOW.date() + 2 * DAY)
    assert made.sees(made.gwen) == {made.world.case("52/1")}


def test_a_parent_of_whom_the_records_system_told_is_one_until_the_birthday(made: Made) -> None:
    child, mother = made.part, Victim.objects.get(person="I")
    Victim.objects.filter(id=mother.id).update(role="parent_guardian")
    shared = {made.world.case("52/1")}
    assert made.sees(made.idris) == shared  # no birthday was said
    for day, seen in ((date(2090, 1, 1), shared), (NOW.date() - DAY, set()), (date(1900, 1, 1), set())):
        Victim.objects.filter(id=child.id).update(of_age_on=day)
        assert made.sees(made.idris) == seen
        with role("portal"), bound(account=made.idris.id):
            assert Victim.objects.exists() is bool(seen)
    assert made.sees(made.rhian) >= shared, "the child, grown up, goes on"


# ---------------------------------------------------------------- messages


def write(made: Made, who: Account, *, access: Access | None, victim_id: Any = None, case: Any = None) -> Any:
    message = Message(
        force=made.world.force, victim_id=victim_id or made.part.id, case_id=case or made.world.case("52/1"),
        by="victim", account_id=who.id, access_id=access.id if access else None, text="Hello",
        written_at=NOW, once=uuid.uuid4(),
    )  # fmt: skip
    with role("portal"), bound(account=who.id), transaction.atomic():
        message.save(force_insert=True)
    return message


def refused(*args: Any, **kwargs: Any) -> None:
    with pytest.raises(ProgrammingError, match="row-level security"):
        write(*args, **kwargs)


def test_who_may_read_only_writes_nothing(made: Made) -> None:
    refused(made, made.gwen, access=made.access)
    Access.objects.update(may_write=True)
    assert write(made, made.gwen, access=made.access)
    Access.objects.update(until=NOW - DAY)
    refused(made, made.gwen, access=made.access)


def test_a_helper_writes_as_themselves_on_that_case_only(made: Made) -> None:
    Access.objects.update(may_write=True)
    other = Victim.objects.get(person="P1", crime_id=made.crime("52/2"))
    refused(made, made.gwen, access=None)
    refused(made, made.gwen, access=made.access, victim_id=other.id)
    refused(made, made.gwen, access=made.access, victim_id=other.id, case=made.world.case("52/2"))
    refused(made, made.gwen, access=made.access, case=made.world.case("52/2"))
    refused(made, made.gwen, access=made.access, victim_id=Victim.objects.get(person="I").id)
    refused(made, made.rhian, access=made.access)  # nor does anybody write as their helper


def test_what_a_helper_has_read_is_not_read_by_the_victim(made: Made) -> None:
    messages.write_as_officer(
        made.world.force.id, made.part.id, uuid.uuid4(), "", "We will call you", uuid.uuid4(), now=NOW
    )
    with role("portal"), bound(account=made.gwen.id):
        assert [m.text for m in messages.thread(made.part.id)] == ["We will call you"]
        assert messages.mark_read_by_victim(made.part.id, made.gwen.id, now=NOW) == 0
        assert messages.my_unread() == {}, "it is not written to her"
    with role("portal"), bound(account=made.rhian.id):
        assert messages.my_unread() == {made.world.case("52/1"): 1}
        assert messages.mark_read_by_victim(made.part.id, made.rhian.id, now=NOW) == 1


def test_a_helper_changes_nothing_of_how_the_victim_is_reached(made: Made) -> None:
    with role("portal"), bound(account=made.gwen.id):
        assert not Victim.objects.update(chosen_channel="text")
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            ContactChange.objects.create(
                force=made.world.force, victim=made.part, changed=["language"], at=NOW
            )


# ---------------------------------------------------------------- who lets in whom


def give(made: Made, who: Account, **more: Any) -> Access:
    given = {
        "force": made.world.force, "victim": made.part, "crime_id": made.part.crime_id, "kind": "helper",
        "name": "Huw", "until": NOW + DAY, "given_by": who.id, "given_at": NOW,
    } | more  # fmt: skip
    with role("portal"), bound(account=who.id), transaction.atomic():
        return Access.objects.create(**given)


def test_only_who_holds_a_part_lets_somebody_in_and_within_the_rules(made: Made) -> None:
    assert give(made, made.rhian)
    for who, wrong in (
        (made.gwen, {}),  # a helper lets in nobody
        (made.idris, {}),
        (made.rhian, {"given_by": made.idris.id}),
        (made.rhian, {"account": made.gwen}),  # nobody joins without proof
        (made.rhian, {"by_officer": True}),
        (made.rhian, {"kind": "guardian"}),
        (made.rhian, {"until": NOW + 500 * DAY}),
        (made.rhian, {"kind": "organisation"}),
    ):
        with pytest.raises(ProgrammingError, match="row-level security"):
            give(made, who, **wrong)


def test_a_helper_cannot_make_their_time_longer_or_let_themselves_write(made: Made) -> None:
    with role("portal"), bound(account=made.gwen.id):
        assert not Access.objects.update(until=NOW + 300 * DAY)
        assert not Access.objects.update(may_write=True)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Access.objects.update(account=made.gwen)
    with role("portal"), bound(account=made.rhian.id):
        assert Access.objects.filter(id=made.access.id).update(may_write=True)
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Access.objects.filter(id=made.access.id).update(until=NOW + 500 * DAY)
        ended = {"ended_at": NOW, "ended_by": made.rhian.id, "ended_why": "victim"}
        assert Access.objects.filter(id=made.access.id).update(**ended)
        assert not Access.objects.filter(id=made.access.id).update(ended_at=None)  # what has ended stays so
    assert made.sees(made.gwen) == set()


def test_no_secret_of_an_invitation_is_read_or_made_at_the_portal(made: Made) -> None:
    access = give(made, made.rhian)
    row = {
        "force": made.world.force, "access": access, "email": "huw@example.org", "email_hash": b"h" * 32,
        "code_hash": b"c" * 32, "created_at": NOW, "expires_at": NOW + DAY,
    }  # fmt: skip
    with role("portal"), bound(account=made.rhian.id):
        for wrong in ({"token_hash": b"t" * 32}, {"state": "opened"}, {"access": made.access}):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                HelpInvitation.objects.create(**row | wrong)
        HelpInvitation.objects.create(**row)
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            list(HelpInvitation.objects.all())
        assert HelpInvitation.objects.values_list("state", flat=True).get() == "waiting"
    with role("portal"), bound(account=made.gwen.id):
        assert not HelpInvitation.objects.values_list("state").exists()
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            HelpInvitation.objects.create(**row)


# ---------------------------------------------------------------- organisations


def test_whoever_works_for_the_organisation_at_the_moment_helps(made: Made) -> None:
    of = organisation(made.world.force)
    Access.objects.all().delete()
    access = let_in(made.part, organisation=of, kind="organisation")
    here, gone = person("here@example.org"), person("gone@example.org")
    worker(of, here)
    worker(of, gone, ended_at=NOW)
    shared = {made.world.case("52/1")}
    assert made.sees(here) == shared
    assert made.sees(gone) == set()
    assert made.sees(made.gwen) == set()
    Member.objects.filter(account=here).update(ended_at=NOW)
    assert made.sees(here) == set()
    Member.objects.filter(account=gone).update(ended_at=None)
    assert made.sees(gone) == shared
    Access.objects.filter(id=access.id).update(may_write=True)
    assert write(made, gone, access=access)
    of.ended_at = NOW
    of.save()
    assert made.sees(gone) == set()


def test_only_an_administrator_of_the_organisation_says_who_works_there(made: Made) -> None:
    of, other = organisation(made.world.force), organisation(made.world.force, "Another")
    boss, hand = person("boss@example.org"), person("hand@example.org")
    worker(of, boss, "administrator")
    worker(of, hand)
    new = {
        "force": made.world.force, "organisation": of, "name": "New", "role": "worker", "added_at": NOW,
    }  # fmt: skip

    def add(who: Account, **more: Any) -> Member:
        with role("portal"), bound(account=who.id), transaction.atomic():
            return Member.objects.create(**new | {"added_by": who.id} | more)

    added = add(boss)
    for who, wrong in (
        (hand, {}),
        (made.rhian, {}),
        (boss, {"organisation": other}),
        (boss, {"account": hand}),
        (boss, {"added_by": hand.id}),
    ):
        with pytest.raises(ProgrammingError, match="row-level security"):
            add(who, **wrong)
    with role("portal"), bound(account=boss.id):
        assert Member.objects.count() == 3
        assert Member.objects.filter(id=added.id).update(ended_at=NOW, ended_by=boss.id)
    with role("portal"), bound(account=hand.id):
        assert Member.objects.count() == 1
        assert not Member.objects.exclude(account=hand).update(ended_at=NOW, ended_by=hand.id)
    with role("portal"), bound(account=made.gwen.id):
        assert not Member.objects.exists()


def test_an_officer_lets_in_guardians_in_their_own_force_and_in_their_own_name(made: Made) -> None:
    elsewhere = world("south-wales")
    officer = uuid.uuid4()
    row = {
        "force": made.world.force, "victim": made.part, "crime_id": made.part.crime_id, "kind": "guardian",
        "name": "Mam", "until": NOW + DAY, "given_by": officer, "by_officer": True, "given_at": NOW,
    }  # fmt: skip
    with role("desk"), bound(force=made.world.force.id, account=officer):
        assert Access.objects.create(**row)
        for wrong in ({"by_officer": False}, {"account": made.gwen}, {"given_by": made.rhian.id}):
            with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
                Access.objects.create(**row | wrong)
    with role("desk"), bound(force=elsewhere.force.id, account=officer):
        assert not Access.objects.exists()
        with pytest.raises(ProgrammingError, match="row-level security"), transaction.atomic():
            Access.objects.create(**row)
    # the gateway takes along what there is when a crime is merged, in its own force; it lets nobody in
    with role("gateway"), bound(force=elsewhere.force.id):
        assert not Access.objects.exists()
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            Access.objects.create(**row)


def test_what_one_was_let_in_to_is_found_by_an_index(made: Made) -> None:
    """Each page asks for it several times, and almost nobody was let in to anything."""
    query(
        "insert into people_access (id, force_id, victim_id, crime_id, kind, name, may_write, wants_alerts, until,"
        " by_officer, given_by, given_at, ended_why) select gen_random_uuid(), force_id, victim_id, crime_id, kind,"
        " name, false, false, until, true, given_by, given_at, '' from people_access, generate_series(1, 3000)"
        " where id = %s",
        made.access.id,
    )
    query("analyze people_access")
    with bound(account=made.gwen.id):
        plan = "\n".join(row[0] for row in query(f"explain {WHO} select a.id {HELPED}"))
        assert "Seq Scan on people_access" not in plan, plan
        assert "people_access_account" in plan, plan
        assert "people_access_org" in plan, plan
        assert "hashed SubPlan" not in plan, plan  # it would read all accounts
        assert query("select unnest(my_accesses())") == [(made.access.id,)]
