"""``trackmycrime mail receive``: one mail on standard input, from a relay's pipe.

Not the exit codes of other commands but those of sysexits.h, because a relay reads them: 0, taken; 67, no such address;
75, not now, try again. Whatever is wrong on our side, a wrong use of the command too, is 75, so that no mail is lost
for it.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import click

from trackmycrime.ops.attach import data_option, django_on
from trackmycrime.ops.exits import say

TAKEN, NO_USER, NOT_NOW = 0, 67, 75
_NULL_PATH = ("<>", "MAILER-DAEMON")
"""What relays write for it; the second is Postfix's"""


class NotNow(click.ClickException):
    """The relay is asked to try again."""

    exit_code = NOT_NOW


class ForRelay(click.Command):
    """A command whose every failure means «not now»."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        """Read the arguments."""
        try:
            return super().make_context(*args, **kwargs)
        except click.UsageError as wrong:
            raise NotNow(wrong.format_message()) from None

    def invoke(self, ctx: click.Context) -> Any:
        """Run it. A fault is named by its kind alone: its words might hold an address."""
        try:
            return super().invoke(ctx)
        except click.ClickException as wrong:
            raise NotNow(wrong.format_message()) from None
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as fault:
            raise NotNow(f"the mail cannot be taken in now ({type(fault).__name__})") from None


@click.group("mail")
def command() -> None:
    """What comes back by mail."""


@command.command("receive", cls=ForRelay)
@click.argument("recipients", nargs=-1, required=True, metavar="RECIPIENT…")
@click.option("--sender", metavar="ADDRESS", help="The envelope's sender; «<>» for the null path.")
@data_option
def receive(recipients: tuple[str, ...], sender: str | None, data: Path) -> int:
    """Take in one mail, on standard input, for a relay that hands mail to a command.

    A bounce, a complaint, a reply: what follows from it is committed when this ends with 0. Exit codes as sysexits.h:
    0 taken, 67 no such address, 75 not now, try again. TMC_MAIL_LISTEN is quicker where there is much.
    """
    with django_on(data, "worker"):
        from trackmycrime.ops.mailroom import LARGEST, addressed, take

        try:
            head = addressed()
        except ValueError as wrong:
            raise NotNow(str(wrong)) from None
        ours = [each for each in recipients if head.takes(each)]
        content = sys.stdin.buffer.read(LARGEST)
        while sys.stdin.buffer.read(65536):
            pass  # a relay that cannot write it all calls that a failure
        if not ours:
            say("Error: no such address here")
            return NO_USER
        take(content, "" if (sender or "").upper() in _NULL_PATH else sender, ours)
    return TAKEN
