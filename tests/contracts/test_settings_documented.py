"""docs/settings.md names every setting that the code reads, and none that it does not."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "settings.md").read_text("utf-8")
NAME = re.compile(r"\bTMC_[A-Z_]*[A-Z_]\b")


def in_code() -> dict[str, Path]:
    """Every name of a setting in our programs, with one file that has it. A name that ends in «_» is a beginning."""
    files = [*(ROOT / "src").rglob("*.py"), *(ROOT / "scripts").iterdir(), ROOT / "Makefile"]
    return {name: file for file in files if file.is_file() for name in NAME.findall(file.read_text("utf-8"))}


def in_tables() -> set[str]:
    """The names that have a line of their own, or share one, in a table of the page."""
    rows = [line.split("|")[1] for line in PAGE.splitlines() if line.startswith("| `TMC_")]
    return {name for cell in rows for name in NAME.findall(cell)}


def test_every_setting_that_the_code_reads_is_explained() -> None:
    said = in_tables()
    unsaid = {
        name: str(file.relative_to(ROOT))
        for name, file in in_code().items()
        if not (any(each.startswith(name) for each in said) if name.endswith("_") else name in said)
    }
    assert not unsaid, f"docs/settings.md does not explain {unsaid}"


def test_no_setting_is_explained_that_nothing_reads() -> None:
    code = in_code()
    beginnings = tuple(name for name in code if name.endswith("_"))
    idle = {name for name in in_tables() if name not in code and not name.startswith(beginnings)}
    assert not idle, f"docs/settings.md explains {sorted(idle)}, which no code reads"


@pytest.mark.parametrize("name", ["TMC_DATABASE_URL", "TMC_FIELD_KEYS", "TMC_EMAIL_URL"])
def test_the_list_is_not_empty_by_mistake(name: str) -> None:
    assert name in in_code()
    assert name in in_tables()
