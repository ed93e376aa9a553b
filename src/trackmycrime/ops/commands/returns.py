"""``trackmycrime source returns``: which sources may read what victims did."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import WrongUse, answer

if TYPE_CHECKING:
    from trackmycrime.feed.models import Source


def source_named(force: str, name: str) -> Source:
    """The source of that name. Raises WrongUse, naming those that there are."""
    from trackmycrime.feed import sources

    try:
        return sources.named(named(force), name)
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None


def said(moment: datetime | None) -> str | None:
    """A moment as commands tell it; None where there is none."""
    from trackmycrime.feed import sources

    return None if moment is None else sources.say_live_from(moment)


@click.group("returns")
def command() -> None:
    """Who may read what victims did: allow, refuse, list. No source may, until it is allowed."""


@command.command("allow")
@click.argument("force")
@click.argument("name")
@json_option
@with_database("owner")
def allow(force: str, name: str, as_json: bool) -> None:
    """Let the source NAME of FORCE read the force's returns: messages of victims are among them."""
    _set(force, name, True, as_json)


@command.command("refuse")
@click.argument("force")
@click.argument("name")
@json_option
@with_database("owner")
def refuse(force: str, name: str, as_json: bool) -> None:
    """Hand nothing to the source NAME of FORCE any more. How far it came is kept."""
    _set(force, name, False, as_json)


def _set(force: str, name: str, allowed: bool, as_json: bool) -> None:
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.returns import readers

    source = source_named(force, name)
    if allowed and source.revoked_at is not None:
        raise WrongUse(f"the source «{source.name}» is revoked, for good; add another one")
    changed = (readers.allow if allowed else readers.refuse)(source, now=utc_now())
    before = "" if changed else " already"
    text = f"«{source.name}» of {force} {'may' if allowed else 'may not'} read returns{before}."
    answer({"source": source.name, "force": force, "returns": allowed}, text, as_json=as_json)


@command.command("list")
@click.argument("force", required=False)
@json_option
@with_database("owner")
def list_readers(force: str | None, as_json: bool) -> None:
    """Who reads returns, of FORCE or of all forces, how far they have come, and how many wait for them."""
    from trackmycrime.returns import readers

    found = readers.listing(None if force is None else named(force))
    rows: list[dict[str, object]] = [
        {
            "force": one.force,
            "source": one.source,
            "returns": one.allowed,
            "cursor": str(one.cursor),
            "waiting": one.waiting,
            "acknowledged_at": said(one.acknowledged_at),
        }
        for one in found
    ]
    text = "\n".join(_line(row) for row in rows)
    answer(rows, text or "Nobody yet: trackmycrime source returns allow FORCE NAME", as_json=as_json)


def _line(row: dict[str, object]) -> str:
    state = "may read" if row["returns"] else "may not read"
    last = f"acknowledged {row['acknowledged_at']}" if row["acknowledged_at"] else "has acknowledged nothing"
    return f"{row['force']}  «{row['source']}»  {state}, {row['waiting']} waiting, {last}"
