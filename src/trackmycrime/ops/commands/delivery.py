"""``trackmycrime delivery``: what was sent, when, how, by which version of the words, and what became of it."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import click

from trackmycrime.ops.attach import with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import WrongUse


@click.group("delivery")
def command() -> None:
    """The delivery log of a force."""


@command.command("log")
@click.option("--force", "slug", required=True, help="Of which force.")
@click.option(
    "--since", required=True, metavar="WHEN", help="A day (2026-11-01) or a moment with its offset."
)
@click.option(
    "--until", metavar="WHEN", help="A day, which is included, or a moment, which is not; else now."
)
@click.option(
    "--json", "kind", flag_value="json", help="A JSON document for each alert, one a line (NDJSON)."
)
@click.option(
    "--csv", "kind", flag_value="csv", default=True, help="A line for each letter; if nothing is said."
)
@with_database("owner")
def log(slug: str, since: str, until: str | None, kind: str) -> None:
    """Write the delivery log to standard output, the newest first. Addresses are masked; reading it is audited."""
    from trackmycrime.alerts import log, log_files
    from trackmycrime.audit import api as audit
    from trackmycrime.kernel.clock import utc_now

    force, now = named(slug), utc_now()
    wanted = log.Wanted(force.pk, _moment(since), _moment(until, end=True) if until else now)
    if wanted.since >= wanted.until:
        raise WrongUse("--since must be before --until")
    span = {"since": wanted.since.isoformat(), "until": wanted.until.isoformat(), "form": kind}
    audit.record(
        audit.SYSTEM, [audit.Act("log.exported", "force", str(force.pk), span)], force=force.pk, now=now
    )
    write = log_files.as_ndjson if kind == "json" else log_files.as_csv
    for line in write(log.whole(wanted), cases=True):
        click.echo(line, nl=False)


def _moment(said: str, *, end: bool = False) -> datetime:
    """A moment, or the beginning (else the end) of a day in London."""
    from trackmycrime.kernel.clock import LONDON

    try:
        if len(said) == 10:
            day = date.fromisoformat(said) + timedelta(days=1 if end else 0)
            return datetime(day.year, day.month, day.day, tzinfo=LONDON)
        moment = datetime.fromisoformat(said)
    except ValueError:
        raise WrongUse(
            f"{said!r} is no day and no moment: write 2026-11-01, or 2026-11-01T09:00:00+00:00"
        ) from None
    if moment.tzinfo is None:
        raise WrongUse(f"{said!r} has no offset: write {said}+00:00, or Z")
    return moment
