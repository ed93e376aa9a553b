"""``trackmycrime source``: who may send events to a force, and with which token."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click

from trackmycrime.feed.contract import ENTITY_KINDS, TYPES
from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands import returns, webhook
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import DONE, REFUSED, WrongUse, answer


@click.group("source")
def command() -> None:
    """The records systems that may send events: add, set, rotate, revoke, list."""


def _limits(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that limit how much a source may send."""
    per_minute = click.option(
        "--per-minute", type=click.IntRange(1), metavar="N", help="Let it send so many events in a minute."
    )
    mib = click.option(
        "--mib-per-minute", type=click.IntRange(1), metavar="N", help="Let it send so many MiB in a minute."
    )
    return per_minute(mib(function))


command.add_command(returns.command)
command.add_command(webhook.command)


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
@_limits
@json_option
@with_database("owner")
def add(
    force: str, name: str, live_from: str, types: tuple[str, ...], per_minute: int | None,
    mib_per_minute: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Add the records system NAME of FORCE and show its token, this once.

    The records system sends the token as "Authorization: Bearer TOKEN" to the gateway.
    """
    from django.db import transaction

    from trackmycrime.feed import sources
    from trackmycrime.kernel.clock import utc_now

    now = utc_now()
    pace = {"per_minute": per_minute, "mib_per_minute": mib_per_minute}
    try:
        with transaction.atomic():
            made, token = sources.add(
                named(force), name, live_from=sources.read_live_from(live_from, now=now), types=types, now=now
            )
            sources.change(made, {key: value for key, value in pace.items() if value is not None}, now=now)
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
            "per_minute": one.per_minute,
            "mib_per_minute": one.mib_per_minute,
            "shadow": one.shadow,
            "tokens": one.tokens,
            "last_used_at": None if one.last_used_at is None else sources.say_live_from(one.last_used_at),
            "revoked_at": None if one.revoked_at is None else sources.say_live_from(one.revoked_at),
        }
        for one in found
    ]
    text = "\n".join(_line(row) for row in rows) or "No sources yet: trackmycrime source add FORCE NAME"
    answer(rows, text, as_json=as_json)


@command.command("set")
@click.argument("force")
@click.argument("name")
@click.option("--live-from", metavar="now|MOMENT|always", help="From when on events alert and invite.")
@click.option(
    "--type",
    "types",
    multiple=True,
    type=click.Choice(TYPES),
    help="Let it send only this type, instead of those until now; may be repeated.",
)
@click.option("--all-types", is_flag=True, help="Let it send all types.")
@_limits
@json_option
@with_database("owner")
def set_source(
    force: str, name: str, live_from: str | None, types: tuple[str, ...], all_types: bool,
    per_minute: int | None, mib_per_minute: int | None, as_json: bool,
) -> None:  # fmt: skip
    """Change what the source NAME of FORCE may send, and how much, from now on. What it has sent stays as it is."""
    from trackmycrime.feed import sources
    from trackmycrime.kernel.clock import utc_now

    now = utc_now()
    if types and all_types:
        raise WrongUse("--type and --all-types say different things")
    try:
        source = sources.named(named(force), name)
        values: dict[str, object] = {
            key: value
            for key, value in (("per_minute", per_minute), ("mib_per_minute", mib_per_minute))
            if value is not None
        }
        if live_from is not None:
            values["live_from"] = sources.read_live_from(live_from, now=now)
        if types or all_types:
            values["types"] = types
        if not values:
            raise WrongUse(
                "nothing to set: give --type, --all-types, --live-from, --per-minute or --mib-per-minute"
            )
        changed = sources.change(source, values, now=now)
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None
    answer(
        {"source": source.name, "force": force, "changed": changed},
        f"«{source.name}» of {force}: " + (", ".join(changed) + " set" if changed else "as it was"),
        as_json=as_json,
    )


@command.command("hand-over")
@click.argument("force")
@click.option("--from", "giver", required=True, metavar="NAME", help="The source that has spoken of them.")
@click.option(
    "--to", "taker", required=True, metavar="NAME", help="The source that speaks of them from now on."
)
@click.option("--subject", default="", metavar="REF", help="All about this crime, officer or unit.")
@click.option("--kind", type=click.Choice(ENTITY_KINDS), help="All of this kind.")
@click.option("--all", "everything", is_flag=True, help="All that the source has spoken of.")
@json_option
@with_database("owner")
def hand_over(
    force: str, giver: str, taker: str, subject: str, kind: str | None, everything: bool, as_json: bool
) -> int:
    """Hand over what one source of FORCE has spoken of to another, as when the records system changes.

    The new source may count from 0 again: whatever it says comes after all that was said before. What it has
    sent too early waits in quarantine: feed quarantine replay. Exit code 1 when there was nothing to hand over.
    """
    from trackmycrime.feed import owners, sources
    from trackmycrime.kernel.clock import utc_now

    if [bool(subject), bool(kind), everything].count(True) != 1:
        raise WrongUse("say what to hand over: --subject REF, --kind KIND, or --all")
    of = named(force)
    try:
        count, waiting = owners.hand_over(
            sources.named(of, giver),
            sources.named(of, taker),
            subject=subject,
            kind=kind or "",
            now=utc_now(),
        )
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None
    text = f"{count:,} handed over from «{giver}» to «{taker}»"
    if waiting:
        text += (
            f"; {waiting:,} of its events wait: trackmycrime feed quarantine replay --all {force} --source …"
        )
    answer(
        {"force": force, "from": giver, "to": taker, "entities": count, "waiting": waiting},
        text,
        as_json=as_json,
    )
    return DONE if count else REFUSED


@command.command("shadow")
@click.argument("force")
@click.argument("name")
@click.argument("switch", type=click.Choice(("on", "off")))
@json_option
@with_database("owner")
def shadow(force: str, name: str, switch: str, as_json: bool) -> None:
    """Try the source NAME of FORCE out unseen, or end that.

    In shadow all that it sends is judged, kept and computed, and nothing leaves: nobody can see it, nobody is
    invited or told. It begins before the source has told of anything. What it would have led to: feed shadow
    report. When it ends, what came in shadow is shown as history: nobody is told of it, and the first thing
    that is sent about a crime from then on invites its victims. What another source has told of meanwhile
    stays that one's until it is handed over.
    """
    from trackmycrime import shadow as shadows
    from trackmycrime.feed import sources
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.kernel.scope import bound

    of = named(force)
    fates: dict[str, int] = {}
    try:
        source = sources.named(of, name)
        with bound(force=of.id):
            if switch == "on":
                shadows.begin(source, now=utc_now())
                text = f"«{name}» of {force} is in shadow: nothing of it is seen, and nobody is told"
            else:
                fates = dict(shadows.end(source, now=utc_now()))
                became = ", ".join(f"{count:,} {fate}" for fate, count in sorted(fates.items()))
                text = f"«{name}» of {force} is out of shadow; its events until now: {became or 'none'}"
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None
    answer({"source": name, "force": force, "shadow": switch == "on", "events": fates}, text, as_json=as_json)


def _line(row: dict[str, object]) -> str:
    state = "revoked" if row["revoked_at"] else f"{row['tokens']} token{'' if row['tokens'] == 1 else 's'}"
    used = f"last used {row['last_used_at']}" if row["last_used_at"] else "never used"
    pace = f"{row['per_minute']:,} events and {row['mib_per_minute']:,} MiB a minute"
    types = row["types"]
    assert isinstance(types, list)
    may = "all types" if len(types) == len(TYPES) else ", ".join(types)
    unseen = ", in shadow" if row["shadow"] else ""
    return f"{row['force']}  «{row['source']}»  {state}{unseen}, {used}, live from {row['live_from']}, {pace}, {may}"
