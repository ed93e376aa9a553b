"""``trackmycrime gateway``: the machines' door alone."""

from __future__ import annotations

from pathlib import Path

import click

from trackmycrime.ops import serving
from trackmycrime.ops.attach import data_option
from trackmycrime.ops.doors import DEFAULTS, THREADS


@click.command("gateway")
@data_option
@click.option(
    "--bind", default=DEFAULTS["gateway"], show_default=True, metavar="HOST:PORT", help="Where it listens."
)
@click.option(
    "--threads", default=THREADS, show_default=True, help="Requests that one process answers at a time."
)
@click.option(
    "--processes",
    type=click.IntRange(1),
    help="How many processes; unsaid, two for the gateway where there are two processors, else one.",
)
def command(data: Path, bind: str, threads: int, processes: int | None) -> None:
    """Run the machines' door alone, for installations on several machines.

    Its database login is TMC_DOOR_DATABASE_URL, or TMC_DATABASE_URL's server with TMC_DATABASE_PASSWORD_GATEWAY.
    """
    serving.serve(data, {"gateway": bind}, with_worker=False, threads=threads, processes=processes)
