"""``trackmycrime bench``: measure this version on this machine."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import click

NAMES = ("feed", "alerts", "pages")
SIZES = {
    "tiny": {"crimes": 200, "seconds": 1.0},
    "small": {"crimes": 2_000, "seconds": 5.0},
    "full": {"crimes": 100_000, "seconds": 15.0},
}


@click.command("bench")
@click.argument("name", type=click.Choice([*NAMES, "all"]))
@click.option(
    "--size", type=click.Choice(list(SIZES)), default="full", show_default=True, help="How much to load."
)
@click.option("--json", "as_json", is_flag=True, help="Answer with one line of JSON: all raw figures.")
@click.option(
    "--write",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the tables to this Markdown file.",
)
def command(name: str, size: str, as_json: bool, write: Path | None) -> None:
    """Measure NAME: feed (events taken), alerts (from the feed's 200 to the mail), pages (a victim's case), or all.

    Each starts an installation of its own in a temporary folder (doors, worker, PostgreSQL, a mail sink), measures it
    beside a yardstick, and removes it. The full size takes about ten minutes; let nothing else run meanwhile.
    """
    from trackmycrime.ops.bench import alerts, feed, pages
    from trackmycrime.ops.bench.figures import machine, told

    logging.getLogger("httpx").setLevel(logging.WARNING)
    crimes, seconds = int(SIZES[size]["crimes"]), float(SIZES[size]["seconds"])
    benches = {
        "feed": lambda: feed.run(crimes=crimes, seconds=seconds),
        "alerts": lambda: alerts.run(seconds=seconds * 2),
        "pages": lambda: pages.run(crimes=crimes, seconds=seconds / 3),
    }
    reports = [benches[each]() for each in (NAMES if name == "all" else (name,))]
    where = machine()
    text = told(reports, where)
    if write:
        write.write_text(text, "utf-8")
    raw = {"machine": where, "size": size} | {report.name: report.raw for report in reports}
    click.echo(json.dumps(raw) if as_json else text)
