"""An input's table of the configuration, read key by key; what is missing, wrong or unknown is said by name."""

from __future__ import annotations

import difflib
import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors.protocol import Unfit

_DURATION = re.compile(r"(\d{1,9})\s*(ms|s|m|h|d)?")
_SECONDS = {"ms": 0.001, None: 1.0, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


class Options:
    """One table. Each key is asked for once; `done` refuses what nobody asked for."""

    def __init__(self, table: Mapping[str, Any], where: str, base: Path = Path()) -> None:
        self._table, self._where, self._base = table, where, base
        self._asked: set[str] = set()

    def unfit(self, key: str, right: str) -> Unfit:
        """What is said of a key that cannot be used."""
        return Unfit(f"{self._where}: «{key}» {right}")

    def given(self, key: str) -> bool:
        """Whether the key is there; asks for nothing."""
        return self._table.get(key) is not None

    def value(self, key: str) -> Any:
        """What the key holds, of whatever kind, or None."""
        self._asked.add(key)
        return self._table.get(key)

    def text(self, key: str, default: str | None = None) -> str:
        """A string with something in it. Raises Unfit where there is neither that nor a default."""
        found = self.value(key)
        if found is None and default is not None:
            return default
        if not isinstance(found, str) or not found.strip():
            raise self.unfit(key, "must be a text" + ("" if found is not None else ", and is required"))
        return found

    def path(self, key: str) -> Path:
        """The path of a file or folder; a relative one begins where the configuration lies."""
        return self._base / self.text(key)

    def choice(self, key: str, among: Iterable[str], default: str) -> str:
        """One of a few words."""
        found = self.text(key, default)
        known = list(among)
        if found not in known:
            raise self.unfit(key, f"must be one of {', '.join(known)}")
        return found

    def texts(self, key: str) -> list[str]:
        """A string or a list of strings, as a list; empty where the key is not there."""
        found = self.value(key)
        found = [] if found is None else [found] if isinstance(found, str) else found
        if not isinstance(found, list) or not all(isinstance(one, str) and one.strip() for one in found):
            raise self.unfit(key, "must be a text or a list of texts")
        return found

    def whole(self, key: str, default: int, least: int, most: int) -> int:
        """A whole number within bounds."""
        found = self.value(key)
        found = default if found is None else found
        if type(found) is not int or not least <= found <= most:
            raise self.unfit(key, f"must be a whole number from {least} to {most}")
        return found

    def seconds(self, key: str, default: float) -> float:
        """A duration: seconds as a number, or a text like "500ms", "30s", "10m", "2h", "1d"."""
        found = self.value(key)
        if found is None:
            return default
        if type(found) in (int, float) and found >= 0:
            return float(found)
        match = _DURATION.fullmatch(found.strip()) if isinstance(found, str) else None
        if match is None:
            raise self.unfit(key, 'must be a duration: seconds, or a text like "30s", "10m", "2h"')
        return int(match[1]) * _SECONDS[match[2]]

    def table(self, key: str) -> Mapping[str, Any]:
        """A table of the configuration, or the TOML file that the key names."""
        found = self.value(key)
        if isinstance(found, Mapping):
            return found
        if not isinstance(found, str) or not found.strip():
            raise self.unfit(key, "must name a TOML file, or be a table, and is required")
        try:
            with (self._base / found).open("rb") as file:
                return tomllib.load(file)
        except OSError as error:
            raise self.unfit(
                key, f"names {found}, which cannot be read: {error.strerror or 'input error'}"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise self.unfit(key, f"names {found}, which is not TOML: {error}") from None

    def done(self) -> None:
        """Raises Unfit for a key that nobody asked for."""
        for key in self._table:
            if key not in self._asked:
                raise Unfit(f"{self._where}: «{key}» is not known here{meant(key, self._asked)}")


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the one that may have been meant, else all."""
    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f" (did you mean «{near[0]}»?)" if near else f"; known are {', '.join(known)}"
