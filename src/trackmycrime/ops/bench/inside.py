"""What a measurement must do inside, in a process of its own with a role's settings.

    python -m trackmycrime.ops.bench.inside TASK '{"argument": …}'

Writes one line of JSON to standard output.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any
from uuid import UUID

from trackmycrime.kernel.clock import utc_now
from trackmycrime.ops.bench import events, outbox
from trackmycrime.ops.exits import say

FORCES, SOURCE = ("avon-and-somerset", "south-wales"), "Bench records system"
PASSWORD = "correct-horse-bench"  # noqa: S105 (of a made-up person in a folder that is thrown away)
_LOADED_AT_ONCE = 1_000
_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "SAVEPOINT", "RELEASE")


def prepare() -> list[str]:
    """As the owner: two forces, a source each; their tokens. What is said to have happened before now is history."""
    from trackmycrime.ops.demo.installing import AT_ANY_HOUR, name_of, run

    tokens = []
    with tempfile.TemporaryDirectory() as folder:
        for force in FORCES:
            file = Path(folder) / f"{force}.toml"
            file.write_text(
                f'slug = "{force}"\nname = "{name_of(force)}"\nlanguages = ["en"]\n[policy]\n'
                + "\n".join(AT_ANY_HOUR),
                encoding="utf-8",
            )
            run("force", "apply", str(file))
            tokens.append(str(run("source", "add", force, SOURCE)["token"]))
    return tokens


def load(force: int, first: int, count: int, further: int = 0) -> int:
    """With the gateway's login: so many crimes of a force with their victims, each with `further` events about it,
    through the very code that takes a delivery. The first force has the crime whose page is measured, too."""
    before = utc_now() - timedelta(hours=1)
    made = _chain(
        events.staff(before),
        events.page(before) if force == 1 else (),
        events.loaded(first, count, before, further),
    )
    return take(force, iter(made))


def take(force: int, made: Iterator[dict[str, Any]]) -> int:
    from trackmycrime.feed import sources
    from trackmycrime.feed.contract import Line, judge
    from trackmycrime.kernel.scope import bound
    from trackmycrime.pipeline import take_events

    source_id = _source_of(force)
    loaded, began, told = 0, time.monotonic(), time.monotonic()
    while delivery := list(islice(made, _LOADED_AT_ONCE)):
        now = utc_now()
        with bound(force=force):
            known = sources.load(source_id)
            verdicts = [
                judge(Line(number, event), now=now, allowed_types=None, digest_key=sources.digest_key())
                for number, event in enumerate(delivery)
            ]
            results = take_events(known.sender, verdicts, now=now)
        wrong = [result for result in results if result.status != "applied"]
        if wrong:
            raise SystemExit(f"an event was not applied: {wrong[0]}")
        loaded += len(delivery)
        if time.monotonic() > told + 10:
            told = time.monotonic()
            say(f"bench: force {force}: {loaded:,} events loaded, {loaded / (told - began):,.0f} a second")
    return loaded


def _chain(*several: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in several:
        yield from one


def _source_of(force: int) -> UUID:
    """Found through the rows of the force, which the gateway may see once it is bound to it."""
    from trackmycrime.feed.models import Source
    from trackmycrime.kernel.scope import bound

    with bound(force=force):
        return Source.objects.get().id


def join(crimes: int, invited: bool = False) -> int:
    """As the owner: half of the victims join, set-wise; the one of the measured page as a person does.

    `invited`: the others have been invited a week ago, as in a force that is not new to this.
    """
    from django.contrib.auth.hashers import make_password
    from django.db import connection, transaction

    from trackmycrime.kernel import crypto, setwise
    from trackmycrime.ops.demo import installing
    from trackmycrime.people.models import Account, Victim

    if not installing.join(FORCES[0], events.PAGE_PERSON, events.PAGE_EMAIL, PASSWORD, "en"):
        raise SystemExit("the victim of the measured page could not join")
    now, joined = utc_now(), 0
    password = make_password(None)  # nobody signs in with these
    people = {events.person(number): events.email(number) for number in range(crimes) if events.joins(number)}
    names = list(people)
    for first in range(0, len(names), 5_000):
        with transaction.atomic():
            parts = list(Victim.objects.filter(person__in=names[first : first + 5_000]).only("id", "person"))
            accounts = [
                Account(
                    kind=Account.Kind.VICTIM,
                    email=people[part.person],
                    email_hash=crypto.blind_email(people[part.person]),
                    password=password,
                    language="en",
                    created_at=now,
                )
                for part in parts
            ]
            Account.objects.bulk_create(accounts, batch_size=2_000)  # PostgreSQL takes 65,535 values at once
            rows = [
                {"id": part.id, "account_id": account.id, "joined_at": now}
                for part, account in zip(parts, accounts, strict=True)
            ]
            setwise.update("people_victim", ["id"], ["account_id", "joined_at"], rows)
            joined += len(rows)
    with connection.cursor() as cursor:
        if invited:
            cursor.execute(_INVITED)
        cursor.execute("vacuum analyze")  # what autovacuum does a minute after a big load
    return joined


_INVITED = """
with those as (
  update people_victim set invited_at = now() - interval '7 days' where account_id is null and invited_at is null
  returning id, force_id, crime_id)
