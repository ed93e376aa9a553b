"""``trackmycrime words``: a force's own words for what leaves the machine, for who keeps them under version control."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import Refused, WrongUse, answer

if TYPE_CHECKING:
    from trackmycrime.publish.wording import Language, Template
    from trackmycrime.publish.wording.checks import Problem

    Texts = dict[str, dict[Language, Template]]

HEADINGS = {"email": "subject", "push": "title"}
_force = click.option("--force", "slug", required=True, metavar="SLUG", help="Whose words.")
_file = click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))


@click.group("words")
def command() -> None:
    """A force's own words for mails, texts and notifications: list, show, set, check."""


def _flat(table: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Mapping[str, Any]]]:
    for name, value in table.items():
        if not isinstance(value, dict):
            raise WrongUse(f"{above}{name} stands outside a text: write it in [alert.email.en] or the like")
        if any(not isinstance(each, dict) for each in value.values()) or not value:
            yield f"{above}{name}", value
        else:
            yield from _flat(value, f"{above}{name}.")


def read(file: Path) -> Texts:
    """The texts of a TOML file, by key and language. Raises WrongUse that names the place and what would be right."""
    from trackmycrime.publish.wording import LANGUAGES, Template, WordingError, piece
    from trackmycrime.publish.wording.checks import cleaned

    try:
        said = tomllib.loads(file.read_text("utf-8-sig"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise WrongUse(f"{file}: {wrong}") from None
    texts: Texts = {}
    for path, fields in _flat(said):
        key, _, last = path.rpartition(".")
        try:
            one = piece(key)
        except WordingError as unknown:
            raise WrongUse(f"{file}: [{path}]: {unknown}; see: trackmycrime words list") from None
        language = next((each for each in LANGUAGES if each == last), None)
        if language is None:
            raise WrongUse(
                f"{file}: [{path}] ends with {last!r}; a text ends with its language: {', '.join(LANGUAGES)}"
            )
        heading = HEADINGS.get(one.channel)
        wanted = {name for name in (heading, "body") if name}
        if set(fields) != wanted or not all(isinstance(value, str) for value in fields.values()):
            raise WrongUse(
                f"{file}: [{path}] must have {' and '.join(sorted(wanted, reverse=True))}, each a text in quotes"
            )
        template = Template(cleaned(fields[heading]) if heading else None, cleaned(fields["body"]) or "")
        texts.setdefault(key, {})[language] = template
    if not texts:
        raise WrongUse(f"{file} has no texts: write [alert.email.en] with subject and body, or the like")
    return texts


def written(key: str, language: str, template: Template) -> str:
    """One text as the file of `read` has it."""
    channel = key.rpartition(".")[2]
    lines = [f"[{key}.{language}]"]
    if template.heading is not None:
        lines.append(f"{HEADINGS[channel]} = {_quoted(template.heading)}")
    if "\n" in template.body:
        body = "\n".join(_quoted(line)[1:-1] for line in template.body.split("\n"))
        lines.append(f'body = """\n{body}"""')
    else:
        lines.append(f"body = {_quoted(template.body)}")
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _refuse(file: Path, problems: Sequence[tuple[str, Problem]], said: str, *, as_json: bool) -> None:
    lines = []
    for key, problem in problems:
        field = HEADINGS.get(key.rpartition(".")[2], "") if problem.field == "heading" else "body"
        lines.append(
            {"text": key, "language": problem.language, "field": field, "problem": problem.words("en")}
        )
    if as_json:
        answer({"problems": lines}, "", as_json=True)
    told = "".join(
        f"\n{file}: [{one['text']}.{one['language']}] {one['field']}: {one['problem']}" for one in lines
    )
    raise Refused(f"{said}{told}")


@command.command("list")
@_force
@json_option
@with_database("owner")
def list_words(slug: str, as_json: bool) -> None:
    """All texts that leave the machine, each with the version that is sent; 0 is the built-in."""
    from trackmycrime.publish import own_words
    from trackmycrime.publish.wording import pieces

    force = named(slug)
    stand = own_words.standing(force.pk)
    rows = []
    for key in pieces():
        for language in force.languages:
            one = stand.get((key, language)) or own_words.built_in(key, language)
            rows.append(
                {"text": key, "language": language, "version": one.version, "own": not one.built_in, "at": one.at}
            )  # fmt: skip
    lines = [
        f"{row['text']}.{row['language']}  "
        + (f"own, version {row['version']}, {row['at']:%Y-%m-%d %H:%M}" if row["own"] else "built-in")
        for row in rows
    ]
    answer(rows, "\n".join(lines), as_json=as_json)


@command.command("show")
@click.argument("text", required=False)
@_force
@json_option
@with_database("owner")
def show(text: str | None, slug: str, as_json: bool) -> None:
    """What is sent now, as `words set` takes it: the TEXT that is named (alert.email), or all."""
    from trackmycrime.publish import own_words
    from trackmycrime.publish.wording import WordingError, pieces

    force = named(slug)
    rows, parts = [], []
    for key in [text] if text else pieces():
        try:
            sent = own_words.now_sent(force, key)
        except WordingError as unknown:
            raise WrongUse(f"{unknown}; see: trackmycrime words list --force {slug}") from None
        for language, one in sent.items():
            heading = {HEADINGS[key.rpartition(".")[2]]: one.template.heading} if one.template.heading else {}
            rows.append(
                {"text": key, "language": language, "version": one.version, "own": not one.built_in}
                | heading
                | {"body": one.template.body}
            )
            parts.append(written(key, language, one.template))
    answer(rows, "\n".join(parts).rstrip("\n"), as_json=as_json)


@command.command("check")
@_file
@json_option
def check_file(file: Path, as_json: bool) -> None:
    """Say what is wrong with the words in FILE, without saving them; needs no database.

    Exit code 1 when something is. `words set` also looks at what the force sends in its other language, and for the
    force's own name in a disguise.
    """
    from trackmycrime.publish.wording import LANGUAGES, piece
    from trackmycrime.publish.wording.checks import check

    problems = []
    texts = read(file)
    for key, wanted in texts.items():
        stand = {language: piece(key).built_in(language) for language in LANGUAGES}
        problems += [(key, problem) for problem in check(piece(key), wanted, stand)]
    if problems:
        _refuse(file, problems, f"{file} cannot be sent as it is:", as_json=as_json)
    count = sum(map(len, texts.values()))
    answer({"problems": []}, f"{file}: nothing is wrong with its {count} texts.", as_json=as_json)


@command.command("set")
@_file
@_force
@json_option
@with_database("owner")
def set_words(file: Path, slug: str, as_json: bool) -> None:
    """Send the words in FILE from now on: all of them, or none when one is not right. Done twice it changes nothing.

    \b
    [alert.email.en]
    subject = "You have an update"
    body = \"\"\"
    Go to {address} and sign in. In danger? Call 999.\"\"\"
    """
    from django.db import transaction

    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.publish import own_words

    force, texts = named(slug), read(file)
    for key, wanted in texts.items():
        if other := set(wanted) - set(force.languages):
            raise WrongUse(
                f"{file}: [{key}.{other.pop()}]: {force.name} writes {' and '.join(force.languages)} only"
            )
    made, problems = [], []
    try:
        with transaction.atomic():
            for key, wanted in texts.items():
                based_on = {lang: each.version for lang, each in own_words.now_sent(force, key).items()}
                try:
                    made += own_words.change(force, key, wanted, based_on=based_on, by=None, now=utc_now())
                except own_words.NotAllowed as refused:
                    problems += [(key, problem) for problem in refused.problems]
            if problems:
                transaction.set_rollback(True)
    except own_words.ChangedMeanwhile:
        raise Refused(
            "somebody has changed these words at the same moment; look at them, then do it again"
        ) from None
    if problems:
        _refuse(file, problems, "Nothing was saved:", as_json=as_json)
    rows = [{"text": one.key, "language": one.language, "version": one.version} for one in made]
    said = ", ".join(f"{one.key}.{one.language} (version {one.version})" for one in made)
    answer(rows, f"{slug}: {'now sends ' + said if said else 'these are sent already'}.", as_json=as_json)
