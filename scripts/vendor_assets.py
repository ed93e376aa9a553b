#!/usr/bin/env python3
"""Fetch the pinned design-system files and keep of them what our pages use.

    python scripts/vendor_assets.py            write the files
    python scripts/vendor_assets.py --check    fail if what lies there differs

Needs `npm` (only for `npm pack`, nothing is installed or run from the packages) and the network. The result
is committed, so nobody who runs, tests or installs the service needs this script.

What it changes, and why:
- GDS Transport and the crown may be used on GOV.UK services only: every @font-face goes, every font family
  becomes `var(--tmc-font, …)`, and no image is taken.
- Of the components only those in KEEP_GOVUK and KEEP_MOJ stay: less than half the bytes on a slow phone.
  Want another one? Add its name there, run the script, commit both.
- Addresses are not printed behind links: they say nothing to a reader and should not lie about on paper.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "src/trackmycrime/design/static/design/vendor"
TEST_VENDOR = ROOT / "tests/vendor"

# name, version, sha256 of the archive
PACKAGES = {
    "govuk": (
        "govuk-frontend",
        "6.6.0",
        "52c4eb554e54d8a6e4ba801e9da5ec3a5b930fd2f117a39677f0b6296e954751",
    ),
    "moj": (
        "@ministryofjustice/frontend",
        "11.1.0",
        "9ec6ccf0739cefee1fdc663ca61387204dcf3fd9bfcfafa8b9159d993f38984b",
    ),
    "font": (
        "@fontsource/atkinson-hyperlegible-next",
        "5.3.0",
        "33dcb7d0d4e2ea98a96985ca7448f738c3b5b370cfc5230b1e40e4f728920cc2",
    ),
    "axe": (
        "axe-core",
        "4.14.1",
        "e6b0ce02b84d892e2e33e403485e7f3d6c29e2be6df65daf44d89ba564139745",
    ),
}

USED = """
back-link body body-l body-m body-s button button-group caption-l caption-m character-count checkboxes
date-input details error-message error-summary fieldset file-upload form-group frontend-supported grid-column-full
grid-column-one-half grid-column-one-third grid-column-two-thirds grid-row heading-l heading-m heading-s hint
input inset-text label label-wrapper link list main-wrapper pagination password-input radios section-break
select skip-link summary-list table template textarea visually-hidden visually-hidden-focusable warning-text
width-container
"""
KEEP_GOVUK = frozenset(USED.split())
KEEP_MOJ = frozenset({"sub-navigation"})

FONTS = [f"{subset}-{weight}-normal" for subset in ("latin", "latin-ext") for weight in (400, 700)]

MIT = """The MIT License (MIT)

Copyright (c) {owner}