insert into alerts_alert (id, force_id, victim_id, case_id, about, channel, state, reason, decided_at, due_at,
  finished_at, tried)
select gen_random_uuid(), t.force_id, t.id, c.id, 'invitation', 'email', 'sent', '', now() - interval '7 days',
  now() - interval '7 days', now() - interval '7 days', '[]'
from those t join publish_case c on c.crime_id = t.crime_id and c.force_id = t.force_id"""


def stored() -> int:
    """As the owner: how many events are kept."""
    from trackmycrime.kernel import setwise

    return int(setwise.fetch("select count(*) as n from feed_event")[0]["n"])


def unsent() -> int:
    """As the owner: how many letters are due or being sent."""
    from trackmycrime.kernel import setwise

    due = "state = 'sending' or (state = 'prepared' and coalesce(next_try_at, created_at) <= now())"
    return int(setwise.fetch(f"select count(*) as n from delivery_dispatch where {due}")[0]["n"])  # noqa: S608 (constants of ours)


def server() -> str:
    """The version of the PostgreSQL."""
    from trackmycrime.kernel import setwise

    return str(setwise.fetch("select split_part(version(), ' ', 2) as v")[0]["v"])


def statements(path: str, cookie: str) -> dict[str, Any]:
    """As the portal: the SQL statements of one page, when it is written anew and when it is kept from before."""
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    visitor = Client(HTTP_HOST="127.0.0.1")
    visitor.cookies["portal"] = cookie
    visitor.get("/cases/")  # the connection is open
    counted: dict[str, Any] = {}
    for name in ("anew", "kept"):
        with CaptureQueriesContext(connection) as captured:
            answer = visitor.get(path)
        if answer.status_code != 200:
            raise SystemExit(f"the page answered {answer.status_code}")
        said = [query["sql"] for query in captured.captured_queries]
        asked = [sql[:300] for sql in said if not sql.upper().startswith(_CONTROL)]
        counted[name] = {"statements": len(asked), "with_begin_and_commit": len(said), "sql": asked}
    return counted


def sessions(cookie: str, count: int) -> list[str]:
    """As the portal: the cookies of so many more browsers in which this person is signed in.

    Each looked last at another moment, so that what is new differs and each gets a page of its own.
    """
    from trackmycrime.people.sessions.portal import SessionStore
    from trackmycrime.portal.looking import KEY

    data = dict(SessionStore(cookie).items())
    looked = datetime.fromisoformat(data[KEY])
    cookies = []
    for number in range(count):
        one = SessionStore()
        one.update({**data, KEY: (looked + timedelta(microseconds=number)).isoformat()})
        one.create()
        cookies.append(str(one.session_key))
    return cookies


def _taken(since: str, most: int) -> tuple[Any, str, list[list[Any]]]:
    """A connection of its own transactions, the query of what was taken since then, and its rows as COPY takes them."""
    from django.db import connection
    from psycopg.types.json import Jsonb

    connection.ensure_connection()
    raw = connection.connection
    raw.autocommit = True
    source = f"select * from feed_event where received_at >= '{since}' limit {int(most)}"  # noqa: S608 (the bench's own)
    rows = [
        [Jsonb(value) if isinstance(value, dict) else value for value in row]
        for row in raw.execute(source).fetchall()
    ]
    return raw, source, rows


def chain(since: str, most: int, batch: int) -> float:
    """As the owner: rows a second of a bare set-wise way in, without rules, keys or walls: COPY into a temporary table,
    and one statement that stores the events of it with four effects each (a state, a case, an entry, an alert)."""
    raw, _, rows = _taken(since, most)
    raw.execute(_CHAIN_TABLES)
    began = time.perf_counter()
    for first in range(0, len(rows), batch):
        with raw.transaction(), raw.cursor() as cursor:
            cursor.execute("truncate bench_in")
            with cursor.copy("copy bench_in from stdin") as into:
                for row in rows[first : first + batch]:
                    into.write_row(row)
            cursor.execute(_CHAIN)
    measured = len(rows) / (time.perf_counter() - began)
    raw.execute("drop table bench_in, bench_kept, bench_state, bench_case, bench_entry, bench_alert")
    return measured


_CHAIN_TABLES = """
create temporary table bench_in as select * from feed_event limit 0;
create table bench_kept (like feed_event, primary key (id));
create table bench_state (entity text primary key, sequence bigint);
create table bench_case (subject text primary key, time timestamptz, sequence bigint);
create table bench_entry (id uuid primary key, subject text, body bytea);
create table bench_alert (id uuid primary key, subject text, at timestamptz)"""
_CHAIN = """
with kept as (insert into bench_kept select * from bench_in on conflict do nothing returning *),
state as (insert into bench_state select entity, max(sequence) from kept group by 1
  on conflict (entity) do update set sequence = excluded.sequence returning 1),
