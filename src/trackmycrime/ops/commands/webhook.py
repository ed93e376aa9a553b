"""``trackmycrime source webhook``: where what victims did is sent, signed; secrets, and what was given up."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.commands.returns import said, source_named
from trackmycrime.ops.exits import Refused, Unreachable, WrongUse, answer

if TYPE_CHECKING:
    from trackmycrime.returns.models import Webhook


def _hook(force: str, name: str) -> Webhook:
    from trackmycrime.returns import webhooks

    try:
        return webhooks.of_source(source_named(force, name))
    except webhooks.CannotDo as why:
        raise WrongUse(str(why)) from None


@click.group("webhook")
def command() -> None:
    """Send a source its returns, signed (Standard Webhooks): set, rotate, remove, list, test, dead."""


@command.command("set")
@click.argument("force")
@click.argument("name")
@click.argument("url")
@json_option
@with_database("owner")
def set_(force: str, name: str, url: str, as_json: bool) -> None:
    """Send the returns of the source NAME of FORCE to URL. A new webhook's secret is shown, this once.

    One that is there keeps its secret and goes on where it was, also after it had answered «410 Gone».
    """
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.returns import webhooks

    source = source_named(force, name)
    try:
        hook, secret = webhooks.set_up(source, url, now=utc_now())
    except webhooks.CannotDo as why:
        raise WrongUse(str(why)) from None
    text = f"Returns for «{source.name}» of {force} are sent to {hook.url}."
    shown = (
        f"\nIts secret, which is not shown again:\n{secret}" if secret else "\nIts secret stays what it was."
    )
    answer(
        {"source": source.name, "force": force, "url": hook.url, "secret": secret},
        text + shown,
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
    help="How long what is sent is signed with the old secret as well; 0 ends it at once.",
)
@json_option
@with_database("owner")
def rotate(force: str, name: str, keep_old: float, as_json: bool) -> None:
    """Give the webhook of the source NAME of FORCE a new secret, shown this once."""
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.returns import webhooks

    now, keep = utc_now(), timedelta(hours=keep_old)
    secret = webhooks.rotate(_hook(force, name), keep=keep, now=now)
    until = said(now + keep)
    answer(
        {"source": name, "force": force, "secret": secret, "old_until": until},
        f"Until {until} what is sent is signed with both secrets.\nThe new one, not shown again:\n{secret}",
        as_json=as_json,
    )


@command.command("remove")
@click.argument("force")
@click.argument("name")
@json_option
@with_database("owner")
def remove(force: str, name: str, as_json: bool) -> None:
    """Send nothing to the webhook of the source NAME of FORCE any more. What it has not taken can be pulled."""
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.returns import webhooks

    left = webhooks.remove(_hook(force, name), now=utc_now())
    text = f"The webhook of «{name}» is gone; {left} returns it had not taken."
    answer({"source": name, "force": force, "removed": True, "left": left}, text, as_json=as_json)


@command.command("list")
@click.argument("force", required=False)
@json_option
@with_database("owner")
def list_webhooks(force: str | None, as_json: bool) -> None:
    """The webhooks of FORCE, or of all forces: what waits, what was given up, what they answered. Never a secret."""
    from trackmycrime.returns import webhooks

    rows: list[dict[str, object]] = [
        {
            "force": one.force,
            "source": one.source,
            "url": one.url,
            "state": one.state,
            "waiting": one.waiting,
            "dead": one.dead,
            "accepted_at": said(one.accepted_at),
            "failed_at": said(one.failed_at),
            "answer": one.answer,
            "old_until": said(one.old_until),
        }
        for one in webhooks.listing(None if force is None else named(force))
    ]
    text = "\n".join(_line(row) for row in rows)
    answer(rows, text or "No webhooks yet: trackmycrime source webhook set FORCE NAME URL", as_json=as_json)


def _line(row: dict[str, object]) -> str:
    state = "off, it answered 410" if row["state"] == "gone" else "on"
    last = f", last failure {row['failed_at']} ({row['answer']})" if row["failed_at"] else ""
    took = f"last took one {row['accepted_at']}" if row["accepted_at"] else "has taken none"
    counts = f"{row['waiting']} waiting, {row['dead']} given up"
    return f"{row['force']}  «{row['source']}»  {row['url']}  {state}, {counts}, {took}{last}"


@command.command("test")
@click.argument("force")
@click.argument("name")
@json_option
@with_database("owner")
def test(force: str, name: str, as_json: bool) -> None:
    """Send the webhook of the source NAME of FORCE something that is no return, and say what it answered.

    Exit code 1: it answered, and did not take it; 3: it could not be reached.
    """
    from django.conf import settings

    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.returns import address, webhooks
    from trackmycrime.returns.posting import Poster

    hook = _hook(force, name)
    try:
        poster = Poster(address.networks(settings.TMC_WEBHOOK_NETWORKS))
    except address.WrongAddress as why:
        raise WrongUse(str(why)) from None
    outcome = webhooks.test(hook, poster, now=utc_now())
    if outcome.result == "accepted":
        told = {"source": name, "force": force, "answer": outcome.answer}
        answer(told, f"It took the test ({outcome.answer}).", as_json=as_json)
    elif outcome.answer.isdigit():
        raise Refused(f"the webhook answered {outcome.answer}")
    else:
        raise Unreachable(f"the webhook cannot be reached: {outcome.answer}")


@command.group("dead")
def dead() -> None:
    """What a webhook has not taken in three days: list, replay, drop."""


_which = click.argument("ids", nargs=-1, type=click.UUID)
_all = click.option("--all", "everything", is_flag=True, help="All that were given up.")


def _wanted(ids: tuple[UUID, ...], everything: bool) -> tuple[UUID, ...] | None:
    if bool(ids) == everything:
        raise WrongUse("say which: some ids of `dead list`, or --all")
    return None if everything else ids


@dead.command("list")
@click.argument("force")
@click.argument("name")
@json_option
@with_database("owner")
def dead_list(force: str, name: str, as_json: bool) -> None:
    """The returns that were given up for the source NAME of FORCE, oldest first; at most a thousand."""
    from trackmycrime.returns import webhooks

    rows: list[dict[str, object]] = [
        {
            "id": str(one.returned_id),
            "type": one.returned.type,
            "subject": one.subject,
            "sequence": str(one.number),
            "time": said(one.returned.happened_at),
            "tries": one.tries,
            "answer": one.answer,
            "given_up_at": said(one.finished_at),
        }
        for one in webhooks.dead(_hook(force, name))
    ]
    lines = [
        f"{row['id']}  {row['type']}  {row['subject']}  {row['time']}  {row['tries']} tries, {row['answer']}"
        for row in rows
    ]
    answer(rows, "\n".join(lines) or "Nothing was given up.", as_json=as_json)


@dead.command("replay")
@click.argument("force")
@click.argument("name")
@_which
@_all
@json_option
@with_database("owner")
def dead_replay(force: str, name: str, ids: tuple[UUID, ...], everything: bool, as_json: bool) -> None:
    """Send returns that were given up once more, for three days anew: the IDS of `dead list`, or --all."""
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.returns import webhooks

    wanted = _wanted(ids, everything)
    count = webhooks.replay(_hook(force, name), wanted, now=utc_now())
    _say(force, name, "replayed", count, wanted, as_json)


@dead.command("drop")
@click.argument("force")
@click.argument("name")
@_which
@_all
@click.option(
    "--reason",
    required=True,
    type=click.Choice(["taken_otherwise", "not_wanted", "test"]),
    help="Why; it is kept in the audit.",
)
@json_option
@with_database("owner")
def dead_drop(
    force: str, name: str, ids: tuple[UUID, ...], everything: bool, reason: str, as_json: bool
) -> None:
    """Never send these: the IDS of `dead list`, or --all. They can still be pulled."""
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.returns import webhooks

    wanted = _wanted(ids, everything)
    count = webhooks.drop(_hook(force, name), wanted, reason=reason, now=utc_now())
    _say(force, name, "dropped", count, wanted, as_json)


def _say(
    force: str, name: str, done: str, count: int, wanted: tuple[UUID, ...] | None, as_json: bool
) -> None:
    answer({"source": name, "force": force, done: count}, f"{count} returns are {done}.", as_json=as_json)
    if wanted is not None and count < len(set(wanted)):
        raise Refused(f"{len(set(wanted)) - count} of these were not given up, or are not this webhook's")
