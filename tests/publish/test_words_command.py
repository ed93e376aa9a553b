"""``trackmycrime words``: a force's own words from a file, all or none, and out again as they went in."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from tests.alerts import making
from trackmycrime.ops.commands.words import command, written
from trackmycrime.publish import own_words
from trackmycrime.publish.models import OwnWords
from trackmycrime.publish.wording import LANGUAGES, Template, pieces

pytestmark = pytest.mark.django_db

GOOD = '''
[alert.email.en]
subject = "There is news for you"
body = """
Go to {address} when you can.

In danger? Call 999."""

[alert.text.en]
body = "News for you. In danger? Call 999."
'''
BAD = GOOD.replace("News for you. In", "News on the burglary. In")


def run(*words: str) -> Result:
    return CliRunner().invoke(command, list(words))


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "words.toml"
    path.write_text(GOOD, "utf-8")
    return path


def force() -> Any:
    return making.force("north-wales", languages=["cy", "en"])


def test_words_from_a_file_are_sent_from_now_on_and_the_same_file_again_changes_nothing(file: Path) -> None:
    mine = force()
    done = run("set", str(file), "--force", "north-wales", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout) == [
        {"text": "alert.email", "language": "en", "version": 1},
        {"text": "alert.text", "language": "en", "version": 1},
    ]
    assert own_words.now_sent(mine, "alert.text")["en"].template.body == "News for you. In danger? Call 999."
    assert json.loads(run("set", str(file), "--force", "north-wales", "--json").stdout) == []
    listed = json.loads(run("list", "--force", "north-wales", "--json").stdout)
    assert [(row["text"], row["language"]) for row in listed if row["own"]] == [
        ("alert.email", "en"),
        ("alert.text", "en"),
    ]
    assert len(listed) == 2 * len(pieces())


def test_one_text_that_is_not_right_keeps_all_of_the_file_out(file: Path) -> None:
    force()
    file.write_text(BAD, "utf-8")
    for done in (run("set", str(file), "--force", "north-wales"), run("check", str(file))):
        assert done.exit_code == 1
        assert "[alert.text.en] body: Take out “burglary”" in done.stderr
    assert not OwnWords.objects.exists()
    said = json.loads(run("check", str(file), "--json").stdout)["problems"]
    assert [(one["text"], one["language"], one["field"]) for one in said] == [("alert.text", "en", "body")]


def test_what_is_shown_is_a_file_that_can_be_set(file: Path, tmp_path: Path) -> None:
    mine = force()
    run("set", str(file), "--force", "north-wales")
    shown = run("show", "--force", "north-wales").stdout
    assert set(tomllib.loads(shown)) == {"alert", "invitation", "code"}
    whole = tmp_path / "whole.toml"
    whole.write_text(shown, "utf-8")
    assert run("check", str(whole)).exit_code == 0
    assert json.loads(run("set", str(whole), "--force", "north-wales", "--json").stdout) == []
    one = run("show", "alert.text", "--force", "north-wales", "--json")
    assert [(row["language"], row["version"]) for row in json.loads(one.stdout)] == [("en", 1), ("cy", 0)]
    assert own_words.history(mine.id, "alert.text")[0].by is None


@pytest.mark.parametrize("key", ["alert.email", "alert.push", "alert.text"])
def test_any_words_go_into_a_file_and_come_out_the_same(key: str) -> None:
    heading = None if key == "alert.text" else 'A "quoted" \\ line'
    template = Template(heading, 'One "two" \\n three\n\n"""four""" \t\x7f ŵ')
    table = tomllib.loads(written(key, "en", template))["alert"][key.split(".")[1]]["en"]
    assert table["body"] == template.body
    assert table.get("subject", table.get("title")) == heading


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("nothing", "Expected"),
        ("", "has no texts"),
        ('[alert.mail.en]\nbody = "x"', "alert.mail"),
        ('[milestone.note.en]\nbody = "x"', "milestone.note"),
        ('[alert.text.fr]\nbody = "x"', "ends with 'fr'"),
        ('[alert.email.en]\nbody = "x"', "must have subject and body"),
        ('[alert.text.en]\nbody = "x"\ntitle = "y"', "must have body"),
        ("[alert.text.en]\nbody = 5", "must have body"),
        ('alert = "x"', "stands outside a text"),
    ],
)
def test_a_file_that_is_none_says_where_and_what_would_be_right(file: Path, text: str, why: str) -> None:
    file.write_text(text, "utf-8")
    for done in (run("check", str(file)),):
        assert done.exit_code == 2
        assert why in done.stderr


def test_a_language_that_the_force_does_not_write_is_refused(file: Path) -> None:
    making.force()
    file.write_text('[alert.text.cy]\nbody = "Newyddion. Mewn perygl? Ffoniwch 999."', "utf-8")
    done = run("set", str(file), "--force", "avon-and-somerset")
    assert (done.exit_code, "writes en only" in done.stderr) == (2, True)
    assert run("set", str(file), "--force", "nowhere").exit_code == 2
    assert run("show", "alert.mail", "--force", "avon-and-somerset").exit_code == 2


def test_all_built_in_words_pass_as_a_file(tmp_path: Path) -> None:
    whole = tmp_path / "all.toml"
    whole.write_text(
        "\n".join(
            written(one.key, language, one.built_in(language))
            for one in pieces().values()
            for language in LANGUAGES
        ),
        "utf-8",
    )
    done = run("check", str(whole))
    assert (done.exit_code, f"its {2 * len(pieces())} texts" in done.stdout) == (0, True), done.output
