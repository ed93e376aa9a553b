"""What the documents name is there: files that they link to, commands, options and make targets."""

import re
from pathlib import Path

import click
import pytest

from trackmycrime.ops.cli import trackmycrime

ROOT = Path(__file__).parents[2]
VENDORED = ("vendor", ".venv", "node_modules")
PAGES = sorted(
    page
    for page in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")]
    if not set(page.parts) & set(VENDORED)
)
LINK = re.compile(r"""\]\(([^)#\s]+)|src="([^"]+)\"""")
COMMAND = re.compile(r"\btrackmycrime((?: [a-z][a-z-]*)+)((?: [^`#\n]*)?)")
TARGET = re.compile(r"\bmake ([a-z]+)\b")
named = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_there_are_documents() -> None:
    assert {"README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md"} <= {page.name for page in PAGES}
    assert len(PAGES) > 20


@named
def test_links_lead_somewhere(page: Path) -> None:
    links = ["".join(found) for found in LINK.findall(page.read_text("utf-8"))]
    ours = [link for link in links if "://" not in link and not link.startswith("mailto:")]
    lost = [link for link in ours if not (page.parent / link).exists()]
    assert not lost, f"{page.relative_to(ROOT)} links to {lost}"


def _in_code(text: str) -> list[str]:
    """The lines of code blocks without their comments, and what stands between backticks."""
    blocks = re.findall(r"```[a-z]*\n(.*?)```", text, re.DOTALL)
    rest = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    lines = [re.split(r"(?:^|\s)#", line)[0] for block in blocks for line in block.splitlines()]
    return [*lines, *re.findall(r"`([^`\n]+)`", rest)]


@named
def test_commands_and_options_exist(page: Path) -> None:
    for line in _in_code(page.read_text("utf-8")):
        for words, rest in COMMAND.findall(line):
            command: click.Command = trackmycrime
            for word in words.split():
                if not isinstance(command, click.Group):
                    break  # what follows are arguments
                found = command.get_command(click.Context(command), word)
                assert found is not None or word == "ready", f"{page.name}: there is no «trackmycrime{words}»"
                if found is None:
                    break
                command = found
            known = {name for option in command.params for name in option.opts} | {"--help", "-h"}
            strange = set(re.findall(r"(?<!\S)--[a-z-]+", rest)) - known
            assert not strange, f"{page.name}: «trackmycrime{words}» has no {sorted(strange)}"


@named
def test_make_targets_exist(page: Path) -> None:
    known = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE))
    for line in _in_code(page.read_text("utf-8")):
        assert set(TARGET.findall(line)) <= known, f"{page.name}: {line}"
