"""The delivery log: it proves what was sent, when, how and in which words; a page at a time, and whole as a file."""

import csv
import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner
from django.db import connection

from tests.desk.people import World, sign_in, world
from tests.desk.test_case import text
from tests.support.doors import DoorClient, role
from tests.support.events import crime, update, victim
from tests.support.sending import send
from trackmycrime.alerts import log, log_files
from trackmycrime.alerts.lives import InPerson, Life, Told
from trackmycrime.alerts.models import Alert
from trackmycrime.audit.models import Record
from trackmycrime.delivery.letters import Outcome
from trackmycrime.delivery.models import Dispatch, Receipt
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import lowest_id, new_id
from trackmycrime.kernel.scope import bound
from trackmycrime.ops.commands.delivery import command
from trackmycrime.people.models import Victim
from trackmycrime.tasks.api import Need, open_tasks
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db

TAKEN = Outcome("accepted", "250")
ANALYZE = "analyze alerts_alert, people_victim, delivery_dispatch"
"""All that the log's statement looks at: what a test before left of statistics would choose its plan."""


@pytest.fixture
def made() -> World:
    """P1 got an invitation and an alert, by email."""
    made = world()
    send(TAKEN)
    made.send(update("52/1", 3, "u1", "suspect_arrested"))
    send(TAKEN)
    return made


def alert_of(made: World) -> Alert:
    return Alert.objects.get(victim=made.victim(), about="update")


def delivered(made: World) -> None:
    letter = Dispatch.objects.get(owner_id=alert_of(made).id)
    now = utc_now()
    Receipt.objects.create(
        force=made.force, dispatch_id=letter.id, result="delivered", at=now, taken_at=now, answer=""
    )
    Dispatch.objects.filter(id=letter.id).update(state="delivered")


def page(client: DoorClient, **query: Any) -> str:
    answer = client.get("/log/", query)
    assert answer.status_code == 200
    return text(answer.content)


def file(client: DoorClient, kind: str, **query: Any) -> str:
    """The file, read under the door's rights as a server reads it: after the request."""
    answer = client.get(f"/log/delivery-log.{kind}", query)
    assert answer.status_code == 200
    assert answer["Content-Disposition"] == f'attachment; filename="delivery-log.{kind}"'
    with role("desk"):
        return b"".join(answer.streaming_content).decode()  # type: ignore[attr-defined]


def rows(said: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(said)))


def test_it_says_what_was_sent_when_how_and_in_which_words(made: World) -> None:
    delivered(made)
    said = page(sign_in(made.force, "auditor", ""))
    words = Dispatch.objects.get(owner_id=alert_of(made).id).words
    assert words
    for expected in (
        "52/1",
        "Police have made an arrest",
        f"Email p…@example.org · English · {words}",
        "Taken by the provider",
        "Delivered",
        "The invitation",
    ):
        assert expected in said, expected
    assert "p1@example.org" not in said
    assert "Rhian" not in said


def test_an_administrator_reads_it_without_what_is_of_the_case(made: World) -> None:
    client = sign_in(made.force, "administrator", "")
    for said in (page(client), file(client, "csv"), file(client, "ndjson")):
        assert "p…@example.org" not in said
        assert "arrest" not in said
    assert 'href="/alerts/' not in client.get("/log/").content.decode()
    assert rows(file(client, "csv"))[0]["channel"] == "email"


def test_an_officer_has_no_right_to_it(made: World) -> None:
    for kind in ("", "delivery-log.csv", "delivery-log.ndjson"):
        assert sign_in(made.force).get(f"/log/{kind}").status_code == 403


def test_files_say_each_letter_with_its_moments(made: World) -> None:
    delivered(made)
    client = sign_in(made.force, "supervisor", "")
    newest, invitation = rows(file(client, "csv"))
    alert = alert_of(made)
    assert newest["alert"] == str(alert.id)
    assert (newest["reference"], newest["person"], newest["to"]) == ("52/1", "P1", "p…@example.org")
    assert (newest["alert_state"], newest["letter_state"], newest["tries"]) == ("sent", "delivered", "1")
    for moment in ("decided_at", "prepared_at", "accepted_at", "delivered_at"):
        assert datetime.fromisoformat(newest[moment]).utcoffset() == timedelta(0)
    assert newest["tells_of"].startswith("update:u1@")
    assert invitation["about"] == "invitation"
    document = json.loads(file(client, "ndjson").splitlines()[0])
    assert document["letters"][0]["tries"][0]["answer"] == "250"
    assert document["letters"][0]["words"] == newest["words"]