cases as (insert into bench_case select subject_key, max(time), max(sequence) from kept group by 1
  on conflict (subject) do update set time = excluded.time, sequence = excluded.sequence returning 1),
entry as (insert into bench_entry select id, subject_key, body from kept returning 1)
insert into bench_alert select id, subject_key, received_at from kept"""


def copy(since: str, most: int, batch: int) -> dict[str, float]:
    """As the owner: COPY the events that were taken since then into an unlogged table of the same columns.

    `batches`: as many rows to a COPY and a commit as a delivery has events, the values given by Python. `whole`: all
    at once, ready-made text: the most that COPY can do.
    """
    raw, source, rows = _taken(since, most)
    with raw.cursor().copy(f"copy ({source}) to stdout") as out:
        text = [bytes(block) for block in out]
    measured: dict[str, float] = {"rows": len(rows)}
    for name in ("batches", "whole"):
        raw.execute("create unlogged table bench_event as select * from feed_event limit 0")
        began = time.perf_counter()
        if name == "batches":
            for first in range(0, len(rows), batch):
                with raw.cursor().copy("copy bench_event from stdin") as into:
                    for row in rows[first : first + batch]:
                        into.write_row(row)
        else:
            with raw.cursor().copy("copy bench_event from stdin") as into:
                for block in text:
                    into.write(block)
        measured[name] = len(rows) / (time.perf_counter() - began)
        raw.execute("drop table bench_event")
    return measured


_TASKS = {
    each.__name__: each
    for each in (
        *(prepare, load, join, stored, unsent, server, statements, sessions, copy, chain),
        *(
            outbox.hold,
            outbox.release,
            outbox.choose,
            outbox.tell,
            outbox.workers,
            outbox.outcome,
            outbox.pile,
            outbox.claim,
        ),
    )
}


def main() -> None:
    """Run the task that is named."""
    import django

    django.setup()
    task, arguments = sys.argv[1:3]
    sys.stdout.write(json.dumps(_TASKS[task](**json.loads(arguments))) + "\n")


if __name__ == "__main__":
    main()
