"""A key gets its columns in another order, and what leads to it leads to it still."""

import pytest
from django.db import connection

from trackmycrime.kernel.reordering import reordered

pytestmark = pytest.mark.django_db
TURN = reordered("victim", "people_victim", "people_victim_in_force", ("id", "force_id"))


def run(sql: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(str(sql))


def standing() -> tuple[str, set[tuple[str, str, str]]]:
    """How the key is defined, and the foreign keys that lead to it."""
    with connection.cursor() as cursor:
        cursor.execute(
            "select pg_get_constraintdef(oid) from pg_constraint where conname = 'people_victim_in_force'"
        )
        (key,) = cursor.fetchone()
        cursor.execute(
            "select conrelid::regclass::text, conname, pg_get_constraintdef(oid) from pg_constraint"
            " where contype = 'f' and conindid = 'people_victim_in_force'::regclass"
        )
        return key, set(cursor.fetchall())


def test_the_keys_that_lead_to_it_are_as_they_were() -> None:
    key, leading = standing()
    assert key == "UNIQUE (id, force_id)"
    assert len(leading) > 5
    run(TURN.reverse_sql)
    assert standing() == ("UNIQUE (force_id, id)", leading)
    run(TURN.sql)
    assert standing() == (key, leading)
