"""``trackmycrime channel``: the kill switch of a channel, for one force or for all."""

from __future__ import annotations

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import Refused, WrongUse, answer

_force = click.option("--force", "slug", help="Only for this force; without it, for all.")
_channel = click.option("--channel", required=True, help="email, text or push.")


@click.group("channel")
def command() -> None:
    """Hold what goes out by a channel, and let it go again: hold, release, list. No letter is lost by it."""


@command.command("hold")
@_channel
@_force
@click.option(
    "--reason",
    required=True,
    help="provider, wrong_words, wrong_people, flood, budget, incident, exercise or other; kept in the audit.",
)
@json_option
@with_database("owner")
def hold(channel: str, slug: str | None, reason: str, as_json: bool) -> None:
    """Send nothing more by the channel, at once. What is in a sender's hands at this moment is finished."""
    from trackmycrime.audit.api import SYSTEM
    from trackmycrime.delivery import switches
    from trackmycrime.kernel.clock import utc_now

    force = named(slug).pk if slug else None
    try:
        new = switches.hold(channel, force=force, reason=reason, by=SYSTEM, now=utc_now())
    except switches.CannotHold as why:
        raise WrongUse(str(why)) from None
    said = (
        f"Nothing goes out by {channel} {_for(slug)}" if new else f"{channel} was held {_for(slug)} already"
    )
    answer({"channel": channel, "force": slug, "held": True, "new": new}, f"{said}.", as_json=as_json)


@command.command("release")
@_channel
@_force
@json_option
@with_database("owner")
def release(channel: str, slug: str | None, as_json: bool) -> None:
    """Let what a hold kept go out. Exit code 1 when there is no such hold."""
    from trackmycrime.audit.api import SYSTEM
    from trackmycrime.delivery import switches
    from trackmycrime.kernel.clock import utc_now

    force, now = (named(slug).pk if slug else None), utc_now()
    if not switches.release(channel, force=force, by=SYSTEM, now=now):
        raise Refused(f"{channel} was not held {_for(slug)}: trackmycrime channel list")
    left = [one for one in switches.standing(now=now, force=force) if one.channel == channel]
    told = {"channel": channel, "force": slug, "held": bool(left)}
    text = f"The hold of {channel} {_for(slug)} has ended."
    answer(told, f"{text} Another still stands." if left else text, as_json=as_json)


@command.command("list")
@click.option("--force", "slug", help="Only what concerns this force.")
@json_option
@with_database("owner")
def list_holds(slug: str | None, as_json: bool) -> None:
    """The holds that stand, since when, why, and how many letters wait behind each."""
    from trackmycrime.delivery import switches
    from trackmycrime.forces.models import Force
    from trackmycrime.kernel.clock import utc_now

    names = dict(Force.objects.values_list("id", "slug"))
    found = switches.standing(now=utc_now(), force=named(slug).pk if slug else None)
    rows: list[dict[str, object]] = [
        {
            "channel": one.channel,
            "force": None if one.force is None else names[one.force],
            "reason": one.reason,
            "held_at": one.held_at.isoformat(),
            "held_by": one.held_by,
            "waiting": one.waiting,
        }
        for one in found
    ]
    lines = [
        f"{row['channel']}  {row['force'] or 'all forces'}  since {row['held_at']} by {row['held_by']}"
        f" ({row['reason']}): {row['waiting']} waiting"
        for row in rows
    ]
    answer(rows, "\n".join(lines) or "No channel is held.", as_json=as_json)


def _for(slug: str | None) -> str:
    return f"for {slug}" if slug else "for all forces"
