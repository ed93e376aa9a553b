"""Who may read and write what, in made-up worlds of shared cases: the walls against a slow, obvious model."""

import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people.helping import let_in, organisation, person, worker
from tests.portal.making import World, world
from tests.support.doors import role
from tests.support.events import crime, victim
from trackmycrime.kernel.clock import london_date, utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.people.helping.carrying import Link, carry
from trackmycrime.people.helping.rules import parents_end
from trackmycrime.people.models import Access, Account, Victim

pytestmark = pytest.mark.django_db
NOW = utc_now()
TODAY = london_date(NOW)
DAY = timedelta(days=1)
PEOPLE = 4
BIRTHDAYS = st.sampled_from([None, date(1900, 1, 1), TODAY, TODAY + DAY, TODAY - DAY])


@dataclass(frozen=True)
class Part:
    owner: int | None
    role: str
    live: bool
    of_age_on: date | None


@dataclass(frozen=True)
class Let:
    part: int
    who: int | None
    organisation: bool
    kind: str
    by: int | None
    """Who gave it; None: an officer"""
    until: int
    ended: bool
    may_write: bool


PERSON = st.integers(0, PEOPLE - 1)
PARTS = st.builds(
    Part,
    st.none() | PERSON,
    st.sampled_from(["victim", "victim", "parent_guardian"]),
    st.booleans(),
    BIRTHDAYS,
)
LETS = st.builds(
    Let, st.integers(0, 2), st.none() | PERSON, st.booleans(), st.sampled_from(["helper", "guardian"]),
    st.none() | PERSON, st.sampled_from([-1, 1]), st.booleans(), st.booleans(),
)  # fmt: skip


def may(
    who: int, parts: list[Part], lets: list[Let], here: set[int], shut: set[int]
) -> tuple[set[int], set[int]]:
    """(whose case this person may read, by which access they may write), the obvious way."""

    def there(n: int) -> bool:
        part = parts[n]
        if not part.live:
            return False
        if part.role != "parent_guardian":
            return True
        # the first two are of one crime
        children = [p.of_age_on for p in (parts[:2] if n < 2 else parts[2:]) if p.role == "victim" and p.live]
        return not parents_end(children, TODAY)

    if who in shut:
        return set(), set()  # frozen: nothing, in whatever session
    reads = {n for n, part in enumerate(parts) if part.owner == who and there(n)}
    writes = set()
    for n, let in enumerate(lets):
        part = parts[let.part]
        mine = who in here if let.organisation else let.who == who
        given = let.by is None or (let.by == part.owner and let.by not in shut)
        child = let.organisation or let.kind != "guardian" or part.of_age_on is None or part.of_age_on > TODAY
        if mine and given and child and there(let.part) and not let.ended and let.until > 0:
            reads.add(let.part)
            if let.may_write:
                writes.add(n)
    return reads, writes


def after_a_merge(lets: list[Let]) -> list[Let]:
    """Where access is once the crime of the third part was merged into that of the first, the obvious way."""
    moved: list[Let] = []
    for n, let in enumerate(lets):
        there = [one for k, one in enumerate(lets) if k != n and one.part == 0] + moved
        twice = any(
            not one.ended and one.part == 0 and one.organisation == let.organisation
            and (let.organisation or (one.who is not None and one.who == let.who))
            for one in there
        )  # fmt: skip
        goes = let.part == 2 and not let.ended and not twice
        moved.append(replace(let, part=0) if goes else let)
    return moved


def asked(account: Account, function: str) -> set[Any]:
    with role("portal"), bound(account=account.id), connection.cursor() as cursor:
        cursor.execute(f"select unnest({function}())")
        return {row[0] for row in cursor.fetchall()}


@pytest.fixture
def made() -> tuple[World, list[Account], list[Victim]]:
    there = world()
    there.send(victim("52/1", 2, "P2"), crime("52/2", 1), victim("52/2", 1, "P3"))
    people = [person(f"p{n}@example.org") for n in range(PEOPLE)]
    found = {one.person: one for one in Victim.objects.all()}
    return there, people, [found[name] for name in ("P1", "P2", "P3")]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    parts=st.lists(PARTS, min_size=3, max_size=3),
    lets=st.lists(LETS, max_size=5),
    here=st.sets(PERSON),
    shut=st.sets(PERSON, max_size=1),
    merge=st.sampled_from(["", "done", "undone"]),
)
def test_the_walls_say_what_the_model_says(
    made: tuple[World, list[Account], list[Victim]],
    parts: list[Part],
    lets: list[Let],
    here: set[int],
    shut: set[int],
    merge: str,
) -> None:
    there, people, victims = made
    with transaction.atomic():
        for row, part in zip(victims, parts, strict=True):
            owner = None if part.owner is None else people[part.owner]
            Victim.objects.filter(id=row.id).update(
                account=owner, role=part.role, live=part.live, of_age_on=part.of_age_on
            )
        for n in shut:
            Account.objects.filter(id=people[n].id).update(frozen_at=NOW)
        of = organisation(there.force)
        for n in here:
            worker(of, people[n])
        rows: list[Access] = []
        kept: list[Let] = []
        for let in lets:
            # one access at a time to the same part for the same person or organisation: the table says so too
            same = [
                k for k in kept
                if not k.ended and k.part == let.part and k.organisation == let.organisation
                and (let.organisation or k.who == let.who)
            ]  # fmt: skip
            if same and not let.ended:
                continue
            kept.append(let)
            rows.append(
                let_in(
                    victims[let.part], None if let.organisation or let.who is None else people[let.who],
                    organisation=of if let.organisation else None,
                    kind="organisation" if let.organisation else let.kind, by_officer=let.by is None,
                    given_by=uuid.uuid4() if let.by is None else people[let.by].id, until=NOW + let.until * DAY,
                    ended_at=NOW if let.ended else None, may_write=let.may_write,
                )
            )  # fmt: skip
        given_to = [let.part for let in kept]
        if merge:
            link = Link(victims[2].id, victims[0].id, goes=True)
            carry(there.force.id, [link], [victims[0].id], now=NOW)
            kept = after_a_merge(kept)
        if merge == "undone":
            carry(there.force.id, [], [victims[0].id], now=NOW)
            kept = [replace(now, part=then) for now, then in zip(kept, given_to, strict=True)]
        for n, account in enumerate(people):
            reads, writes = may(n, parts, kept, here, shut)
            assert asked(account, "my_readable") == {victims[k].id for k in reads}
            assert asked(account, "my_crimes") == {victims[k].crime_id for k in reads}
            assert asked(account, "my_writing") == {rows[k].id for k in writes}
            own = {victims[k].id for k in reads if parts[k].owner == n}
            assert asked(account, "my_victims") == own
        transaction.set_rollback(True)
