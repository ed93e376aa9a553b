"""The walls between the doors, tried under the doors' own logins; each wall is broken once to see the test go red."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, ProgrammingError, connection, transaction
from django.db.utils import DatabaseError

from tests.support.doors import role
from tests.support.events import NOW, crime, judged, make_force, make_source, update, victim
from trackmycrime import pipeline
from trackmycrime.forces.models import Force
from trackmycrime.kernel import walls
from trackmycrime.kernel.scope import bound, sealed
from trackmycrime.people.models import Account, Victim
from trackmycrime.publish.models import Case, Entry

pytestmark = pytest.mark.django_db


def query(sql: str, *params: Any) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else []


def account(email: str) -> Account:
    made = Account(kind="victim", email=email, email_hash=email.encode().ljust(32)[:32], created_at=NOW)
    made.save(force_insert=True)
    return made


@pytest.fixture
def world() -> dict[str, Any]:
    """Two forces with a case each, two people: Rhian has one case in each force, Idris one in the first."""
    found: dict[str, Any] = {"rhian": account("rhian@example.org"), "idris": account("idris@example.org")}
    for slug in ("avon-and-somerset", "south-wales"):
        force = make_force(slug)
        source = make_source(force)
        with bound(force=force.id):
            pipeline.take_events(
                source,
                judged(
                    crime("52/1", 1), victim("52/1", 1, "R"), crime("52/2", 1), victim("52/2", 1, "I"),
                    update("52/1", 2, "H", "verdict"), update("52/1", 3, "I", "note", text={"en": "x"}, victims=["R"]),
                ),
                now=NOW,
            )  # fmt: skip
        found[slug] = force
        Victim.objects.filter(force=force, person="R").update(account=found["rhian"])
    Victim.objects.filter(force=found["avon-and-somerset"], person="I").update(account=found["idris"])
    query("set constraints all immediate")  # so that the tests may break walls in the same transaction
    return found


def cases_of(who: Account | None) -> set[UUID]:
    with role("portal"):
        if who is None:
            return set(Case.objects.values_list("id", flat=True))
        with bound(account=who.id):
            return set(Case.objects.values_list("id", flat=True))


def own_and_no_other(world: dict[str, Any]) -> None:
    """A person sees their own cases, not another's, and nothing before they are known."""
    of = {(c.force.slug, c.crime_id): c.id for c in Case.objects.select_related("force")}
    mine = {
        of[v.force.slug, v.crime_id]
        for v in Victim.objects.filter(account=world["rhian"]).select_related("force")
    }
    assert len(mine) == 2
    assert cases_of(world["rhian"]) == mine
    assert len(cases_of(world["idris"])) == 1
    assert not cases_of(world["idris"]) & mine
    assert cases_of(None) == set()
    with role("portal"), bound(account=world["rhian"].id):
        assert set(Victim.objects.values_list("account_id", flat=True)) == {world["rhian"].id}


def held_stays_hidden(world: dict[str, Any]) -> None:
    with role("portal"), bound(account=world["rhian"].id):
        states = set(Entry.objects.values_list("state", flat=True))
    assert states == {"published"}


def test_a_person_sees_their_own_cases_only(world: dict[str, Any]) -> None:
    own_and_no_other(world)


def test_a_held_update_does_not_reach_the_portal_at_all(world: dict[str, Any]) -> None:
    assert Entry.objects.filter(state="held").exists()
    held_stays_hidden(world)


def test_an_update_for_another_victim_does_not_reach_the_portal(world: dict[str, Any]) -> None:
    other = Victim.objects.get(force=world["avon-and-somerset"], person="R")
    Victim.objects.create(
        force=other.force,
        crime_id=other.crime_id,
        person="X",
        role="victim",
        detail={},
        account=world["idris"],
        live=True,
    )
    with role("portal"), bound(account=world["idris"].id):
        keys = set(Entry.objects.values_list("key", flat=True))
    assert "update:I" not in keys
    with role("portal"), bound(account=world["rhian"].id):
        assert "update:I" in set(Entry.objects.values_list("key", flat=True))


@pytest.mark.parametrize(
    "breach",
    [
        "drop policy portal_0 on publish_case",
        "alter table publish_case disable row level security",
        "create policy careless on publish_case to {portal} using (true)",
        "drop policy portal_0 on people_victim",
        "create policy careless on people_victim to {portal} using (true)",
        "create or replace function my_crimes() returns uuid[] language sql stable security definer"
        " as 'select array(select id from cases_crime)'",
    ],
)
def test_one_broken_policy_turns_the_test_red(world: dict[str, Any], breach: str) -> None:
    query(breach.format(portal=walls.role("portal")))
    with pytest.raises(AssertionError):
        own_and_no_other(world)


