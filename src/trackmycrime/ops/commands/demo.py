"""``trackmycrime demo``: everything with made-up people, and things that happen."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import click

from trackmycrime.feed.connectors import police_uk
from trackmycrime.ops import doors, serving
from trackmycrime.ops.database import Database
from trackmycrime.ops.demo.director import Plan
from trackmycrime.ops.doors import DEFAULTS
from trackmycrime.ops.exits import WrongUse, say
from trackmycrime.ops.supervisor import Program

_MAILBOX = "127.0.0.1:8003"


@click.command("demo")
@click.option(
    "--data",
    type=click.Path(file_okay=False, path_type=Path),
    envvar="TMC_DATA",
    help="Keep the demo in this folder and go on with it next time.  [default: a folder that is thrown away]",
)
@click.option(
    "--portal", default=DEFAULTS["portal"], show_default=True, metavar="HOST:PORT", help="For victims."
)
@click.option(
    "--desk", default=DEFAULTS["desk"], show_default=True, metavar="HOST:PORT", help="For officers."
)
@click.option(
    "--gateway", default=DEFAULTS["gateway"], show_default=True, metavar="HOST:PORT", help="For machines."
)
@click.option(
    "--mailbox", default=_MAILBOX, show_default=True, metavar="HOST:PORT", help="What was sent to whom."
)
@click.option(
    "--police-data",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Run on real data.police.uk extracts in this folder instead of generated ones; people are made up.",
)
@click.option(
    "--share",
    default=1.0,
    show_default=True,
    type=click.FloatRange(0.005, 1),
    help="How much of the 20,000 generated crimes.",
)
def command(
    data: Path | None,
    portal: str,
    desk: str,
    gateway: str,
    mailbox: str,
    police_data: Path | None,
    share: float,
) -> None:
    """See TrackMyCrime at work, with made-up people: two forces, 20,000 crimes, and changes that go on.

    Mails and texts go to a real mail server and text gateway inside the demo; the mailbox page shows them. When all
    is ready the addresses and sign-ins are printed. Ctrl-C ends it.
    """
    if police_data and not any(file.kind == "street" for file in police_uk.find([police_data])):
        raise WrongUse(f"{police_data} holds no street file; looked for {police_uk.NAMES}")
    if os.environ.get("TMC_DATABASE_URL"):
        raise WrongUse("the demo runs on a database of its own; unset TMC_DATABASE_URL")
    binds = {"portal": portal, "desk": desk, "gateway": gateway}
    with contextlib.ExitStack() as held:
        if data is None:
            above = held.enter_context(tempfile.TemporaryDirectory(prefix="trackmycrime-demo-"))
            Path(above).chmod(0o755)
            data = Path(above) / "data"
        elif data.exists() and any(data.iterdir()) and not (data / "demo").is_dir():
            raise WrongUse(
                f"{data} is no demo's folder; give an empty one, so that nothing real is mixed with it"
            )
        _run(data.absolute(), binds, mailbox, police_data, share)


def _run(data: Path, binds: Mapping[str, str], mailbox: str, police_data: Path | None, share: float) -> None:
    post = doors.listen("mailbox", mailbox)
    mail = doors.listen("mail server", "127.0.0.1:0")
    out = os.dup(sys.stdout.fileno())
    settings = {
        "TMC_DEMO": "1",
        "TMC_SECURITY_CONTACT": "mailto:security@example.org",
        "TMC_EMAIL_URL": f"smtp://127.0.0.1:{mail.socket.getsockname()[1]}",
        "TMC_TEXT_URL": f"{post.url}/text",
    }

    def beside(database: Database, addresses: Mapping[str, str]) -> Sequence[Program]:
        plan = Plan(
            data=str(data),
            police_data=str(police_data.absolute()) if police_data else "",
            share=share,
            mailbox=post.url,
            out=out,
            portal=addresses["portal"],
            desk=addresses["desk"],
            gateway=addresses["gateway"],
        )
        python = (sys.executable, "-m")
        sockets = (mail.socket.fileno(), post.socket.fileno())
        return (
            Program(
                "post",
                [*python, "trackmycrime.ops.demo.postroom", *map(str, sockets)],
                database.environment("desk"),
                health=f"{post.url}/healthz",
                inherits=sockets,
            ),
            Program(
                "demo",
                [*python, "trackmycrime.ops.demo.director", json.dumps(asdict(plan))],
                database.environment("owner"),
                inherits=(out,),
            ),
        )

    say("demo: starting")
    serving.serve(data, binds, settings=settings, beside=beside, on_ready=lambda addresses: None)
