"""Which connectors there are: those that come with the package, and those that another package brings.

Another package names its factory under the entry point group `protocol.GROUP`; nothing else is ever loaded by a name
that a configuration says.
"""

from __future__ import annotations

from importlib import metadata

from trackmycrime.feed.connectors.protocol import GROUP, Factory, Unfit

_EXTRA = {
    "sql": "; install trackmycrime[sql]",
    "niem": "; install trackmycrime[xml]",
    "kafka": "; install trackmycrime[kafka]",
}


def names() -> list[str]:
    """The types that a configuration may name."""
    return sorted({entry.name for entry in metadata.entry_points(group=GROUP)})


def factory(type_name: str) -> Factory:
    """What makes connectors of this type. Raises Unfit for a type that nobody brings, or whose package is missing."""
    for entry in metadata.entry_points(group=GROUP, name=type_name):
        try:
            made: Factory = entry.load()
        except ImportError as missing:
            raise Unfit(
                f"the type «{type_name}» needs a package that is not installed: {missing.name}"
                f"{_EXTRA.get(type_name, '')}"
            ) from None
        return made
    known = ", ".join(names()) or "none is installed"
    raise Unfit(f"there is no type «{type_name}»; known types: {known}")
