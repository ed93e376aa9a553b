"""The agent's one file of settings, in TOML. docs/agent.md explains every key; one that is not known is refused."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from trackmycrime.feed.agent import returns_settings, secret_files
from trackmycrime.feed.agent.returns_settings import ReturnsSettings
from trackmycrime.feed.agent.tables import Table
from trackmycrime.feed.connectors import registry
from trackmycrime.feed.connectors.protocol import Connector, Factory, Settings, Unfit
from trackmycrime.feed.contract import MOST_EVENTS

TOKEN = "TMC_SOURCE_TOKEN"  # noqa: S105 (the name of a setting)

_INPUT_NAME = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")
_MiB = 1024**2


class Wrong(Exception):
    """The configuration cannot be used; each line of the message is one fault."""


@dataclass(frozen=True)
class GatewaySettings:
    """Where to send, as whom."""

    url: str
    token_file: Path | None
    ca: Path | None
    cert: Path | None
    key: Path | None
    batch: int
    """Events of one delivery"""
    timeout: float
    """Seconds to wait for one answer"""
    patience: float
    """Seconds that ``--once`` waits for a gateway that is busy or away"""

    def token(self) -> str:
        """The token, read anew, so that a rotated one is found. Raises Wrong."""
        if self.token_file is None:
            text = os.environ.get(TOKEN, "").strip()
            if not text:
                raise Wrong(f"no token: give [gateway] token_file, or set {TOKEN}")
            return text
        try:
            return secret_files.read(self.token_file)
        except secret_files.NotSecret as why:
            raise Wrong(f"[gateway] token_file: {why}") from None


@dataclass(frozen=True)
class SpoolSettings:
    """Where events wait, and how much of the disk they may take."""

    folder: Path
    most_bytes: int
    keep_free_bytes: int
    key_file: Path


@dataclass(frozen=True)
class Input:
    """One thing that is read."""

    name: str
    type: str
    every: float
    """Seconds between the end of one reading and the next"""
    settings: Settings
    factory: Factory

    def opened(self, tell: Callable[[str], None]) -> Connector:
        """The connector, which tells the log by `tell`. Raises Unfit."""
        return self.factory(replace(self.settings, tell=tell))


@dataclass(frozen=True)
class Config:
    """All of it."""

    file: Path
    gateway: GatewaySettings
    spool: SpoolSettings
    inputs: tuple[Input, ...]
    returns: ReturnsSettings | None = None
    """Where returns are written, if they are"""

    def must_be_fit(self) -> None:
        """What is told by trying, before anything is read: the token, and each input's options. Raises Wrong."""
        self.gateway.token()
        wrong = []
        for each in self.inputs:
            try:
                each.opened(lambda _: None).close()
            except Unfit as why:
                wrong.append(f"{self.file}: [[inputs]] {each.name}: {why}")
        if wrong:
            raise Wrong("\n".join(wrong))


def load(file: Path) -> Config:
    """Read the file. Raises Wrong with every fault that was found."""
    try:
        content = tomllib.loads(file.read_bytes().decode("utf-8"))
    except OSError as why:
        raise Wrong(f"{file} cannot be read: {why.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as why:
        raise Wrong(f"{file} is not TOML: {why}") from None
    wrong: list[str] = []
    whole = Table(file, "(top)", content, wrong)
    gateway = _gateway(_table(whole, "gateway"))
    spool = _spool(_table(whole, "spool"))
    inputs = _inputs(whole)
    returns = returns_settings.read(_table(whole, "returns")) if "returns" in whole.values else None
    whole.close()
    if wrong:
        raise Wrong("\n".join(wrong))
    return Config(file, gateway, spool, inputs, returns)


def _table(whole: Table, name: str) -> Table:
    value = whole.take(name, {}, "")
    if not isinstance(value, dict):
        whole.fault(name, f"must be a table, [{name}]")
        value = {}
    return Table(whole.file, f"[{name}]", value, whole.wrong)


def _gateway(table: Table) -> GatewaySettings:
    url = table.text("url", None, "the gateway's address, https://…")
    parts = urlsplit(url)
    if url and (parts.scheme not in ("http", "https") or not parts.hostname):
        table.fault("url", "must be an https address, for example https://gateway.example.org")
    cert, key = table.path("cert"), table.path("key")
    if key and not cert:
        table.fault("cert", "is missing; a key needs its certificate")
    for name, file in (("ca", table.path("ca")), ("cert", cert), ("key", key)):
        if file and not file.is_file():
            table.fault(name, f"{file} does not exist; it must be a PEM file")
    made = GatewaySettings(
        url=url,
        token_file=table.path("token_file"),
        ca=table.path("ca"),
        cert=cert,
        key=key,
        batch=int(table.number("batch", MOST_EVENTS, 1, MOST_EVENTS)),
        timeout=table.number("timeout", 60, 1, 600),
        patience=table.number("patience", 300, 0, 86_400),
    )
    table.close()
    return made


def _spool(table: Table) -> SpoolSettings:
    folder = table.path("folder")
    if folder is None:
        table.fault("folder", "is missing; it must be a folder that is the agent's alone")
        folder = table.file.parent
    made = SpoolSettings(
        folder=folder,
        most_bytes=table.size("most_bytes", 2048 * _MiB, 4 * _MiB),
        keep_free_bytes=table.size("keep_free_bytes", 512 * _MiB, 0),
        key_file=table.path("key_file") or folder.with_name(folder.name + ".key"),
    )
    if made.key_file.resolve().is_relative_to(folder.resolve()):
        table.fault(
            "key_file", "must be outside of the spool's folder: whoever copies that must not have the key"
        )
    table.close()
    return made


def _inputs(whole: Table) -> tuple[Input, ...]:
    tables = whole.take("inputs", [], "")
    if not tables and "returns" in whole.values:
        return ()
    if not isinstance(tables, list) or not tables or not all(isinstance(each, dict) for each in tables):
        whole.fault("inputs", "must be there once or more often, each as [[inputs]] with a name and a type")
        return ()
    inputs: list[Input] = []
    for number, values in enumerate(tables, 1):
        table = Table(whole.file, f"[[inputs]] {values.get('name') or number}", values, whole.wrong)
        made = _input(table)
        if made and made.name in {each.name for each in inputs}:
            table.fault("name", "is there twice; each input needs a name of its own")
        if made:
            inputs.append(made)
    return tuple(inputs)


def _input(table: Table) -> Input | None:
    name = table.text("name", None, "a name of its own")
    if name and not _INPUT_NAME.fullmatch(name):
        table.fault("name", "must be of small letters, digits, - and _, at most 40")
    type_ = table.text("type", None, f"one of: {', '.join(registry.names())}")
    every = table.number("every", 10, 0.05, 86_400)
    source = table.text("source", f"urn:trackmycrime:agent:{name}", "a URI reference")
    timezone = table.text("timezone", "Europe/London", "a time zone such as Europe/London")
    try:
        ZoneInfo(timezone)
    except (ValueError, OSError, KeyError):
        table.fault("timezone", "must be a time zone such as Europe/London")
    if not type_:
        return None
    try:
        factory = registry.factory(type_)
    except Unfit as why:
        table.fault("type", str(why))
        return None
    return Input(
        name, type_, every, Settings(name, source, table.rest(), timezone, table.file.parent), factory
    )