def test_what_a_person_told_says_who_and_when(made: World) -> None:
    now = utc_now()
    Alert.objects.filter(id=alert_of(made).id).update(state="by_person", finished_at=now)
    who = made.victim()
    open_tasks(made.force.id, [Need("tell_yourself", str(who.id), who.crime_id, who.id, "O1", "U1")], now=now)
    task = Task.objects.get(kind="tell_yourself")
    sign_in(made.force).post(f"/tasks/{task.id}/", {"note": "Rang her at noon"})
    client = sign_in(made.force, "auditor", "")
    said = page(client, channel="person")
    assert "Told in person" in said
    assert "DC Okafor" in said
    (row,) = rows(file(client, "csv", channel="person"))
    assert row["told_in_person_by"] == "o1"
    assert row["told_in_person_at"]


def test_days_ways_ends_and_cases_choose(made: World) -> None:
    client = sign_in(made.force, "auditor", "")
    day = utc_now() - timedelta(days=1)
    parts = {"until_day": day.day, "until_month": day.month, "until_year": day.year}
    for chosen, there in (
        ({}, True),
        (parts, False),
        ({"channel": "email"}, True),
        ({"channel": "text"}, False),
        ({"channel": "person"}, False),
        ({"state": "sent"}, True),
        ({"state": "failed"}, False),
        ({"case": made.crime().id}, True),
    ):
        assert ("52/1" in page(client, **chosen)) is there, chosen
        assert (len(rows(file(client, "csv", **chosen))) > 0) is there, chosen
    other = world("south-wales")
    assert client.get("/log/", {"case": other.crime().id}).status_code == 404
    assert "must be the first day or later" in page(
        client, since_day=2, since_month=3, since_year=2026, until_day=1, until_month=3, until_year=2026
    )


def test_of_one_case_all_is_shown_and_the_filter_stays_with_it(made: World) -> None:
    old = utc_now() - timedelta(days=400)
    many(made, 1, old)
    client = sign_in(made.force, "auditor", "")
    path = f"/log/?case={made.crime().id}"
    assert path in client.get(f"/cases/{made.crime().id}/").content.decode()
    said = client.get(path).content.decode()
    assert said.count('class="tmc-due__row') == 3
    assert f'name="case" value="{made.crime().id}"' in said
    assert f'href="/cases/{made.crime().id}/"' in said
    assert "All that was sent about this case · 52/1" in text(said.encode())
    assert len(rows(file(client, "csv", case=made.crime().id))) == 3
    assert client.get("/log/").content.decode().count('class="tmc-due__row') == 2


def test_nothing_of_another_force_is_in_a_page_or_a_file(made: World) -> None:
    other = world("south-wales")
    send(TAKEN)
    client = sign_in(other.force, "auditor", "")
    for kind in ("csv", "ndjson"):
        assert str(alert_of(made).id) not in file(client, kind)
    assert len(rows(file(client, "csv"))) == Alert.objects.filter(force=other.force).count()


def test_reading_and_taking_away_are_written_down(made: World) -> None:
    client = sign_in(made.force, "auditor", "")
    page(client, case=made.crime().id)
    file(client, "csv")
    seen, taken = Record.objects.order_by("-id")[:2][::-1]
    assert (seen.action, seen.object_kind, seen.object_id) == ("log.seen", "crime", str(made.crime().id))
    assert (taken.action, taken.object_kind, taken.detail["form"]) == ("log.exported", "force", "csv")
    assert {"since", "until"} <= set(taken.detail)


def many(made: World, n: int, at: datetime, of: Alert | None = None) -> None:
    """So many alerts like that one (else P1's) that were decided in the minutes before a moment."""
    base = of or alert_of(made)
    moments = [at - timedelta(minutes=k) for k in range(n)]
    ids = [type(base.id)(int=lowest_id(moment).int | new_id().int & 0xFFFF) for moment in moments]
    Alert.objects.bulk_create(
        Alert(
            id=id_, force=made.force, victim=base.victim, case_id=base.case_id, about="update", channel="email",
            state="sent", decided_at=moment, due_at=moment, finished_at=moment,
        )
        for id_, moment in zip(ids, moments, strict=True)
    )  # fmt: skip


def test_pages_lead_through_all_of_it_once(made: World, monkeypatch: pytest.MonkeyPatch) -> None:
    many(made, 60, utc_now() - timedelta(hours=1))
    monkeypatch.setattr(log, "LOOKED_AT", 7)  # a page may end because it has looked at enough
    wanted = log.Wanted(made.force.id, utc_now() - timedelta(days=7), utc_now() + timedelta(minutes=1))
    for chosen in (wanted, log.Wanted(made.force.id, wanted.since, wanted.until, channel="email")):
        found, onwards, pieces = [], None, 0
        while True:
            piece = log.find(chosen, before=onwards, most=5)
            found += [one.id for one in piece.lives]
            onwards, pieces = piece.onwards, pieces + 1
            if onwards is None:
                break
        expected = 62 if not chosen.channel else 2
        assert len(found) == len(set(found)) == expected
        assert found == sorted(found, reverse=True)
        assert pieces < 20