Permission is hereby granted, free of charge, to any person obtaining a copy of this software and
associated documentation files (the "Software"), to deal in the Software without restriction,
including without limitation the rights to use, copy, modify, merge, publish, distribute,
sublicense, and/or sell copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all copies or substantial
portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR IMPLIED, INCLUDING BUT
NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY, FITNESS FOR A PARTICULAR PURPOSE AND
NONINFRINGEMENT. IN NO EVENT SHALL THE AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES
OR OTHER LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM, OUT OF OR IN
CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE SOFTWARE.
"""


def fetch(key: str, folder: Path) -> Path:
    """Download one pinned package, check its sum, unpack it; returns the folder of its files."""
    name, version, digest = PACKAGES[key]
    command = ["npm", "pack", "--silent", f"{name}@{version}"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    archive = folder / done.stdout.strip().splitlines()[-1]
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != digest:
        sys.exit(f"{name} {version}: checksum is {found}, expected {digest}")
    with tarfile.open(archive) as tar:
        tar.extractall(folder / key, filter="data")
    return folder / key / "package"


def rules(css: str) -> Iterator[str]:
    """Split minified CSS into its top-level rules; a braceless at-rule is one too."""
    at = 0
    while at < len(css):
        opening, semicolon = css.find("{", at), css.find(";", at)
        if opening < 0:
            return
        if css[at] == "@" and 0 <= semicolon < opening:
            yield css[at : semicolon + 1]
            at = semicolon + 1
            continue
        depth, end = 0, opening
        while True:
            depth += {"{": 1, "}": -1}.get(css[end], 0)
            end += 1
            if not depth:
                break
        yield css[at:end]
        at = end


def prune(css: str, prefix: str, keep: frozenset[str]) -> str:
    """Keep the rules in which every class of the library belongs to a kept component."""
    out = []
    for rule in rules(css):
        head, _, body = rule.partition("{")
        if head.startswith(("@media", "@supports")):
            if inner := prune(body[:-1], prefix, keep):
                out.append(f"{head}{{{inner}}}")
            continue
        if head.startswith(("@font-face", "@charset")):
            continue
        selectors = [part for part in split_selectors(head) if wanted(part, prefix, keep)]
        if selectors:
            out.append(f"{','.join(selectors)}{{{body}")
    return "".join(out)


def split_selectors(head: str) -> list[str]:
    """`a:not(.b,.c),d` → two parts: commas inside brackets do not split."""
    return re.split(r",(?![^(\[]*[)\]])", head)


def wanted(selector: str, prefix: str, keep: frozenset[str]) -> bool:
    """True when the selector names no component that we leave out; addresses are not printed behind links."""
    if "[href^=" in selector:
        return False
    blocks = {re.split(r"__|--", name)[0] for name in re.findall(rf"\.{prefix}-((?:[\w-]|\\.)+)", selector)}
    if prefix == "moj" and not blocks:  # its custom properties repeat those of govuk-frontend
        return False
    return blocks <= keep and not re.search(r"\.(?:probation|js-enabled)", selector)


def restyle(css: str) -> str:
    """Our font, no other host's or folder's files, no source map."""
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    families = r"GDS Transport,arial,sans-serif|(?<=font-family:)sans-serif"
    css = re.sub(families, "var(--tmc-font,arial,sans-serif)", css)
    for forbidden in ("GDS Transport", "url(/assets", "@font-face", "crest", "//"):
        if forbidden in css:
            sys.exit(f"the kept CSS still holds {forbidden!r}")
    return css.strip() + "\n"


def banner(key: str) -> str:
    """The first line of a file that we took from a package."""
    name, version, _ = PACKAGES[key]
    return f"/* {name} {version}, MIT, see LICENSE-{key}.txt; made by scripts/vendor_assets.py */\n"


def build(folder: Path) -> dict[Path, bytes]:
    """Everything that is kept, by the path it goes to."""
    govuk, moj, font, axe = (fetch(key, folder) for key in ("govuk", "moj", "font", "axe"))
    files: dict[Path, bytes] = {}
    for key, source, keep, owner in (
        ("govuk", govuk / "dist/govuk/govuk-frontend.min.css", KEEP_GOVUK, "Government Digital Service"),
        ("moj", moj / "moj/moj-frontend.min.css", KEEP_MOJ, "Ministry of Justice"),
    ):
        css = re.sub(r"/\*.*?\*/", "", source.read_text(), flags=re.S).replace("\n", "")
        files[VENDOR / f"{key}-frontend.css"] = (banner(key) + restyle(prune(css, key, keep))).encode()
        files[VENDOR / f"LICENSE-{key}.txt"] = MIT.format(owner=f"Crown Copyright ({owner})").encode()
    script = (govuk / "dist/govuk/govuk-frontend.min.js").read_text()
    script = re.sub(r"\n?//# sourceMappingURL=\S+\s*$", "\n", script)
    files[VENDOR / "govuk-frontend.js"] = (banner("govuk") + script).encode()
    for cut in FONTS:
        file = f"atkinson-hyperlegible-next-{cut}.woff2"
        files[VENDOR / "fonts" / file] = (font / "files" / file).read_bytes()
    files[VENDOR / "fonts/OFL.txt"] = (font / "LICENSE").read_bytes()
    files[TEST_VENDOR / "axe.min.js"] = (axe / "axe.min.js").read_bytes()
    files[TEST_VENDOR / "LICENSE-axe-core.txt"] = (axe / "LICENSE").read_bytes()
    return files


def main() -> int:
    """Write or compare; 0 when all is as it should be."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="only compare with what is committed")
    check = parser.parse_args().check
    with tempfile.TemporaryDirectory() as folder:
        files = build(Path(folder))
    wrong = 0
    for path, content in sorted(files.items()):
        same = path.exists() and path.read_bytes() == content
        if check and not same:
            sys.stderr.write(f"differs: {path.relative_to(ROOT)}\n")
            wrong += 1
        elif not same:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
            sys.stderr.write(f"{len(content):>8,} {path.relative_to(ROOT)}\n")
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
