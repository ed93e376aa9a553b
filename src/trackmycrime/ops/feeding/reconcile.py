"""``trackmycrime feed reconcile``: what a records system has beside what is known of it here."""

from __future__ import annotations

from itertools import islice
from pathlib import Path
from typing import Any

import click

from trackmycrime.feed.agent.gateway import Away, Denied, Gateway, Unreadable
from trackmycrime.feed.connectors.ndjson import NAMES, is_ndjson
from trackmycrime.feed.connectors.police_uk import files_below
from trackmycrime.ops.attach import json_option, to_option, token_option
from trackmycrime.ops.exits import DONE, REFUSED, Unreachable, WrongUse, answer, say
from trackmycrime.ops.feeding.comparing import KINDS, Comparison


@click.command("reconcile")
@click.argument("paths", nargs=-1, required=True, metavar="PATH…", type=click.Path(path_type=Path))
@to_option
@token_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the events of the list that mend what is missing or stale, for feed push.",
)
@click.option(
    "--most",
    default=1000,
    show_default=True,
    type=click.IntRange(0),
    metavar="N",
    help="Name so many differences at most; all are counted.",
)
@click.option(
    "--patience",
    default=300.0,
    show_default=True,
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    help="How long to wait for a gateway that is busy or away.",
)
@json_option
def command(
    paths: tuple[Path, ...],
    url: str,
    token: str | None,
    out: Path | None,
    most: int,
    patience: float,
    as_json: bool,
) -> int:
    """Compare a records system's own list with what the gateway knows of its source.

    PATHs are files (or folders of files) named *.ndjson, plain or gzipped, with an event on each line, or with
    subject, entity, sequence and digest as the gateway's state gives them. Exit codes: 0 both sides are the same,
    1 something differs or a line could not be read, 2 wrong use, 3 the gateway cannot be reached.
    """
    files = _files(paths)
    if not token:
        raise WrongUse("no token: give --token or set TMC_SOURCE_TOKEN (trackmycrime source add makes one)")
    try:
        gateway = Gateway(url, token, patience, tell=say, name="trackmycrime-reconcile")
    except ValueError as why:
        raise WrongUse(f"--to {url}: {why}") from None
    found = Comparison()
    found.read(files)
    try:
        for page in gateway.state():
            found.known(page)
    except (Denied, Unreadable) as why:
        raise Unreachable(f"{gateway.base} does not answer this token: {why}") from None
    except (Away, KeyError, ValueError) as why:
        raise Unreachable(f"{gateway.base}: {why}") from None
    finally:
        gateway.close()
    return _told(found, files, out, most, as_json)


def _files(paths: tuple[Path, ...]) -> list[Path]:
    try:
        files = [path for path, _ in files_below(paths) if is_ndjson(path)]
    except FileNotFoundError as missing:
        raise WrongUse(f"{missing} does not exist") from None
    if not files:
        raise WrongUse(f"nothing to compare with in {', '.join(map(str, paths))}; looked for {NAMES}")
    return files


def _told(found: Comparison, files: list[Path], out: Path | None, most: int, as_json: bool) -> int:
    sums = found.sums()
    differing = sum(sums[what] for what in KINDS)
    named = [one.as_dict() for one in islice(found.differences(), most)]
    told: dict[str, Any] = {**sums, "refused": len(found.refused), "differences": named}
    told["left_off"] = differing - len(named)
    lines = [f"{one['what']:8} {one['subject']}  {one['entity']}{_numbers(one)}" for one in named]
    if told["left_off"]:
        lines.append(f"and {told['left_off']:,} more")
    lines.append(f"{sums['same']:,} of {sums['own']:,} in the list are the same here")
    lines += [f"{sums[what]:,} {what}: {words}" for what, words in KINDS.items() if sums[what]]
    if out is not None:
        if found.lines and not found.events:
            raise WrongUse("--out needs events; the list holds sequences and digests alone")
        try:
            told["again"] = found.write_again(files, out)
        except OSError as why:
            raise WrongUse(f"--out {out}: {why.strerror}") from None
        lines.append(f"{told['again']:,} events to send again: {out}")
    for one in found.refused[:most]:
        say(f"{one.file}:{one.line}: {one.reason}; it should be {one.right}")
    answer(told, "\n".join(lines), as_json=as_json)
    return REFUSED if differing or found.refused else DONE


def _numbers(one: dict[str, Any]) -> str:
    theirs, here = one["sequence"], one["sequence_here"]
    return f"  #{theirs or '–'}, here #{here or '–'}"
