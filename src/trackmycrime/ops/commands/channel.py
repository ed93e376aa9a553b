"""``trackmycrime channel``: the kill switch of a channel, for one force or for all."""

from __future__ import annotations

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import REFUSED, Refused, WrongUse, answer

_force = click.option("--force", "slug", help="Only for this force; without it, for all.")
_channel = click.option("--channel", required=True, help="email, text or push.")


@click.group("channel")
def command() -> None:
    """How what goes out is doing (health), and the kill switch (hold, release, list). No letter is lost by it."""


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


@command.command("health")
@click.option("--force", "slug", help="Only of this force.")
@json_option
@with_database("owner")
def show_health(slug: str | None, as_json: bool) -> None:
    """How each channel of each force is doing: what waits, what went in the last hour and day, the last error.

    Exit code 1 when something that could go waits at a channel that is held, or by which nobody sends.
    """
    from dataclasses import asdict

    from trackmycrime.delivery.health import health
    from trackmycrime.forces.models import Force
    from trackmycrime.kernel.clock import utc_now

    now = utc_now()
    forces = [named(slug)] if slug else list(Force.objects.order_by("slug"))
    found = [(force.slug, one) for force in forces for one in health(force.pk, now=now)]
    rows: list[dict[str, object]] = [
        {"force": name, **asdict(one), "held": bool(one.held), "stuck": one.stuck} for name, one in found
    ]
    lines = [
        f"{name}  {one.channel}  {one.provider or 'not set up'}{', HELD' if one.held else ''},"
        f" {one.workers} sending; {one.waiting} waiting{f' since {one.oldest:%Y-%m-%d %H:%M}' if one.oldest else ''};"
        f" last hour: {one.hour.accepted} taken, {one.hour.failed} failed, {one.hour.unclear} unclear,"
        f" {one.hour.again} perhaps twice;"
        f" today: {one.today} taken{f'; last error {one.last_error}' if one.last_error else ''}"
        for name, one in found
    ]
    answer(rows, "\n".join(lines) or "There is no force yet.", as_json=as_json)
    if any(one.stuck for _name, one in found):
        raise SystemExit(REFUSED)


def _for(slug: str | None) -> str:
    return f"for {slug}" if slug else "for all forces"
