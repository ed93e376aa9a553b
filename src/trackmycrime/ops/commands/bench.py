"""``trackmycrime bench``: how fast it is on this machine."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import click

from trackmycrime.ops.attach import json_option
from trackmycrime.ops.bench.report import Report, machine, write_into
from trackmycrime.ops.bench.sizes import SIZES
from trackmycrime.ops.exits import Refused, WrongUse, answer

_WHAT = ("feed", "alerts", "signin", "pages")


@click.command("bench")
@click.argument("what", type=click.Choice((*_WHAT, "all")))
@click.option("--size", type=click.Choice(tuple(SIZES)), default="full", show_default=True)
@json_option
@click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Put what was measured into this page, between its marks where it has them.",
)
def command(what: str, size: str, as_json: bool, write: Path | None) -> None:
    """Measure the feed, the alerts, signing in, the pages, or all, each beside a yardstick in the same run.

    Starts an installation in a folder that is thrown away, loads it with made-up crimes and measures it from outside.
    «full» takes some twenty minutes; nothing else should run on the machine. Exit code 1 when a figure that is asked
    for was not reached; smaller sizes say nothing of that, and leave with 0.
    """
    if os.environ.get("TMC_DATABASE_URL"):
        raise WrongUse("bench runs on a database of its own; unset TMC_DATABASE_URL")
    report = _measured(_WHAT if what == "all" else (what,), size)
    if write:
        write_into(write, report)
    answer(report.as_json(), report.as_text(), as_json=as_json)
    missed = [figure.name for figure in report.figures if figure.met is False]
    if missed and size == "full":
        raise Refused(f"not reached: {'; '.join(missed)}")


def _measured(parts: tuple[str, ...], name: str) -> Report:
    from trackmycrime.ops.bench import alerts, burst, feed, pages, replay, signin
    from trackmycrime.ops.bench.installation import bare, folder, installation, sink

    size, report = SIZES[name], Report(name)
    with contextlib.ExitStack() as held:
        above = held.enter_context(folder())
        post = held.enter_context(sink(above))
        if "feed" in parts:
            with installation(above, "stored", post.settings, size.stored, further=replay.FURTHER) as stored:
                replay.measure(stored, size, report)
        if "alerts" in parts:
            burst.measure(above, size, report)
        if "signin" in parts:
            report.machine = signin.measure(above, post, size, report)
        if parts == ("signin",):
            return report
        many = held.enter_context(installation(above, "many", post.settings, size.crimes))
        report.machine = machine(many.inside("owner", "server"))
        if "feed" in parts:
            feed.measure(many, post, size, report)
        if "alerts" in parts:
            alerts.measure(many, post, size, report)
        if "pages" in parts:
            few = held.enter_context(installation(above, "few", post.settings, size.few))
            many.settle()
            pages.measure(many, few, held.enter_context(bare(above)), size, report)
    return report
