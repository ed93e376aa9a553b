"""``trackmycrime feed quarantine``: what could not be applied, worked on by an administrator of the installation."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

import click

from trackmycrime.feed.contract import PROBLEM_TYPES, TYPES
from trackmycrime.feed.contract.moments import read_moment
from trackmycrime.feed.reasons import DROPS
from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import DONE, REFUSED, WrongUse, answer

if TYPE_CHECKING:
    from trackmycrime.feed.quarantine import Found, Wanted


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> str:
    if not text:
        return ""
    try:
        return read_moment(text).isoformat()
    except ValueError:
        raise click.BadParameter("a moment with offset like 2026-03-01T00:00:00Z") from None


def _wanted_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options that say which events are meant."""
    for option in reversed(
        [
            click.option("--source", default="", metavar="NAME", help="Only what this source sent."),
            click.option(
                "--problem", type=click.Choice(PROBLEM_TYPES),
                help="Only with this type of problem.",
            ),
            click.option(
                "--type",
                "type_", type=click.Choice(TYPES),
                help="Only events of this type.",
            ),
            click.option("--subject", default="", metavar="REF", help="Only about this crime, officer or unit."),
            click.option(
                "--since", callback=_moment, metavar="MOMENT", help="Only what was received then or later."
            ),
            click.option(
                "--waiting/--not-waiting", default=None,
                help="Only what waits for another event, which applies itself; or only what does not.",
            ),
        ]
    ):  # fmt: skip
        function = option(function)
    return function


def _wanted(
    force: Any,
    source: str,
    problem: str | None,
    type_: str | None,
    subject: str,
    since: str,
    waiting: bool | None,
) -> Wanted:
    from trackmycrime.feed import sources
    from trackmycrime.feed.quarantine import Wanted

    try:
        of = str(sources.named(force, source).id) if source else ""
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None
    return Wanted(
        of, problem or "", type_ or "", subject, since, {None: "", True: "yes", False: "no"}[waiting]
    )


@click.group("quarantine")
def command() -> None:
    """What could not be applied: list it, look inside, mend, replay, drop."""


@command.command("list")
@click.argument("force")
@_wanted_options
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 1000), help="So many at most.")
@click.option("--before", type=click.UUID, metavar="ID", help="The page after the one that ended with ID.")
@json_option
@with_database("owner")
def list_events(
    force: str, source: str, problem: str | None, type_: str | None, subject: str, since: str,
    waiting: bool | None, limit: int, before: UUID | None, as_json: bool,
) -> None:  # fmt: skip
    """The quarantined events of FORCE, the newest first. What has waited longer than a day is marked LATE."""
    from trackmycrime.feed import quarantine
    from trackmycrime.kernel.clock import utc_now

    of, now = named(force), utc_now()
    wanted = _wanted(of, source, problem, type_, subject, since, waiting)
    found = quarantine.find(of.id, wanted, now=now, before=before, most=limit)
    total = quarantine.count(of.id, wanted, now=now)
    late = quarantine.count(of.id, quarantine.Wanted(**{**wanted.as_dict(), "waiting": "long"}), now=now)
    more = f"\nmore: --before {found[-1].id}" if len(found) == limit else ""
    text = "\n".join(_line(one) for one in found) or "Nothing is in quarantine."
    if found:
        text += f"\n{total:,} in all, {late:,} of them have waited for another event longer than a day{more}"
    answer(
        {"total": total, "waiting_long": late, "events": [_as_data(one) for one in found]},
        text,
        as_json=as_json,
    )


@command.command("show")
@click.argument("event", type=click.UUID)
@json_option
@with_database("owner")
def show(event: UUID, as_json: bool) -> None:
    """Look into the event EVENT. What is personal is masked; values of unknown fields were never kept."""
    from django.db import transaction

    from trackmycrime.audit import api as audit
    from trackmycrime.feed import quarantine
    from trackmycrime.kernel.clock import utc_now

    now = utc_now()
    with _there(), transaction.atomic():
        force = quarantine.force_of(event)
        one = quarantine.look(force, event, now=now)
        audit.record(audit.SYSTEM, [audit.Act("event.seen", "event", str(event))], force=force, now=now)
    told = {
        **_as_data(one.found), "envelope": one.envelope, "data": one.data, "not_kept": one.dropped
    }  # fmt: skip
    lines = [_line(one.found), one.found.problem.get("detail", "")]
    lines += [f"{name}: {value}" for name, value in one.envelope.items()]
    lines.append("data: " + json.dumps(one.data, ensure_ascii=False, indent=2))
    lines += [f"not kept: {pointer or 'the whole event'}" for pointer in one.dropped]
    answer(told, "\n".join(filter(None, lines)), as_json=as_json)


