"""What migration 0006 of `cases` does: no state of a crime's past is lost when its history moves into its own row."""

import importlib
from datetime import UTC, datetime

import pytest
from django.db import connection

from tests.pipeline.test_take_events import send
from tests.support.events import crime, make_force, make_source
from trackmycrime.cases.models import Crime

pytestmark = pytest.mark.django_db
_TABLE = """create temporary table cases_crime_state (crime_id uuid, sequence bigint, time timestamptz, stage text,
  outcome text, officer_id text, live boolean)"""


def test_every_state_comes_along_as_the_gateway_writes_it() -> None:
    source = make_source(make_force())
    send(source, crime("52/1", 4), crime("52/1", 9, stage="closed", officer="DC1"), crime("52/2", 1))
    written = {each.id: sorted(each.states) for each in Crime.objects.all()}
    migration = importlib.import_module("trackmycrime.cases.migrations.0006_states_in_crime")
    with connection.cursor() as cursor:
        cursor.execute(_TABLE)
        for id_, states in written.items():
            for sequence, moment, *rest in states:
                there = datetime.fromisoformat(moment)
                cursor.execute(
                    "insert into cases_crime_state values (%s, %s, %s, %s, %s, %s, %s)",
                    [id_, sequence, there, *rest],
                )
        cursor.execute("update cases_crime set states = '[]'")
        cursor.execute(migration._BRING)
    for each in Crime.objects.all():
        came = [[sequence, datetime.fromisoformat(moment), *rest] for sequence, moment, *rest in each.states]
        was = [
            [sequence, datetime.fromisoformat(moment), *rest] for sequence, moment, *rest in written[each.id]
        ]
        assert came == was
        assert all(moment.tzinfo == UTC for _, moment, *_ in came)
