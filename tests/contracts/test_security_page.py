"""docs/security.md has a line for each line of ASVS 5.0.0 at levels 1 and 2, and each test that it names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "security.md").read_text("utf-8")
ROW = re.compile(r"^\| (\d+\.\d+\.\d+)(?:–(\d+\.\d+\.\d+))? \|(.+)\|$", re.M)
# how many lines of levels 1 and 2 each section has, in order: https://github.com/OWASP/ASVS, 5.0.0. Level 3 alone:
LEVEL_3 = """
    1.2.10 1.3.12 1.5.3 2.3.5 2.4.2 3.1.1 3.2.3 3.3.5 3.4.7 3.4.8 3.5.6 3.5.7 3.5.8 3.6.1 3.7.3 3.7.4
    3.7.5 4.1.4 4.1.5 4.2.2 4.2.3 4.2.4 4.2.5 5.2.4 5.2.5 5.2.6 5.3.3 6.3.5 6.3.6 6.3.7 6.3.8 6.4.5
    6.4.6 6.5.6 6.5.7 6.5.8 6.6.4 6.7.1 6.7.2 7.5.3 8.1.3 8.1.4 8.2.4 8.3.2 8.3.3 8.4.2 10.2.3 10.3.5
    10.4.12 10.4.13 10.4.14 10.4.15 10.4.16 11.1.3 11.1.4 11.2.4 11.2.5 11.3.4 11.3.5 11.5.2 11.6.2
    11.7.1 11.7.2 12.1.4 12.1.5 12.3.5 13.1.2 13.1.3 13.1.4 13.2.6 13.3.3 13.3.4 13.4.6 13.4.7 14.2.5
    14.2.6 14.2.7 14.2.8 15.1.4 15.1.5 15.2.4 15.2.5 15.4.1 15.4.2 15.4.3 15.4.4 16.5.4 17.1.2 17.2.5
    17.2.6 17.2.7 17.2.8
"""
SECTIONS = """
    1.1:2 1.2:10 1.3:12 1.4:3 1.5:3 2.1:3 2.2:3 2.3:5 2.4:2 3.1:1 3.2:3 3.3:5 3.4:8 3.5:8 3.6:1 3.7:5
    4.1:5 4.2:5 4.3:2 4.4:4 5.1:1 5.2:6 5.3:3 5.4:3 6.1:3 6.2:12 6.3:8 6.4:6 6.5:8 6.6:4 6.7:2 6.8:4
    7.1:3 7.2:4 7.3:2 7.4:5 7.5:3 7.6:2 8.1:4 8.2:4 8.3:3 8.4:2 9.1:3 9.2:4 10.1:2 10.2:3 10.3:5 10.4:16
    10.5:5 10.6:2 10.7:3 11.1:4 11.2:5 11.3:5 11.4:4 11.5:2 11.6:2 11.7:2 12.1:5 12.2:2 12.3:5 13.1:4
    13.2:6 13.3:4 13.4:7 14.1:2 14.2:8 14.3:3 15.1:5 15.2:5 15.3:7 15.4:4 16.1:1 16.2:5 16.3:4 16.4:3
    16.5:4 17.1:2 17.2:8 17.3:2
"""


def _pair(text: str) -> tuple[str, int]:
    name, _, most = text.partition(":")
    return name, int(most)


WANTED = [f"{name}.{n}" for name, most in map(_pair, SECTIONS.split()) for n in range(1, most + 1)]
WANTED = [line for line in WANTED if line not in LEVEL_3.split()]


def rows() -> list[tuple[list[str], list[str]]]:
    """Of each row of the table: the lines that it is about, and its cells."""
    found = []
    for begin, end, rest in ROW.findall(PAGE):
        first, last = WANTED.index(begin), WANTED.index(end or begin)
        found.append((WANTED[first : last + 1], [cell.strip() for cell in rest.split("|")]))
    return found


def test_every_line_of_level_2_has_its_row_once_and_in_order() -> None:
    assert [line for lines, _ in rows() for line in lines] == WANTED


def test_every_row_says_how_it_stands_and_where() -> None:
    for lines, cells in rows():
        assert len(cells) == 4, lines
        _, met, where, _ = cells
        assert met in {"yes", "part", "no", "site", "–"}, lines
        assert where or met in ("yes", "–", "site"), f"{lines}: what is missing is said"


def test_every_test_that_is_named_is_there() -> None:
    for lines, cells in rows():
        file, _, name = cells[3].partition("::")
        if file not in ("", "read"):
            path = ROOT / "tests" / file
            assert path.is_file(), f"{lines} names {file}"
            assert not name or f"def {name}(" in path.read_text("utf-8"), f"{lines} names {name}"
