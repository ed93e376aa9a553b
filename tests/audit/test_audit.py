"""The audit is only ever added to, whoever tries."""

import pytest
from django.db import DatabaseError, connection, transaction

from tests.support.doors import role
from tests.support.events import NOW, make_force
from trackmycrime.audit.api import SYSTEM, Act, Actor, record
from trackmycrime.audit.models import Record
from trackmycrime.kernel.scope import bound

pytestmark = pytest.mark.django_db


def test_an_act_is_written_with_who_and_what() -> None:
    force = make_force()
    with role("desk"), bound(force=force.id):
        record(
            Actor("officer", "o1"),
            [Act("case.viewed", "case", "c1", {"victim": "v1"})],
            force=force.id,
            now=NOW,
        )
    kept = Record.objects.get()
    assert (kept.actor_id, kept.action, kept.object_id, kept.detail) == (
        "o1",
        "case.viewed",
        "c1",
        {"victim": "v1"},
    )


@pytest.mark.parametrize(
    "act", ["update audit_record set action = 'x'", "delete from audit_record", "truncate audit_record"]
)
@pytest.mark.parametrize("who", ["owner", "portal", "desk", "gateway", "worker"])
def test_nobody_changes_or_removes_a_record(act: str, who: str) -> None:
    record(SYSTEM, [Act("x")], force=None, now=NOW)
    with connection.cursor() as cursor:
        cursor.execute("alter table audit_record enable trigger audit_kept")  # see tests/conftest.py

    def attempt() -> None:
        refused = pytest.raises(DatabaseError, match=r"only ever added to|permission denied")
        with refused, transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(act)

    if who == "owner":
        attempt()
    else:
        with role(who):
            attempt()
    assert Record.objects.get().action == "x"


def test_staff_see_their_own_forces_records() -> None:
    mine, theirs = make_force(), make_force("south-wales")
    for force in (mine, theirs):
        record(SYSTEM, [Act("x")], force=force.id, now=NOW)
    with role("desk"), bound(force=mine.id):
        assert [r.force_id for r in Record.objects.all()] == [mine.id]


def test_the_portal_cannot_write_in_an_officers_name() -> None:
    with role("portal"), pytest.raises(DatabaseError, match="row-level security"), transaction.atomic():
        record(Actor("officer", "o1"), [Act("x")], force=None, now=NOW)
