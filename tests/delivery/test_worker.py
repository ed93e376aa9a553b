"""The real worker against real counterparts: woken by the bell, killed at each point, cut from its database.

After each of it nothing is missing, and at most what was in flight has come twice.
"""

import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction

from tests.alerts import making
from tests.support.events import AT_ANY_HOUR
from trackmycrime.alerts.api import tell
from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.models import Attempt, Dispatch, Worker
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.tasks.models import Task

from .counterparts import RESET, Gateway, MailServer, mail_server, text_gateway
from .processes import database_url, wait_for, worker

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
CANARY = "canary-rhian"


@pytest.fixture
def mail() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


@pytest.fixture
def texts() -> Iterator[Gateway]:
    with text_gateway() as running:
        yield running


@pytest.fixture(autouse=True)
def both_set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"


def victims(n: int = 1, **values: Any) -> list[making.Made]:
    """Victims with something new, not told yet, of a force that tells at any hour: the worker's clock is real."""
    force = Force.objects.first() or making.force(policy=AT_ANY_HOUR)
    found = [
        making.made(force, email=f"{CANARY}{k}@example.org", mobile=f"+447700900{k % 1000:03d}", **values)
        for k in range(n)
    ]
    for each in found:
        each.entry()
    return found


def told(n: int = 1, **values: Any) -> list[making.Made]:
    """The same, told in one committed transaction."""
    found = victims(n, **values)
    with transaction.atomic():
        tell(found[0].force.id, [item for each in found for item in each.news(make=False)], now=utc_now())
    return found


def all_sent(n: int) -> bool:
    return Alert.objects.filter(state="sent").count() == n


def states() -> str:
    return str(
        [
            Counter(Alert.objects.values_list("state", "reason")),
            Counter(Dispatch.objects.values_list("channel", "state", "reason", "tries")),
        ]
    )


def assert_says_nothing(said: str) -> None:
    assert CANARY not in said
    assert "7700900" not in said
    assert "Pritchard" not in said
    assert "Traceback" not in said


# ---------------------------------------------------------------- every day


def test_an_alert_leaves_within_moments_of_its_commit(mail: MailServer, texts: Gateway) -> None:
    with worker(email=mail.url, text=texts.url) as running:
        first = told()[0]
        wait_for(lambda: mail.mails, why=states)
        assert mail.to() == [first.victim.email]
        told(chosen_channel="text")
        wait_for(lambda: texts.texts, why=states)
        wait_for(lambda: all_sent(2), why=states)
        began = time.monotonic()
        told()
        wait_for(lambda: len(mail.mails) == 2, why=states)
        assert mail.mails[1].at - began < 2.0  # far below: see docs/performance.md; this is no benchmark
        wait_for(lambda: all_sent(3), why=states)
        assert Worker.objects.get().channels == "email,text"
        assert running.end() == 0
        assert not Worker.objects.exists()
        assert_says_nothing(running.said)


def test_what_was_told_while_nobody_listened_is_sent_by_the_next(mail: MailServer) -> None:
    told(3)
    with worker(email=mail.url):
        wait_for(lambda: all_sent(3), why=states)
    assert len(mail.mails) == 3


def test_without_a_provider_nothing_is_pretended_and_nothing_lost(mail: MailServer) -> None:
    told()
    with worker() as running:
        wait_for(lambda: Alert.objects.get().state == "not_set_up", why=states)
        assert Dispatch.objects.get().state == "prepared"
        assert "nothing (no channel is set up)" in running.said
    with worker(email=mail.url):
        wait_for(lambda: all_sent(1), why=states)


def test_two_workers_never_send_the_same(mail: MailServer) -> None:
    mail.seconds = 0.01
    with worker("--email-senders", "4", email=mail.url), worker("--email-senders", "4", email=mail.url):
        for _ in range(4):
            told(25)
        wait_for(lambda: all_sent(100), why=states)
    assert Counter(mail.to()).most_common(1)[0][1] == 4  # four rounds to the same 25
    assert len(mail.mails) == len({mail.message["Message-ID"] for mail in mail.mails}) == 100
    assert len(set(Dispatch.objects.values_list("lease_by", flat=True))) == 2


