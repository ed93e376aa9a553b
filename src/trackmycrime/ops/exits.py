"""How a command ends: the exit codes that are promised to scripts, as exceptions that carry them.

0 done · 1 done with refusals · 2 wrong use · 3 cannot reach what it needs (DESIGN, "What is promised to
the outside"). Anything else that ends a command is a fault of ours and leaves with 70, so that no script
takes it for one of the four.
"""

from __future__ import annotations

import json
from typing import Any

import click

DONE, REFUSED, WRONG_USE, UNREACHABLE, FAULT = 0, 1, 2, 3, 70


class Refused(click.ClickException):
    """The work was done but for what was refused; the message says what (exit code 1)."""

    exit_code = REFUSED


class WrongUse(click.ClickException):
    """Asked for something that cannot be: a missing setting, an unknown name (exit code 2)."""

    exit_code = WRONG_USE


class Unreachable(click.ClickException):
    """Something that the command needs is not there: a database, a port, a folder in use (exit code 3)."""

    exit_code = UNREACHABLE


def say(text: str) -> None:
    """Write a sentence for a person to standard error; standard output is for results."""
    click.echo(text, err=True)


def answer(result: dict[str, Any] | list[Any], text: str, *, as_json: bool) -> None:
    """Write a command's result to standard output: one line of JSON for scripts, else ``text``."""
    click.echo(json.dumps(result, ensure_ascii=False, default=str) if as_json else text)
