"""Bring the Welsh catalogue of the pages up to date with the sources, and say what is not translated.

Reads every `{% translate %}`, `{% blocktranslate %}` and gettext call under `src/trackmycrime` in plain Python, so
that neither this nor its test needs gettext's own programs. A message that is new stands there untranslated, one that
is no longer used goes, and a changed one is a new one: nothing is ever guessed («fuzzy»). `--check` writes nothing and
exits 1 when the catalogue is not whole. Afterwards `scripts/translations.py` compiles it.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import polib
from django.conf import settings
from django.utils.translation.template import templatize

PACKAGE = Path(__file__).resolve().parents[1] / "src" / "trackmycrime"
CATALOGUE = PACKAGE / "locale" / "cy" / "LC_MESSAGES" / "django.po"
WIDTH = 110
"""Of a line of the catalogue, also when it is read, or the comparison of `--check` never holds"""
METADATA = {
    "Project-Id-Version": "trackmycrime",
    "Language": "cy",
    "MIME-Version": "1.0",
    "Content-Type": "text/plain; charset=UTF-8",
    "Content-Transfer-Encoding": "8bit",
    "Plural-Forms": "nplurals=4; plural=(n==1) ? 0 : (n==2) ? 1 : (n != 8 && n != 11) ? 2 : 3;",
}
# Which argument of each function is the context, the message and its plural.
CALLS = {
    "_": (None, 0, None),
    "gettext": (None, 0, None),
    "gettext_lazy": (None, 0, None),
    "gettext_noop": (None, 0, None),
    "ngettext": (None, 0, 1),
    "ngettext_lazy": (None, 0, 1),
    "pgettext": (0, 1, None),
    "pgettext_lazy": (0, 1, None),
    "npgettext": (0, 1, 2),
    "npgettext_lazy": (0, 1, 2),
}
_STRING = r"""u?(?:'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")"""
_IN_TEMPLATE = re.compile(rf"\b({'|'.join(CALLS)})\(\s*({_STRING}(?:\s*,\s*{_STRING})*)", re.DOTALL)


class Message(NamedTuple):
    """One thing to translate; the same three are the same message wherever they stand."""

    context: str | None
    one: str
    many: str | None


def extract(package: Path = PACKAGE) -> dict[Message, list[str]]:
    """Every message of the sources, in reading order, with the files that it stands in."""
    found: dict[Message, list[str]] = {}
    sources = [path for path in sorted(package.rglob("*")) if path.suffix in (".py", ".html", ".txt")]
    for path in sources:
        if "migrations" in path.parts or "static" in path.parts:
            continue
        reader = _python if path.suffix == ".py" else _template
        name = path.relative_to(package).as_posix()
        for message in reader(path.read_text(encoding="utf-8"), name):
            files = found.setdefault(message, [])
            if name not in files:
                files.append(name)
    return found


def _python(source: str, name: str) -> Iterator[Message]:
    nodes = list(ast.walk(ast.parse(source, name)))
    called_here = {
        alias.asname or alias.name: alias.name
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for alias in node.names
    }
    calls = [node for node in nodes if isinstance(node, ast.Call)]
    for call in sorted(calls, key=lambda node: (node.lineno, node.col_offset)):
        written = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
        called = called_here.get(written, written)
        strings = [
            arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
        ]
        if called in CALLS:
            yield from _message(called, strings)


def _template(source: str, name: str) -> Iterator[Message]:
    if not settings.configured:
        settings.configure()
    for called, strings in _IN_TEMPLATE.findall(templatize(source, origin=name)):
        yield from _message(
            called, [ast.literal_eval(part) for part in re.findall(_STRING, strings, re.DOTALL)]
        )


def _message(called: str, strings: list[str]) -> Iterator[Message]:
    context, one, many = CALLS[called]
    if len(strings) > max(one, many or 0) and strings[one]:
        yield Message(
            None if context is None else strings[context],
            strings[one],
            None if many is None else strings[many],
        )


def key(entry: polib.POEntry) -> Message:
    """The message that an entry of the catalogue is about."""
    return Message(entry.msgctxt or None, entry.msgid, entry.msgid_plural or None)


def updated(old: polib.POFile, found: dict[Message, list[str]]) -> polib.POFile:
    """The catalogue of exactly the messages `found`, with what `old` has translated of them."""
    known = {key(entry): entry for entry in old if not entry.obsolete}
    catalogue = polib.POFile(wrapwidth=WIDTH)
    catalogue.metadata = METADATA
    for message, files in found.items():
        entry = known.get(message) or polib.POEntry(
            msgctxt=message.context,
            msgid=message.one,
            msgid_plural=message.many or "",
            msgstr_plural=dict.fromkeys(range(4), "") if message.many else {},
        )
        entry.occurrences = [(name, "") for name in files]
        catalogue.append(entry)
    return catalogue


def untranslated(catalogue: polib.POFile) -> list[polib.POEntry]:
    """The entries that have no Welsh, or only part of it."""
    return [e for e in catalogue if not (all(e.msgstr_plural.values()) if e.msgid_plural else e.msgstr)]


def main() -> int:
    """Update or check the catalogue; 1 when something is not translated, or stale under `--check`."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 when it is not whole"
    )
    given = parser.parse_args()
    found = extract()
    old = polib.pofile(str(CATALOGUE), wrapwidth=WIDTH) if CATALOGUE.exists() else polib.POFile()
    new = updated(old, found)
    stale = str(new) != str(old)
    if given.check and stale:
        print(f"{CATALOGUE.name} is stale; run: python scripts/messages.py", file=sys.stderr)
    elif stale:
        CATALOGUE.parent.mkdir(parents=True, exist_ok=True)
        new.save(str(CATALOGUE))
    missing = untranslated(new)
    for entry in missing:
        print(f"not translated: {entry.occurrences[0][0]}: {entry.msgid[:90]!r}", file=sys.stderr)
    print(f"{CATALOGUE.name}: {len(new)} messages, {len(missing)} not translated", file=sys.stderr)
    return 1 if missing or (given.check and stale) else 0


if __name__ == "__main__":
    sys.exit(main())
