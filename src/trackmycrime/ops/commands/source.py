"""``trackmycrime source``: who may send events to a force, and with which token."""

from __future__ import annotations

from datetime import timedelta

import click

from trackmycrime.feed.contract import TYPES
from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands import returns
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import WrongUse, answer


@click.group("source")
def command() -> None:
    """The records systems that may send events: add, rotate, revoke, list."""


command.add_command(returns.command)


@command.command("add")
@click.argument("force")
@click.argument("name")
@click.option(
    "--live-from",
    default="now",
    show_default=True,
    metavar="now|MOMENT|always",
    help="Events that happened before it publish, and neither alert nor invite.",
)
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice(TYPES),
    help="Let the token send only this type; may be repeated.  [default: all]",
)
@json_option
@with_database("owner")
def add(force: str, name: str, live_from: str, types: tuple[str, ...], as_json: bool) -> None:
    """Add the records system NAME of FORCE and show its token, this once.

    The records system sends the token as "Authorization: Bearer TOKEN" to the gateway.
    """
    from trackmycrime.feed import sources
    from trackmycrime.kernel.clock import utc_now

    now = utc_now()
    try:
        made, token = sources.add(
            named(force), name, live_from=sources.read_live_from(live_from, now=now), types=types, now=now
        )
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None
    live = sources.say_live_from(made.live_from)
    answer(
        {"source": made.name, "token": token, "live_from": live, "force": force, "id": str(made.id)},
        f"«{made.name}» may send events for {force}, live from {live}.\n"
        f"Its token, which is not shown again:\n{token}",
        as_json=as_json,
    )


@command.command("rotate")
@click.argument("force")
@click.argument("name")
@click.option(
    "--keep-old",
    default=24.0,
    show_default=True,
    type=click.FloatRange(min=0, max=24 * 90),
    metavar="HOURS",
    help="How long the old token goes on counting; 0 ends it at once, for one that others may know.",
)
@json_option
@with_database("owner")
def rotate(force: str, name: str, keep_old: float, as_json: bool) -> None:
    """Give the source NAME of FORCE a new token, shown this once."""
    from trackmycrime.feed import sources
    from trackmycrime.kernel.clock import utc_now

    now, keep = utc_now(), timedelta(hours=keep_old)
    try:
        source = sources.named(named(force), name)
        token = sources.rotate(source, keep=keep, now=now)
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None
    until = sources.say_live_from(now + keep)
    answer(
        {"source": source.name, "token": token, "live_from": sources.say_live_from(source.live_from),
         "force": force, "old_until": until},
        f"The old token of «{source.name}» counts until {until}.\nThe new one, not shown again:\n{token}",
        as_json=as_json,
    )  # fmt: skip


@command.command("revoke")
@click.argument("force")
@click.argument("name")
@json_option
@with_database("owner")
def revoke(force: str, name: str, as_json: bool) -> None:
    """Let nothing more in from the source NAME of FORCE, at once and for good. What it sent stays."""
    from trackmycrime.feed import sources
    from trackmycrime.kernel.clock import utc_now

    try:
        source = sources.named(named(force), name)
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None
    changed = sources.revoke(source, now=utc_now())
    was = "is revoked" if changed else "was revoked before"
    answer(
        {"source": source.name, "force": force, "revoked": True},
        f"«{source.name}» of {force} {was}.",
        as_json=as_json,
    )


@command.command("list")
@click.argument("force", required=False)
@json_option
@with_database("owner")
def list_sources(force: str | None, as_json: bool) -> None:
    """The sources of FORCE, or of all forces: what they may send, when they last did. Never a token."""
    from trackmycrime.feed import sources
    from trackmycrime.kernel.clock import utc_now

    found = sources.listing(None if force is None else named(force), now=utc_now())
    rows: list[dict[str, object]] = [
        {
            "force": one.force,
            "source": one.source,
            "live_from": one.live_from,
            "types": list(one.types),
            "tokens": one.tokens,
            "last_used_at": None if one.last_used_at is None else sources.say_live_from(one.last_used_at),
            "revoked_at": None if one.revoked_at is None else sources.say_live_from(one.revoked_at),
        }
        for one in found
    ]
    text = "\n".join(_line(row) for row in rows) or "No sources yet: trackmycrime source add FORCE NAME"
    answer(rows, text, as_json=as_json)


def _line(row: dict[str, object]) -> str:
    state = "revoked" if row["revoked_at"] else f"{row['tokens']} token{'' if row['tokens'] == 1 else 's'}"
    used = f"last used {row['last_used_at']}" if row["last_used_at"] else "never used"
    return f"{row['force']}  «{row['source']}»  {state}, {used}, live from {row['live_from']}"