def test_ended_by_an_operator_it_finishes_what_is_in_flight(mail: MailServer) -> None:
    mail.seconds = 1.0
    told(20)
    with worker("--email-senders", "2", email=mail.url) as running:
        wait_for(lambda: Dispatch.objects.filter(state="sending").count() == 2, why=states)
        assert running.end() == 0
    assert not Dispatch.objects.filter(state="sending").exists()
    assert Dispatch.objects.filter(state="accepted").count() == len(mail.mails)
    assert len(mail.mails) < 20


# ----------------------------------------------------------------- refusals


def test_a_dead_mail_server_delays_and_loses_nothing(mail: MailServer) -> None:
    told(5)
    with worker(email=f"smtp://127.0.0.1:{mail.port + 1 if mail.port < 65535 else 1}") as running:
        wait_for(lambda: Attempt.objects.count() >= 5, why=states)
        assert set(Attempt.objects.values_list("result", flat=True)) == {"later"}
        assert Alert.objects.filter(state="waiting").count() == 5
        assert_says_nothing(running.said)
    with worker(email=mail.url):
        wait_for(lambda: all_sent(5), why=states)
    assert len(mail.mails) == 5


def test_each_refusal_ends_where_it_should(mail: MailServer, texts: Gateway) -> None:
    """A refused mail becomes a text, a refused text a task; a passing one is tried again; a lost answer once more."""
    kinds = ["ok", "refused", "refused twice", "busy", "lost"]
    found = dict(zip(kinds, told(5), strict=True))
    address = {kind: str(made.victim.email) for kind, made in found.items()}
    tries: Counter[str] = Counter()

    def rcpt(to: str) -> str | None:
        tries[to] += 1
        if to in (address["refused"], address["refused twice"]):
            return f"550 5.1.1 {to} is unknown"
        return "451 4.7.1 later" if to == address["busy"] and tries[to] == 1 else None

    mail.rules = {
        "RCPT": rcpt,
        "DATA": lambda to: RESET if to == address["lost"] and tries[to] == 1 else None,
    }
    texts.rule = lambda text: (
        (400, {"error": text["to"]})
        if text["to"] == found["refused twice"].victim.mobile
        else (202, {"id": "1"})
    )
    with worker(email=mail.url, text=texts.url) as running:
        wait_for(
            lambda: (
                Alert.objects.filter(state="sent").count() == 4
                and Task.objects.filter(kind="could_not_be_reached").exists()
            ),
            why=states,
        )
        assert_says_nothing(running.said)
    ends = {kind: Alert.objects.get(victim=made.victim) for kind, made in found.items()}
    assert {kind: (end.state, end.channel) for kind, end in ends.items()} == {
        "ok": ("sent", "email"),
        "refused": ("sent", "text"),
        "refused twice": ("failed", "text"),
        "busy": ("sent", "email"),
        "lost": ("sent", "email"),
    }
    assert Counter(Task.objects.values_list("kind", flat=True)) == {
        "could_not_be_reached": 1,
        "address_bounced": 2,
    }
    assert Counter(mail.to()) == {address["ok"]: 1, address["busy"]: 1, address["lost"]: 2}


# -------------------------------------------------------------------- kills


@pytest.mark.parametrize(
    ("point", "copies"), [("claimed", {1}), ("sent", {2}), ("completing", {2}), ("completed", {1})]
)
def test_killed_at_each_point_of_one_send(mail: MailServer, point: str, copies: set[int]) -> None:
    told()
    with worker(email=mail.url, pause_at=point) as first:
        first.wait_until_says(f"paused at {point}")
        first.kill()
    with worker(email=mail.url):
        wait_for(lambda: all_sent(1), why=states)
        time.sleep(0.3)
    assert len(mail.mails) in copies
    assert (
        len({mail.message["Message-ID"] for mail in mail.mails}) == 1
    )  # so that the reader's mailbox can tell


