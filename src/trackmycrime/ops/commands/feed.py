"""``trackmycrime feed``: what a force's side runs to send its records."""

from __future__ import annotations

import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from trackmycrime.feed.agent.gateway import Away, Denied, Gateway
from trackmycrime.feed.connectors.months import month_number
from trackmycrime.ops import agent
from trackmycrime.ops.attach import data_option, json_option, to_option, token_option
from trackmycrime.ops.exits import DONE, REFUSED, Unreachable, WrongUse, answer, say
from trackmycrime.ops.feeding import contract, quarantine, reconcile, shadow
from trackmycrime.ops.push import record
from trackmycrime.ops.push.inputs import Inputs, NothingFound, gathered
from trackmycrime.ops.push.run import Pusher, Sums, save_to


def _month(_context: click.Context, _option: click.Parameter, text: str | None) -> int | None:
    if text is None:
        return None
    number = month_number(text)
    if number is None:
        raise click.BadParameter("a month as YYYY-MM, for example 2021-11")
    return number


@click.group("feed")
def command() -> None:
    """Send police records to a gateway, and look after what was sent."""


command.add_command(quarantine.command)
command.add_command(reconcile.command)
command.add_command(shadow.command)


command.add_command(agent.command)


command.add_command(contract.command)


@command.command("push")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@to_option
@token_option
@click.option(
    "--made-up-victims",
    is_flag=True,
    help="Add made-up victims, officers and units to extracts, which have none; marked as such.",
)
@click.option("--force", metavar="SLUG", help="Of extracts of several forces, send this one's.")
@click.option(
    "--release",
    callback=_month,
    metavar="YYYY-MM",
    help="The release that the extracts are of, where no folder names it.",
)
@click.option(
    "--batch", default=500, show_default=True, type=click.IntRange(1, 1000), help="Events of one delivery."
)
@click.option(
    "--patience",
    default=300.0,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for a gateway that is busy or away.",
)
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where what was refused is written, and why.  [default: in the data folder]",
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Where it is kept how far the push has come.  [default: beside the report]",
)
@click.option("--dry-run", is_flag=True, help="Send nothing; read, turn, check and report.")
@data_option
@json_option
def push(
    paths: tuple[Path, ...], url: str, token: str | None, made_up_victims: bool, force: str | None,
    release: int | None, batch: int, patience: float, report: Path | None, state: Path | None,
    dry_run: bool, data: Path, as_json: bool,
) -> int:  # fmt: skip
    """Send events files (*.ndjson) and data.police.uk extracts (street and outcomes CSV), plain or gzipped.

    PATHs are files or folders. A push that was stopped goes on where it stopped when the same command is
    run again; sending twice is safe. Exit codes: 0 all was taken, 1 something was refused or waits in
    quarantine (the report says what and why), 2 wrong use, 3 the gateway cannot be reached.
    """
    if made_up_victims and find_spec("faker") is None:
        raise WrongUse("--made-up-victims needs the extra «server»: pip install 'trackmycrime[server]'")
    try:
        inputs = gathered(paths, release=release, force=force, made_up_victims=made_up_victims)
    except NothingFound as why:
        raise WrongUse(str(why)) from None
    if dry_run:
        return _pushed(inputs, None, "dry run", batch, report, state, data, as_json)
    if not token:
        raise WrongUse("no token: give --token or set TMC_SOURCE_TOKEN (trackmycrime source add makes one)")
    try:
        gateway = Gateway(url, token, patience, tell=say)
    except ValueError as why:
        raise WrongUse(f"--to {url}: {why}") from None
    if gateway.open_wire:
        say(f"Warning: {gateway.base} is not https; the token and all records cross the network readable.")
    try:
        who = gateway.whoami()
        _same_force(inputs, _name_of(who.get("force")), force)
        source = json.dumps([who.get("force"), who.get("source")], sort_keys=True)
        return _pushed(inputs, gateway, source, batch, report, state, data, as_json)
    except Denied as why:
        raise Unreachable(f"{gateway.base} does not let this token in: {why}") from None
    except Away as why:
        raise Unreachable(f"{why}. Run the same command again to go on.") from None
    finally:
        gateway.close()


def _name_of(force: Any) -> str:
    """The force of a whoami answer, by its slug."""
    return str(force.get("slug") if isinstance(force, dict) else force)


def _same_force(inputs: Inputs, of_token: str, chosen: str | None) -> None:
    """The token decides the force; another force's extracts under it would be wrong and hard to undo."""
    if chosen is None and inputs.forces and inputs.forces != [of_token]:
        found = ", ".join(inputs.forces)
        raise WrongUse(
            f"the token is of the force {of_token}, the extracts are of {found}; "
            "give the folder of one force, or say which with --force"
        )


def _pushed(
    inputs: Inputs, gateway: Gateway | None, source: str, batch: int,
    report: Path | None, state: Path | None, data: Path, as_json: bool,
) -> int:  # fmt: skip
    """Run the push with its report, state and progress bar, print the sums, and say how it ended."""
    content = inputs.fingerprint()
    base = gateway.base if gateway else ""
    key = hashlib.sha256(json.dumps([content, base, source]).encode()).hexdigest()
    report = report or data / "push" / f"{key[:16]}.report.ndjson"
    state = state or record.state_beside(report)
    try:
        report.parent.mkdir(parents=True, exist_ok=True)
        progress = record.load(state, report, key) if gateway else record.Progress(key)
        held = record.Report(report, progress.report_bytes)
    except OSError as why:
        raise WrongUse(f"the report cannot be written: {report}: {why.strerror}") from None
    if progress.things:
        say(f"going on after {sum(progress.statuses.values()):,} events")
    with held, _bar(inputs) as step:
        pusher = Pusher(inputs, held, progress, save_to(state), batch, step)
        try:
            sums = pusher.send(gateway) if gateway else pusher.judge()
        except KeyboardInterrupt:
            say("\nstopped; run the same command again to go on")
            raise click.Abort from None
    return _said(sums, pusher.files_refused, report, as_json)


def _said(sums: Sums, files_refused: int, report: Path, as_json: bool) -> int:
    text = sums.as_text()
    if files_refused:
        text += f"\nfiles with a fault of their own: {files_refused}"
    if not sums.hold:
        text += "\nThese sums do not hold. That is a fault of this program; please report it."
    refused = bool(sums.refusals or files_refused)
    text += f"\nreport of what was refused: {report}" if refused else ""
    answer(sums.as_dict() | {"files_refused": files_refused, "report": str(report)}, text, as_json=as_json)
    return REFUSED if refused or not sums.hold else DONE


@contextmanager
def _bar(inputs: Inputs) -> Iterator[Callable[[int], None]]:
    """A progress bar on standard error where that is a terminal; its length is known once all is read."""
    stream = sys.stderr
    if not stream.isatty():
        yield lambda _: None
        return
    shown = click.progressbar(length=max(inputs.steps, 1), label="sending", file=stream)
    with shown as bar:

        def step(steps: int) -> None:
            bar.length = max(inputs.steps, 1)
            bar.update(steps)

        yield step
