"""The table ``[returns]`` of the configuration: where what victims did is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from trackmycrime.feed.agent.tables import Table

MOST = 500
"""Returns on one page, at most"""
USUAL_TABLE = "trackmycrime_returns"

_TABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_$]{0,62}\.)?[A-Za-z_][A-Za-z0-9_$]{0,62}")


@dataclass(frozen=True)
class ReturnsSettings:
    """The table ``[returns]``: where returns are written. `type` is ``files`` or ``table``."""

    type: str
    folder: Path | None = None
    """Of ``files``"""
    group_may_read: bool = False
    """Of ``files``: whether the folder's group may read them, for a records system with a login of its own"""
    url: str = ""
    """Of ``table``: a database URL as SQLAlchemy has it, without a password"""
    password_file: Path | None = None
    table: str = USUAL_TABLE
    """May name a schema: ``rms.returns``"""
    every: float = 10.0
    """Seconds between looking; at once while there is more"""
    limit: int = 100
    types: tuple[str, ...] = ()
    """Only these types; none: all"""


def read(table: Table) -> ReturnsSettings:
    """The settings in ``[returns]``; faults are collected in the table."""
    type_ = table.text("type", None, "«files» or «table»")
    if type_ not in ("files", "table") and type_:
        table.fault("type", "must be «files» or «table»")
    types = table.take("types", [], "")
    if not isinstance(types, list) or not all(isinstance(one, str) and one for one in types):
        table.fault("types", 'must be a list of types, for example ["message.received"]')
        types = []
    every, limit = table.number("every", 10, 0.05, 86_400), int(table.number("limit", 100, 1, MOST))
    folder = password_file = None
    group = False
    url, name = "", USUAL_TABLE
    if type_ == "files":
        folder = table.path("folder")
        if folder is None:
            table.fault("folder", "is missing; it must be the folder that returns are written to")
        group = table.take("group_may_read", False, "")
        if not isinstance(group, bool):
            table.fault("group_may_read", "must be true or false")
    elif type_ == "table":
        url = table.text("url", None, "a database URL, for example postgresql://user@host/database")
        if re.match(r"[^/]*//[^/@]*:[^/@]*@", url):
            table.fault("url", "must hold no password; put that into a file and name it in «password_file»")
        password_file = table.path("password_file")
        name = table.text("table", USUAL_TABLE, "the name of a table")
        if not _TABLE.fullmatch(name):
            table.fault("table", "must be a table's name, or schema.table")
    table.close()
    return ReturnsSettings(type_, folder, group is True, url, password_file, name, every, limit, tuple(types))