@pytest.mark.parametrize("point", ["sent:7", "completing:4", "claimed:9"])
def test_killed_in_the_middle_of_many_at_most_the_one_in_flight_repeats(mail: MailServer, point: str) -> None:
    told(30)
    with worker("--email-senders", "1", email=mail.url, pause_at=point) as first:
        first.wait_until_says("paused at")
        first.kill()
    before = len(mail.mails)
    assert 0 < before < 30
    with worker(email=mail.url):
        wait_for(lambda: all_sent(30), why=states)
    counts = Counter(mail.message["Message-ID"] for mail in mail.mails)
    assert len(counts) == 30
    assert sum(counts.values()) - 30 <= 1


def test_killed_again_and_again_nothing_is_missing(mail: MailServer) -> None:
    mail.seconds = 0.02
    told(60)
    senders, kills = 3, 4
    for _ in range(kills):
        with worker("--email-senders", str(senders), email=mail.url) as running:
            before = len(mail.mails)
            wait_for(lambda seen=before: len(mail.mails) > seen + 5 or all_sent(60), why=states)
            running.kill()
    with worker(email=mail.url):
        wait_for(
            lambda: not Alert.objects.filter(state__in=["waiting", "not_set_up"]).exists(),
            why=states,
            seconds=60,
        )
    counts = Counter(mail.message["Message-ID"] for mail in mail.mails)
    # one that was in flight in two deaths is not sent a third time: it goes on by the next channel, which waits here
    assert len(counts) == 60
    assert sum(counts.values()) - 60 <= senders * kills


_TELL_AND_STOP = """
import django, sys, time
django.setup()
from django.db import transaction
from tests.alerts import making
from tests.support.events import AT_ANY_HOUR
from trackmycrime.alerts.api import tell
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Victim
from trackmycrime.publish.models import Case
victim = Victim.objects.get()
case = Case.objects.get()
with transaction.atomic():
    tell(victim.force_id, [making.News(victim.id, case.id, "update:1", 1, b"w" * 32)], now=utc_now())
    print("prepared", flush=True)
    time.sleep(60)
"""


def test_killed_while_preparing_nothing_is_half_told(mail: MailServer) -> None:
    (made,) = victims()
    with worker(email=mail.url):
        env = os.environ | {
            "TMC_DATABASE_URL": database_url("owner"),
            "DJANGO_SETTINGS_MODULE": "trackmycrime.config.settings.owner",
        }
        script = subprocess.Popen([sys.executable, "-c", _TELL_AND_STOP], env=env, stdout=subprocess.PIPE)
        assert script.stdout is not None
        assert script.stdout.readline() == b"prepared\n"
        script.kill()
        script.wait()
        script.stdout.close()
        wait_for(lambda: not _others_in_a_transaction())
        assert not Alert.objects.exists()
        assert not Dispatch.objects.exists()
        with transaction.atomic():
            tell(made.force.id, made.news(make=False), now=utc_now())
        wait_for(lambda: all_sent(1), why=states)
    assert len(mail.mails) == 1


def _others_in_a_transaction() -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "select exists(select from pg_stat_activity where pid <> pg_backend_pid() and usename = current_user"
            " and datname = current_database() and xact_start is not null)"
        )
        return bool(cursor.fetchone()[0])


def test_cut_from_its_database_it_comes_back_and_repeats_nothing(mail: MailServer) -> None:
    mail.seconds = 0.02
    with worker("--email-senders", "3", "--takeover", "10", email=mail.url) as running:
        told(80)
        for _ in range(4):
            before = len(mail.mails)
            wait_for(lambda seen=before: len(mail.mails) > seen + 5 or all_sent(80), why=states)
            with connection.cursor() as cursor:
                cursor.execute(
                    "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'tmc_worker'"
                    " and datname = current_database()"
                )
        wait_for(lambda: all_sent(80), why=states)
        told()  # and it hears the bell again
        wait_for(lambda: all_sent(81), why=states)
        assert_says_nothing(running.said)
    assert len(mail.mails) == 81
    assert set(Counter(mail.message["Message-ID"] for mail in mail.mails).values()) == {1}
