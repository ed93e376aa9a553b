"""``trackmycrime serve``: everything on one machine."""

from __future__ import annotations

from pathlib import Path

import click

from trackmycrime.ops import serving
from trackmycrime.ops.attach import data_option
from trackmycrime.ops.doors import DEFAULTS, THREADS


@click.command("serve")
@data_option
@click.option(
    "--portal", default=DEFAULTS["portal"], show_default=True, metavar="HOST:PORT", help="For victims."
)
@click.option(
    "--desk", default=DEFAULTS["desk"], show_default=True, metavar="HOST:PORT", help="For officers."
)
@click.option(
    "--gateway",
    default=DEFAULTS["gateway"],
    show_default=True,
    metavar="HOST:PORT",
    help="For machines.",
)
@click.option(
    "--threads", default=THREADS, show_default=True, help="Requests that one process answers at a time."
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="Processes for each door; unsaid, two for the gateway where there are two processors, else one.",
)
def command(data: Path, portal: str, desk: str, gateway: str, threads: int, processes: int | None) -> None:
    """Run the three doors, the worker and, without TMC_DATABASE_URL, PostgreSQL.

    When all of it answers, one line on standard output says so: trackmycrime ready portal=http://… desk=http://…
    gateway=http://… Everything else goes to standard error. Port 0 takes any free port. Ctrl-C ends it.
    """
    binds = {"portal": portal, "desk": desk, "gateway": gateway}
    serving.serve(data, binds, threads=threads, processes=processes)
