"""Write docs/welsh.md: which Welsh sentences no Welsh speaker has reviewed yet.

Passed is what `wording/reviewed.toml` names with the digest of the Welsh as it stood then: a text that changes
afterwards is not passed any more. `--check` writes nothing and exits 1 when the page is stale; `--digests KEY…`
prints what to put into that file.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
import tomllib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import polib

from trackmycrime.publish.wording.catalogue import FOLDER, load

ROOT = Path(__file__).resolve().parents[1]
PAGE = ROOT / "docs" / "welsh.md"
CATALOGUE = ROOT / "src" / "trackmycrime" / "locale" / "cy" / "LC_MESSAGES" / "django.po"

INTRO = """# Welsh: what has been reviewed, and what has not

Made by `scripts/make_welsh_page.py`; do not edit it by hand.

Every sentence that a victim can see exists in Welsh.

{verdict}

The Welsh was written from the meaning, with the terms that the Welsh forces, the Crown Prosecution Service and the
Victims’ Code use in Welsh, but without a Welsh speaker. Tests hold it to what can be measured: complete, no sentence
equal to its English, the same names in braces, formal throughout, no word that gives a person of a case a sex, text
messages within one part. None of that says that it reads well. Have a Welsh speaker pass it before a force uses it.

To pass a text: read it beside the English in `words.html`, mend it in `src/trackmycrime/publish/wording/cy/` if need
be, run `python scripts/make_welsh_page.py --digests KEY…` and put what it prints into
`src/trackmycrime/publish/wording/reviewed.toml`. To pass a message of a page, put a comment `Reviewed: who, when`
above it in `src/trackmycrime/locale/cy/LC_MESSAGES/django.po`. Then run the script again.
"""

ELSEWHERE = """
## Welsh that stands in the code

Not reviewed either, and seen only in the demo or where real extracts are tried:

- `src/trackmycrime/ops/demo/sentences.py`: what the demo's officers and victims write.
- `src/trackmycrime/feed/connectors/police_uk/labels.py`: what a court decided, as the connector says it.
"""

DOUBTS = """
## Where to look first

- **Victims’ Right to Review**: «Hawl Dioddefwyr i Adolygiad», as Gwent, Dyfed-Powys and North Wales have it.
- **CPS**: «Gwasanaeth Erlyn y Goron (GEG)», as the forces abbreviate it; the service itself also writes CPS in Welsh.
- **Caution** as an outcome is «rhybuddiad»; «dan rybudd» stays for an interview under caution.
- **Suspect** is «rhywun dan amheuaeth» and never «drwgdybiedig», because the first can be said of a person unknown.
- **Charged**: the impersonal «cyhuddwyd rhywun», because «wedi ei gyhuddo» would say a sex.
- **Team names** follow «staff», which changes no first letter: «gofyn i staff Tîm Byrgleriaeth». An English name stands
  there unchanged where a force has given no Welsh one.
- **Text messages** do without â ê î ô û ŵ ŷ, which would more than double their length: check that none sounds forced.
"""


def digest(welsh: str | tuple[str, ...]) -> str:
    """What a review is tied to: a short digest of the Welsh text."""
    whole = welsh if isinstance(welsh, str) else "\n\n".join(welsh)
    return hashlib.sha256(whole.encode()).hexdigest()[:12]


def page() -> str:
    """The whole page. The same words and reviews give the same bytes."""
    welsh, passed = load("cy"), _passed()
    stems = {key: key.rpartition(".")[0] for key in welsh}
    files = {path.name: _tables(path) for path in sorted((FOLDER / "cy").glob("*.toml"))}
    done, total = len(passed), len(welsh)
    verdict = (
        f"**No Welsh speaker has reviewed any of it yet: {total} texts.**"
        if not done
        else f"**A Welsh speaker has passed {done} of {total} texts; {total - done} have not been reviewed.**"
    )
    lines = [INTRO.format(verdict=verdict), "## The service’s own words", ""]
    for name, tables in files.items():
        keys = [key for key in welsh if key.split(".")[0] in tables]
        open_keys = [key for key in keys if key not in passed]
        lines += [f"### `cy/{name}`: {len(open_keys)} of {len(keys)} not reviewed", ""]
        counts = Counter(stems[key] for key in open_keys)
        lines += [f"- `{stem}`: {count}" for stem, count in counts.items()] or ["All reviewed."]
        lines.append("")
    lines += ["## The pages’ own sentences", "", *_pages(), ELSEWHERE, DOUBTS]
    return "\n".join(lines)


def _pages() -> list[str]:
    if not CATALOGUE.exists():
        return ["There is no catalogue yet."]
    entries = [entry for entry in polib.pofile(str(CATALOGUE)) if not entry.obsolete]
    waiting = [entry for entry in entries if not entry.tcomment.startswith("Reviewed: ")]
    rooms = Counter(
        "/".join(Path(entry.occurrences[0][0]).parts[:2]) if entry.occurrences else "elsewhere"
        for entry in waiting
    )
    return [
        f"`locale/cy/LC_MESSAGES/django.po`: {len(waiting)} of {len(entries)} messages not reviewed. By room:",
        "",
        *(f"- `{room}`: {count}" for room, count in sorted(rooms.items())),
    ]  # fmt: skip


def _tables(path: Path) -> set[str]:
    with path.open("rb") as file:
        return set(tomllib.load(file))


def _passed() -> set[str]:
    with (FOLDER / "reviewed.toml").open("rb") as file:
        reviewed: Mapping[str, Mapping[str, Any]] = tomllib.load(file)["reviewed"]
    welsh = load("cy")
    return {
        key for key, review in reviewed.items() if key in welsh and review["digest"] == digest(welsh[key])
    }


def main() -> int:
    """Write or check the page, or print digests; 1 when it is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--check", action="store_true", help="change nothing; exit code 1 when the page is stale"
    )
    parser.add_argument("--digests", nargs="+", metavar="KEY", help="print lines for reviewed.toml")
    given = parser.parse_args()
    if given.digests:
        for key in given.digests:
            print(f'"{key}" = {{ by = "", on = , digest = "{digest(load("cy")[key])}" }}')
        return 0
    if given.check:
        fresh = PAGE.exists() and PAGE.read_text(encoding="utf-8") == page()
        if not fresh:
            print(f"{PAGE.name} is stale; run: python scripts/make_welsh_page.py", file=sys.stderr)
        return 0 if fresh else 1
    PAGE.write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
