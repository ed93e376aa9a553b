"""Compile the translations (``*.po`` to ``*.mo``) without gettext's own programs; ``--check`` says what is stale.

The compiled files are committed, so that TrackMyCrime runs without any of this.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import polib

LOCALE = Path(__file__).resolve().parents[1] / "src" / "trackmycrime" / "locale"


def stale(source: Path) -> bool:
    """Whether the compiled file beside ``source`` is missing or says something else."""
    compiled = source.with_suffix(".mo")
    return not compiled.exists() or compiled.read_bytes() != polib.pofile(str(source)).to_binary()


def main() -> int:
    """Compile, or check; 1 when something is stale or wrong."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; exit code 1 when one is stale")
    only_check = parser.parse_args().check
    wrong = 0
    for source in sorted(LOCALE.glob("*/LC_MESSAGES/*.po")):
        name = source.relative_to(LOCALE)
        catalogue = polib.pofile(str(source))
        for entry in catalogue.fuzzy_entries():
            print(f"{name}: line {entry.linenum} is fuzzy: {entry.msgid[:60]}", file=sys.stderr)
            wrong = 1
        if not stale(source):
            continue
        if only_check:
            print(f"{name}: the compiled file is stale; run: make translations", file=sys.stderr)
            wrong = 1
        else:
            source.with_suffix(".mo").write_bytes(catalogue.to_binary())
    return wrong


if __name__ == "__main__":
    sys.exit(main())
