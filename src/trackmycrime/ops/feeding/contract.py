"""``trackmycrime feed contract``: the contract as files, for an integrator who has no server at hand."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import click

from trackmycrime.feed.contract import asyncapi, schemas
from trackmycrime.feed.contract.verdicts import TYPES
from trackmycrime.ops.attach import json_option
from trackmycrime.ops.exits import DONE, WrongUse, answer, say


@click.command("contract")
@click.option(
    "--out",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder to write to; it is made where there is none.",
)
@json_option
def command(out: Path, as_json: bool) -> int:
    """Write the feed's contract as files: schemas, examples, AsyncAPI and OpenAPI.

    They are the same that a gateway serves. Where only the part for sending is installed, the OpenAPI description is
    left out: it is of the server.
    """
    written = []
    try:
        for name, found in _files():
            path = out / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(json.dumps(found, ensure_ascii=False, indent=1).encode())
            written.append(name)
    except OSError as why:
        raise WrongUse(f"{out} cannot be written to: {why.strerror}") from None
    if "openapi.json" not in written:
        say("openapi.json is left out: it is made by the server's part, which is not installed here")
    text = f"{len(written)} files of contract version {schemas.VERSION} in {out}"
    answer({"version": schemas.VERSION, "out": str(out), "files": sorted(written)}, text, as_json=as_json)
    return DONE


def _files() -> Iterator[tuple[str, dict[str, Any]]]:
    yield "schemas/index.json", schemas.index()
    for type_ in TYPES:
        yield f"schemas/{type_}.json", schemas.event_schema(type_)
        for number, event in enumerate(schemas.examples(type_), 1):
            yield f"examples/{type_}.{number}.json", event
    yield "asyncapi.json", asyncapi.describe()
    if find_spec("django") is not None:
        yield "openapi.json", _openapi()


def _openapi() -> dict[str, Any]:
    """The server describes itself; it is loaded for that with settings that reach no database and open nothing."""
    import django
    from django.apps import apps

    if not apps.ready:
        key = base64.b64encode(os.urandom(32)).decode()
        os.environ |= {
            "DJANGO_SETTINGS_MODULE": "trackmycrime.config.settings.owner",
            "TMC_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/nothing",
            "TMC_SECRET_KEY": key,
            "TMC_FIELD_KEYS": json.dumps({"current": "none", "keys": {"none": key}}),
        }
        django.setup()
    from trackmycrime.gateway.description import describe

    return describe()
