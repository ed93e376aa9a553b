"""A table of a TOML file, read key by key: each fault names file, table, key and what would be right."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any

_UNITS = {"": 1, "B": 1, "KiB": 1024, "MiB": 1024**2, "GiB": 1024**3, "TiB": 1024**4}
_SIZE = re.compile(r"(\d{1,15})\s*([KMGT]iB|B)?")


@dataclass
class Table:
    """One table. What is taken from it is known; `rest` is what is left, `close` refuses it.

    Faults are collected in `wrong`, and a value that cannot be used is answered with its default, so that all faults
    of a file are said at once.
    """

    file: Path
    name: str
    """As it stands in the file, ``[gateway]``"""
    values: Mapping[str, Any]
    wrong: list[str]
    _taken: set[str] = field(default_factory=set)

    def fault(self, key: str, right: str) -> None:
        """Note that the value of `key` is not what it must be."""
        self.wrong.append(f"{self.file}: {self.name} {key}: {right}")

    def text(self, key: str, default: str | None = None, right: str = "a text") -> str:
        """A text that is not empty. Without a default it must be there."""
        value = self.take(key, default, right)
        if isinstance(value, str) and value.strip():
            return value.strip()
        if value is not None and value != default:
            self.fault(key, f"must be {right}")
        return default or ""

    def number(self, key: str, default: float, least: float, most: float) -> float:
        """A number from `least` to `most`."""
        value = self.take(key, default, "")
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
            return float(value)
        self.fault(key, f"must be a number from {least:g} to {most:g}")
        return default

    def size(self, key: str, default: int, least: int) -> int:
        """A number of bytes, or a text such as ``"2 GiB"``."""
        value = self.take(key, default, "")
        found = _SIZE.fullmatch(value.strip()) if isinstance(value, str) else None
        bytes_ = int(found[1]) * _UNITS[found[2] or ""] if found else value
        if isinstance(bytes_, int) and not isinstance(bytes_, bool) and bytes_ >= least:
            return bytes_
        self.fault(key, f'must be a size of at least {least:,} bytes, for example "2 GiB"')
        return default

    def path(self, key: str, default: Path | None = None) -> Path | None:
        """A path; a relative one begins at the folder of the file."""
        value = self.take(key, "", "")
        if isinstance(value, str) and value.strip():
            return self.file.parent / Path(value.strip()).expanduser()
        if value != "":
            self.fault(key, "must be a path")
        return default

    def rest(self) -> dict[str, Any]:
        """What nobody has taken."""
        return {key: value for key, value in self.values.items() if key not in self._taken}

    def close(self) -> None:
        """Refuse every key that nobody has taken."""
        for key in self.rest():
            near = get_close_matches(key, self._taken, 1)
            known = ", ".join(sorted(self._taken))
            self.fault(
                key, f"is not known; {f'did you mean «{near[0]}»?' if near else f'known are: {known}'}"
            )

    def take(self, key: str, default: Any, right: str) -> Any:
        """The value as it stands. Without a default it must be there."""
        self._taken.add(key)
        if key in self.values:
            return self.values[key]
        if default is None:
            self.fault(key, f"is missing; it must be {right}")
        return default
