"""``trackmycrime feed agent``: what runs inside a force's network, beside its records systems."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from trackmycrime.feed.agent import check as checking
from trackmycrime.feed.agent import config as configuration
from trackmycrime.feed.agent import status as standing
from trackmycrime.feed.agent.run import Agent, CannotRun
from trackmycrime.ops.attach import json_option
from trackmycrime.ops.exits import DONE, REFUSED, UNREACHABLE, Unreachable, WrongUse, answer, say


@click.group("agent")
def command() -> None:
    """Read a records system's inputs and push their events to a gateway, for as long as it runs.

    docs/agent.md explains the configuration file, and what to watch.
    """


def _config_option(function: Any) -> Any:
    return click.option(
        "--config",
        "file",
        required=True,
        type=click.Path(dir_okay=False, path_type=Path),
        metavar="FILE",
        help="The agent's configuration, in TOML.",
    )(function)


def _loaded(file: Path) -> configuration.Config:
    try:
        return configuration.load(file.absolute())
    except configuration.Wrong as why:
        raise WrongUse(str(why)) from None


@command.command("run")
@_config_option
@click.option("--once", is_flag=True, help="Read all inputs once, send everything, and end: for cron.")
def run(file: Path, once: bool) -> int:
    """Run until told to end by SIGTERM. SIGHUP reads the configuration anew.

    With --once the exit codes are: 0 all was read and sent, 1 something was refused or waits in quarantine (the report
    in the spool's folder says what and why), 3 an input or the gateway could not be reached; what was read waits.
    """
    settings = _loaded(file)
    try:
        settings.must_be_fit()
        ended = Agent(settings, once).run()
    except configuration.Wrong as why:
        raise WrongUse(str(why)) from None
    except CannotRun as why:
        raise Unreachable(str(why)) from None
    if not once:
        return DONE
    for failure in ended.failures:
        say(failure)
    if ended.failures:
        return UNREACHABLE
    return REFUSED if ended.faults else DONE


@command.command("check")
@_config_option
@json_option
def check(file: Path, as_json: bool) -> int:
    """Try everything that the agent will need, keep and send nothing.

    Configuration, spool, each input, the gateway and what it would say to the first events of each input. Exit codes:
    0 it would work, 1 something is not right, 2 the configuration cannot be used, 3 something cannot be reached.
    """
    found = []
    for one in checking.checked(_loaded(file)):
        found.append(one)
        if not as_json:
            click.echo(f"{one.how:<12}{one.what}: {one.said}")
    hows = {one.how for one in found}
    if as_json:
        answer([one.as_dict() for one in found], "", as_json=True)
    if checking.FAULTY in hows:
        return REFUSED
    return UNREACHABLE if checking.UNREACHABLE in hows else DONE


@command.command("status")
@_config_option
@json_option
def status(file: Path, as_json: bool) -> int:
    """Say how the agent stands, while it runs or not.

    Exit codes: 0 healthy, 1 something needs a person (each is said), 3 the spool cannot be read.
    """
    try:
        found = standing.status(_loaded(file))
    except standing.CannotTell as why:
        raise Unreachable(str(why)) from None
    answer(found.as_dict(), standing.as_text(found), as_json=as_json)
    return REFUSED if found.needs else DONE
