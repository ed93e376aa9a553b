"""The whole way back, with a real worker: a mail goes out, comes back, and what follows is there when that is answered
«taken»."""

import os
import smtplib
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection

from trackmycrime.alerts.models import Alert
from trackmycrime.delivery.models import Address, Dispatch, Reply

from .counterparts import MailServer, mail_server, text_gateway
from .processes import database_url, wait_for, worker
from .reports import HOLIDAY, POSTFIX, REPLY, mail
from .test_worker import CANARY, assert_says_nothing, told

pytestmark = [pytest.mark.processes, pytest.mark.django_db(transaction=True)]
PERSON = "rhian.pritchard@example.org"


@pytest.fixture(autouse=True)
def both_set_up(settings: Any) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"


@pytest.fixture
def server() -> Iterator[MailServer]:
    with mail_server() as running:
        yield running


def settings_of_a_worker() -> dict[str, str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    return {
        "TMC_EMAIL_FROM": "TrackMyCrime <no-reply@trackmycrime.example>",
        "TMC_EMAIL_RETURN": "bounce@mail.example.org",
        "TMC_MAIL_LISTEN": f"127.0.0.1:{port}",
    }


def hand_over(told_to: dict[str, str], raw: bytes, back: str, sender: str) -> None:
    host, port = told_to["TMC_MAIL_LISTEN"].split(":")
    with smtplib.SMTP(host, int(port), timeout=20) as relay:
        relay.sendmail(sender, [back], raw)


def test_a_bounce_is_followed_by_a_text_and_a_reply_by_an_answer(server: MailServer) -> None:
    with text_gateway() as texts:
        told_to = settings_of_a_worker()
        with worker(email=server.url, text=texts.url, settings=told_to) as running:
            first = told()[0]
            wait_for(lambda: server.mails)
            back = server.mails[0].sender
            wait_for(lambda: Alert.objects.get().state == "sent")
            canary = str(first.victim.email)

            theirs = mail(REPLY, back).replace(PERSON.encode(), canary.encode())
            hand_over(told_to, theirs, back, canary)
            assert Reply.objects.get().unanswered == "", "it is there when it is answered"
            wait_for(lambda: len(server.mails) == 2)
            answer = server.mails[1].message
            assert answer["To"] == canary
            assert answer["Auto-Submitted"] == "auto-replied"
            assert answer["List-Unsubscribe"] is None
            assert server.mails[1].sender != back
            hand_over(told_to, mail(HOLIDAY, server.mails[1].sender), server.mails[1].sender, "")
            assert Reply.objects.filter(kind="automatic").count() == 1
            assert len(server.mails) == 2, "two machines do not write to each other"

            bounce = mail(POSTFIX, back, action="failed", status="5.1.1")
            hand_over(told_to, bounce.replace(PERSON.encode(), canary.encode()), back, "")
            assert Address.objects.get().state == "bounced"
            wait_for(lambda: texts.texts)
            assert_says_nothing(running.said)
            assert running.end() == 0


def test_without_the_database_the_relay_keeps_its_mail(server: MailServer) -> None:
    told_to = settings_of_a_worker()
    with worker(email=server.url, settings=told_to) as running:
        told()
        wait_for(lambda: server.mails)
        back = server.mails[0].sender
        wait_for(lambda: Alert.objects.get().state == "sent")
        bounce = mail(POSTFIX, back, action="failed", status="5.1.1")
        with connection.cursor() as cursor:
            # the worker's transaction cannot go on: what it writes to is held by another
            cursor.execute("begin; lock table delivery_receipt in access exclusive mode")
            held = subprocess.Popen(
                [sys.executable, "-c", _HAND_OVER, told_to["TMC_MAIL_LISTEN"], back],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            assert held.stdin
            held.stdin.write(bounce)
            held.stdin.close()
            wait_for(lambda: _waits(cursor))
            running.kill()
            cursor.execute("rollback")
        assert held.stdout
        assert held.stdout.read().decode().strip() == "not taken", "no 250 for what was not committed"
        held.wait(10)
        assert not Address.objects.exists()
    with worker(email=server.url, settings=told_to):
        hand_over(told_to, bounce, back, "")
        assert Address.objects.get().state == "bounced"


_HAND_OVER = """
import smtplib, sys
host, port = sys.argv[1].split(":")
try:
    smtplib.SMTP(host, int(port), timeout=60).sendmail("", [sys.argv[2]], sys.stdin.buffer.read())
except (smtplib.SMTPException, OSError):
    print("not taken")
else:
    print("taken")
"""


def _waits(cursor: Any) -> bool:
    cursor.execute("select exists (select from pg_locks where not granted and locktype = 'relation')")
    return bool(cursor.fetchone()[0])


def test_a_relays_pipe_commits_before_it_ends_well(server: MailServer) -> None:
    told_to = settings_of_a_worker()
    with worker(email=server.url, settings=told_to | {"TMC_MAIL_LISTEN": ""}):
        told()
        wait_for(lambda: server.mails)
        wait_for(lambda: Alert.objects.get().state == "sent")
    back = server.mails[0].sender
    env = {k: v for k, v in os.environ.items() if not k.startswith(("TMC_DATABASE", "DJANGO"))}
    env |= told_to | {"TMC_DOOR_DATABASE_URL": database_url("worker"), "TMC_EMAIL_URL": server.url}

    def receive(url: str = "", *, to: str = back) -> "subprocess.CompletedProcess[bytes]":
        return subprocess.run(
            [sys.executable, "-m", "trackmycrime.ops.cli", "mail", "receive", "--sender", "<>", to],
            input=mail(POSTFIX, back, action="failed", status="5.1.1"),
            env=env | ({"TMC_DOOR_DATABASE_URL": url} if url else {}),
            capture_output=True,
            timeout=60,
        )

    away = receive("postgresql://tmc_worker:secret@127.0.0.1:1/nowhere")
    assert away.returncode == 75, away.stderr
    assert not Address.objects.exists()
    assert receive(to="stranger@example.org").returncode == 67
    done = receive()
    assert done.returncode == 0, done.stderr
    assert Address.objects.get().state == "bounced"
    assert Dispatch.objects.filter(state="failed").count() == 1
    for each in (away, done):
        assert CANARY.encode() not in each.stderr
        assert b"secret" not in each.stderr