def test_one_broken_policy_of_entries_turns_the_test_red(world: dict[str, Any]) -> None:
    query(f"create policy careless on publish_entry to {walls.role('portal')} using (true)")
    with pytest.raises(AssertionError):
        held_stays_hidden(world)


POLICE = [
    "cases_crime", "cases_update", "feed_event", "feed_entity", "feed_source", "feed_token",
    "people_invitation", "people_officer", "people_staff", "people_desk_session", "tasks_task", "delivery_dispatch",
    "delivery_attempt", "alerts_alert", "alerts_told", "kernel_seal_key", "kernel_counter", "people_setup_link",
]  # fmt: skip


@pytest.mark.parametrize("table", POLICE)
def test_the_portal_cannot_read_what_the_police_told_us(table: str) -> None:
    with role("portal"), pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        query(f"select * from {table}")


def test_a_grant_too_much_turns_the_test_red() -> None:
    query(f"grant select on cases_crime to {walls.role('portal')}")
    with pytest.raises(pytest.fail.Exception):
        test_the_portal_cannot_read_what_the_police_told_us("cases_crime")


def test_an_injected_scope_is_refused(world: dict[str, Any]) -> None:
    """Somebody who can run SQL as the portal still cannot become another account."""
    with (
        role("portal"),
        bound(account=world["idris"].id),
        pytest.raises(DatabaseError, match="not sealed"),
        transaction.atomic(),
    ):
        query("select set_config('app.account', %s, true)", str(world["rhian"].id))
        query("select * from publish_case")
    forged = sealed("account", world["idris"].id).replace(str(world["idris"].id), str(world["rhian"].id))
    with (
        role("portal"),
        bound(account=world["idris"].id),
        pytest.raises(DatabaseError, match="not sealed"),
        transaction.atomic(),
    ):
        query("select set_config('app.account', %s, true)", forged)
        query("select * from publish_case")
    # a seal for one kind of scope is none for the other
    force = sealed("force", world["south-wales"].id)
    with role("desk"), pytest.raises(DatabaseError), transaction.atomic():
        query("select set_config('app.account', %s, true)", force)
        query("select app_account()")


@pytest.mark.parametrize("door", ["desk", "gateway"])
def test_a_door_of_one_force_sees_nothing_of_another(world: dict[str, Any], door: str) -> None:
    with role(door), bound(force=world["south-wales"].id):
        assert set(Case.objects.values_list("force__slug", flat=True)) == {"south-wales"}
        assert query("select count(*) from cases_crime")[0][0] == 2
        changed = query("update publish_case set version = 0 returning force_id")
        assert {row[0] for row in changed} == {world["south-wales"].id}
    with role(door):
        assert not Case.objects.exists()


def test_a_row_cannot_be_written_into_another_force(world: dict[str, Any]) -> None:
    case = Case.objects.filter(force=world["avon-and-somerset"]).first()
    assert case is not None
    with (
        role("gateway"),
        bound(force=world["south-wales"].id),
        pytest.raises(DatabaseError, match="row-level security"),
        transaction.atomic(),
    ):
        query("insert into tasks_task (id, force_id, kind, once, officer_id, unit_id, created_at, detail)"
              " values (gen_random_uuid(), %s, 'x', 'x', '', '', now(), '{}')",
              world["avon-and-somerset"].id)  # fmt: skip


def test_a_key_cannot_point_into_another_force(world: dict[str, Any]) -> None:
    theirs = Case.objects.filter(force=world["avon-and-somerset"]).first()
    assert theirs is not None
    with pytest.raises(IntegrityError, match="same_force"), transaction.atomic():
        query(
            "update publish_entry set case_id = %s, key = 'stray' || id where force_id = %s",
            theirs.id,
            world["south-wales"].id,
        )
        query("set constraints all immediate")


def test_staff_and_victims_never_meet(world: dict[str, Any]) -> None:
    officer = Account(kind="officer", email="o@example.org", email_hash=b"o" * 32, created_at=NOW)
    officer.save(force_insert=True)
    with role("portal"), bound(account=officer.id):
        assert not Account.objects.exists()
    with role("desk"), bound(force=world["south-wales"].id):
        assert not Account.objects.filter(kind="victim").exists()


# ---------------------------------------------------------------- the catalog