@command.command("mend")
@click.argument("event", type=click.UUID)
@click.option(
    "--patch",
    required=True,
    metavar="JSON|@FILE",
    help='What to change, as a JSON merge patch (RFC 7396) on the event: \'{"data": {"stage": "charged"}}\'.',
)
@json_option
@with_database("owner")
def mend(event: UUID, patch: str, as_json: bool) -> int:
    """Correct the event EVENT and take it, with all that follows.

    The patch goes over what was kept: what was not kept must be in it or stays away, so {} is enough for an
    event that had nothing wrong with it but unknown fields. A file keeps personal data out of the list of
    processes. Exit code 1: the contract still says no, and nothing has changed.
    """
    from trackmycrime import mending
    from trackmycrime.audit.api import SYSTEM
    from trackmycrime.feed import quarantine
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.kernel.scope import bound

    change = _read_patch(patch)
    with _there():
        force = quarantine.force_of(event)
        try:
            with bound(force=force):
                result = mending.mend(force, event, change, by=SYSTEM, now=utc_now())
        except quarantine.StillWrong as why:
            problem = why.problem.as_dict()
            answer({"status": "quarantined", "problem": problem}, f"Still wrong: {why}", as_json=as_json)
            return REFUSED
    told: dict[str, Any] = {"status": result.status}
    if result.problem:
        told["problem"] = result.problem.as_dict()
    answer(told, f"mended: {result.problem.detail if result.problem else result.status}", as_json=as_json)
    return DONE


@command.command("replay")
@click.argument("events", nargs=-1, type=click.UUID, metavar="[EVENT…]")
@click.option("--all", "force", metavar="FORCE", help="All of FORCE that the other options describe.")
@_wanted_options
@json_option
@with_database("owner")
def replay(
    events: tuple[UUID, ...], force: str | None, source: str, problem: str | None, type_: str | None,
    subject: str, since: str, waiting: bool | None, as_json: bool,
) -> int:  # fmt: skip
    """Judge events once more, and take those that can be now: after a hand-over, or when a token may send more.

    An event of which something was not kept is left alone: it is mended, or sent again. Exit code 1 when any
    stays in quarantine.
    """
    from trackmycrime.feed import quarantine
    from trackmycrime.kernel.clock import utc_now

    described = (source, problem, type_, subject, since, waiting) != ("", None, None, "", "", None)
    if bool(events) == bool(force) or (events and described):
        raise WrongUse("name events, or --all FORCE and which of its events")
    fates: Counter[str] = Counter()
    if force is None:
        with _there():
            for event in events:
                fates += _replay(quarantine.force_of(event), [event])
    else:
        of = named(force)
        wanted, after = _wanted(of, source, problem, type_, subject, since, waiting), None
        while rows := quarantine.some(of.id, wanted, now=utc_now(), after=after):
            fates += _replay(of.id, rows)
            after = rows[-1]
    text = ", ".join(f"{count:,} {fate}" for fate, count in sorted(fates.items())) or "nothing to replay"
    answer(dict(fates), text.replace("unkept", "not kept whole: mend or send again"), as_json=as_json)
    return REFUSED if fates["quarantined"] or fates["unkept"] else DONE


def _replay(force: int, rows: list[UUID]) -> Counter[str]:
    from trackmycrime import mending
    from trackmycrime.audit.api import SYSTEM
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.kernel.scope import bound

    with bound(force=force):
        return mending.replay(force, rows, by=SYSTEM, now=utc_now())


@command.command("drop")
@click.argument("events", nargs=-1, required=True, type=click.UUID, metavar="EVENT…")
@click.option(
    "--reason",
    required=True,
    type=click.Choice(DROPS),
    help="Why; must_not_be_held also wipes what the event said, at once.",
)
@json_option
@with_database("owner")
def drop(events: tuple[UUID, ...], reason: str, as_json: bool) -> None:
    """Take events out of the quarantine for good. That they came, and why they were dropped, stays on record."""
    from trackmycrime import mending
    from trackmycrime.audit.api import SYSTEM
    from trackmycrime.feed import quarantine
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.kernel.scope import bound

    with _there():
        for event in events:
            force = quarantine.force_of(event)
            with bound(force=force):
                mending.drop(force, event, reason, by=SYSTEM, now=utc_now())
    answer({"dropped": len(events), "reason": reason}, f"dropped: {len(events)}", as_json=as_json)


@contextmanager
def _there() -> Iterator[None]:
    from trackmycrime.feed.quarantine import NotThere

    try:
        yield
    except NotThere:
        raise WrongUse(
            "there is no such event in quarantine; `feed quarantine list FORCE` names them"
        ) from None


def _read_patch(text: str) -> dict[str, Any]:
    try:
        change = json.loads(Path(text[1:]).read_text("utf-8") if text.startswith("@") else text)
    except OSError as why:
        raise WrongUse(f"--patch {text}: {why.strerror}") from None
    except ValueError:
        raise WrongUse("--patch is not JSON") from None
    if not isinstance(change, dict):
        raise WrongUse('--patch is a JSON object that goes over the event, like {"data": {…}}')
    return change


def _as_data(one: Found) -> dict[str, Any]:
    return {
        "event": str(one.id),
        "source": one.source,
        "id": one.event_id,
        "type": one.type,
        "subject": one.subject,
        "sequence": one.sequence,
        "received_at": one.received_at.isoformat(),
        "status": one.status,
        "problem": one.problem,
        "waits_for": one.waits_for,
        "waits_long": one.waits_long,
    }


def _line(one: Found) -> str:
    waits = f", waits for {one.waits_for}{' LATE' if one.waits_long else ''}" if one.waits_for else ""
    problem = f"{one.problem.get('type', '')} {one.problem.get('pointer', '')}".strip()
    return (
        f"{one.id}  {one.received_at:%Y-%m-%d %H:%M}  «{one.source}»  {one.type or '?'} {one.subject or '?'}"
        f" #{'?' if one.sequence is None else one.sequence}  {problem}{waits}"
        + ("" if one.status == "quarantined" else f"  ({one.status})")
    )