def blocks(made: World, *, days: int = 7, case: UUID | None = None) -> int:
    """How many blocks PostgreSQL touches for a page of the last week, or of all about one case."""
    until = utc_now() + timedelta(minutes=1)
    wanted = log.Wanted(made.force.id, until - timedelta(days=days), until, crime_id=case)
    with role("desk"), bound(force=made.force.id), connection.cursor() as cursor:
        cursor.execute(
            "explain (analyze, buffers, format json) " + log._SPAN.format(case=log._OF_CASE if case else ""),
            log.values(wanted, None, 25),
        )
        plan = cursor.fetchone()[0][0]["Plan"]
    return int(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])


def test_a_page_costs_no_more_where_the_log_is_long(made: World) -> None:
    few = blocks(made)
    many(made, 4000, utc_now() - timedelta(days=90))
    with connection.cursor() as cursor:
        cursor.execute(ANALYZE)
    assert blocks(made) <= few + 20


def test_all_of_one_case_costs_no_more_where_other_cases_have_much(made: World) -> None:
    made.send(crime("52/2", 20), victim("52/2", 20, "P2"))
    other = Alert.objects.filter(victim=made.victim("52/2", "P2")).first()
    assert other
    mine = made.crime().id
    few = blocks(made, days=9000, case=mine)
    many(made, 4000, utc_now() - timedelta(days=9), other)
    with connection.cursor() as cursor:  # each of another person, who is looked for when the transaction ends
        cursor.execute(
            "update alerts_alert set victim_id = gen_random_uuid() where victim_id = %s and id <> %s",
            [other.victim_id, other.id],
        )
        cursor.execute(ANALYZE)
    much = blocks(made, days=9000, case=mine)
    Alert.objects.exclude(victim_id__in=Victim.objects.values("id")).delete()
    assert much <= few + 20


def life(**values: Any) -> Life:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    said: dict[str, Any] = {
        "id": new_id(), "victim_id": new_id(), "person": "P1", "crime_id": new_id(), "reference": "52/1",
        "case_id": new_id(), "about": "update", "channel": "", "state": "by_person", "reason": "no safe way", "why": "",
        "decided_at": now, "due_at": now, "finished_at": now, "told": (), "letters": (), "in_person": None,
    }  # fmt: skip
    return Life(**(said | values))


@pytest.mark.parametrize("wrong", ["=1+1", "+44", "-2", "@SUM(A1)", "\t=1", '=HYPERLINK("http://x")'])
def test_no_cell_of_the_file_is_a_formula(wrong: str) -> None:
    one = life(reference=wrong, person=wrong, told=(Told(wrong, 1, ""),), reason=wrong)
    (row,) = rows("".join(log_files.as_csv([one], cases=True)))
    assert {row["reference"], row["person"], row["alert_reason"]} == {f"'{wrong}"}
    assert row["tells_of"].startswith("'")


def test_an_alert_without_letters_has_a_line_too() -> None:
    now = datetime(2026, 11, 24, 12, tzinfo=UTC)
    task = InPerson(new_id(), "tell_yourself", now, None, now, new_id(), "O7")
    (row,) = rows("".join(log_files.as_csv([life(in_person=task)], cases=True)))
    assert (row["told_in_person_at"], row["told_in_person_by"]) == (now.isoformat(), "O7")
    assert row["letter"] == ""


def test_the_command_writes_the_same_and_is_written_down(made: World) -> None:
    def run(*args: str) -> Any:
        return CliRunner().invoke(command, ["log", "--force", made.force.slug, *args])

    done = run("--since", "2026-01-01", "--csv")
    assert done.exit_code == 0, done.output
    assert {row["alert"] for row in rows(done.stdout)} == {str(one.id) for one in Alert.objects.all()}
    assert "p1@example.org" not in done.stdout
    noted = Record.objects.order_by("id").last()
    assert noted
    assert (noted.action, noted.actor_kind) == ("log.exported", "system")
    documents = [
        json.loads(line) for line in run("--since", "2026-01-01T00:00:00Z", "--json").stdout.splitlines()
    ]
    assert {one["alert"] for one in documents} == {row["alert"] for row in rows(done.stdout)}
    backwards = ["--since", "2027-01-01", "--until", "2026-01-01"]
    for wrong in (["--since", "yesterday"], ["--since", "2026-01-01T09:00"], backwards):
        assert run(*wrong).exit_code == 2, wrong