def test_every_table_of_a_force_has_row_security() -> None:
    open_tables = query(
        "select relname from pg_class k where relkind = 'r' and relnamespace = 'public'::regnamespace"
        " and not relrowsecurity and exists (select from pg_attribute where attrelid = k.oid and attname = 'force_id'"
        " and not attisdropped)"
    )
    granted = {table for table, doors in walls.declared().grants.items() if doors}
    assert {row[0] for row in open_tables} & granted == set()


def test_every_key_between_tables_of_a_force_carries_the_force() -> None:
    loose = query(
        """
        with of_force as (select attrelid from pg_attribute where attname = 'force_id' and not attisdropped),
        keys as (
            select conrelid, confrelid, conkey,
                   (select array_agg(attname::text) from pg_attribute
                    where attrelid = conrelid and attnum = any(conkey)) as columns
            from pg_constraint where contype = 'f'
        )
        select conrelid::regclass::text, confrelid::regclass::text, columns from keys
        where conrelid in (select attrelid from of_force) and confrelid in (select attrelid from of_force)
          and not columns @> array['force_id']
        """
    )
    # the keys of a table are ours (walls.py), so that each carries the force and is checked once
    assert {(table, target) for table, target, _ in loose} - {("people_staff", "people_account")} == set()


def test_no_policy_is_for_everybody_and_no_door_owns_a_table() -> None:
    assert (
        query("select policyname from pg_policies where schemaname = 'public' and 'public' = any(roles)")
        == []
    )
    doors = [walls.role(door) for door in walls.DOORS]
    assert query("select relname from pg_class where relowner::regrole::text = any(%s)", doors) == []


def test_the_catalog_says_what_the_walls_declare() -> None:
    """Nothing was granted by hand, and nothing that was declared is missing."""
    found = query(
        "select table_name, grantee, lower(privilege_type) from information_schema.role_table_grants"
        " where table_schema = 'public' and grantee = any(%s)",
        [walls.role(door) for door in walls.DOORS],
    )
    declared = {
        (table, walls.role(door), right.strip().split(" ")[0])
        for table, doors in walls.declared().grants.items()
        for door, rights in doors.items()
        for right in _split(rights)
        if "(" not in right
    }
    assert {(t, g, p) for t, g, p in found} == declared


def _split(rights: str) -> Iterator[str]:
    depth, start = 0, 0
    for position, char in enumerate(rights):
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            yield rights[start:position]
            start = position + 1
    yield rights[start:]


def test_a_table_that_nobody_named_stops_migrate() -> None:
    query("create table forgotten (id int)")
    with pytest.raises(ImproperlyConfigured, match="forgotten"):
        walls.apply()


def test_the_walls_are_left_alone_when_they_stand() -> None:
    walls.apply()
    assert walls.apply() is False


def test_every_function_with_the_owners_rights_has_a_fixed_search_path() -> None:
    loose = query(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef"
        " and not exists (select from unnest(proconfig) c where c like 'search_path=pg_catalog, public, pg_temp%%')"
    )
    assert loose == []
    public = query(
        "select proname from pg_proc where pronamespace = 'public'::regnamespace"
        " and has_function_privilege('public', oid, 'execute')"
    )
    assert public == []


def test_the_list_of_my_cases_walks_an_index(world: dict[str, Any]) -> None:
    """The policy's form matters: the natural `in (select …)` would scan a million rows for this page."""
    query("set local enable_seqscan = off")
    with role("portal"), bound(account=world["rhian"].id):
        plan = "\n".join(row[0] for row in query("explain select * from publish_case"))
    assert "Seq Scan on publish_case" not in plan
    assert "Index" in plan


def test_forces_are_known_by_name_only() -> None:
    make_force()
    with role("portal"):
        assert Force.objects.get().name
        with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
            query("update forces_force set name = 'x'")


def test_no_index_can_be_mistaken_for_the_key_that_leads_to_a_table() -> None:
    """Of a table that has just begun to fill, PostgreSQL knows nothing: for «is this row of this force there?» it takes
    any index that begins with the force for as good as the key, and reads all of the force's rows for each answer."""
    mistakable = query(
        "select distinct x.indexrelid::regclass::text from pg_constraint k"
        " join pg_index x on x.indrelid = k.confrelid and x.indexrelid <> k.conindid and x.indpred is null"
        " join pg_attribute a on a.attrelid = x.indrelid and a.attnum = x.indkey[0]"
        " where k.contype = 'f' and array_length(k.confkey, 1) > 1 and a.attname = 'force_id'"
    )
    assert mistakable == []
