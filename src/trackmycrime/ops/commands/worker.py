"""``trackmycrime worker``: send what is to be sent, do what waits for its hour."""

from __future__ import annotations

import signal

import click

from trackmycrime.ops.attach import with_database
from trackmycrime.ops.exits import Refused, Unreachable, WrongUse


@click.command("worker")
@click.option(
    "--email-senders",
    default=64,
    show_default=True,
    type=click.IntRange(1, 500),
    help="Connections to the mail server at most; opened as letters wait, fewer where it turns some away.",
)
@click.option(
    "--text-senders",
    default=16,
    show_default=True,
    type=click.IntRange(1, 500),
    help="Connections to the text gateway at most.",
)
@click.option(
    "--push-senders",
    default=8,
    show_default=True,
    type=click.IntRange(1, 200),
    help="Connections to push services.",
)
@click.option(
    "--letter-senders",
    default=2,
    show_default=True,
    type=click.IntRange(1, 50),
    help="Connections to whoever prints letters.",
)
@click.option(
    "--takeover",
    default=20.0,
    show_default=True,
    type=click.FloatRange(1, 3600),
    help="Seconds of another worker's silence after which its letters are taken over.",
)
@click.option(
    "--nice",
    default=0,
    show_default=True,
    type=click.IntRange(0, 19),
    help="How far this process lets others on the machine go first (as nice -n); it also asks the database less often.",
)
@with_database("worker")
def command(
    email_senders: int, text_senders: int, push_senders: int, letter_senders: int, takeover: float, nice: int
) -> None:
    """Send mail, texts, pushes and letters to print, and carry on what the doors have started. Run as many as you like.

    Sends by the channels that are set up (TMC_EMAIL_URL, TMC_TEXT_URL or TMC_TEXT_PROVIDER, TMC_NOTIFY_…,
    TMC_VAPID_PRIVATE_KEY), and takes in what comes back by mail (TMC_MAIL_LISTEN). SIGTERM ends it when what is in
    flight has been sent and written down.
    """
    from datetime import timedelta

    from django.conf import settings

    from trackmycrime.kernel.walls import refuse_power
    from trackmycrime.ops.priority import give_way
    from trackmycrime.ops.worker import Worker

    refuse_power("worker")
    give_way(nice)
    try:
        worker = Worker(
            senders={
                "email": email_senders,
                "text": text_senders,
                "push": push_senders,
                "letter": letter_senders,
            },
            unseen=timedelta(seconds=takeover),
            nice=nice,
        )
    except ValueError as wrong:
        raise WrongUse(str(wrong)) from None
    except OSError as wrong:
        raise Unreachable(f"cannot take mail in at {settings.TMC_MAIL_LISTEN}: {wrong.strerror}") from None
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, lambda *_: worker.stop())
    if not worker.run():
        raise Refused("some letters were still in flight; another worker takes them over")
