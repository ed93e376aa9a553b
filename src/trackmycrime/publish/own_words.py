"""A force's own words for what leaves the machine: kept as versions, the newest of each stands.

`forces_force.words_revision` names the state of all words of a force at one moment. It comes from one sequence and is
never used again, and a row of `publish_words` carries the one that it began: so what was read of a revision holds for
ever, in every process, and whoever reads a force's row anyway knows whether what they keep is the newest.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.forces.models import Force
from trackmycrime.kernel import setwise
from trackmycrime.kernel.ids import new_id

from .wording import BUILT_IN, LANGUAGES, Language, Own, Template, piece
from .wording.checks import Problem, check, cleaned

_NEWEST = (
    "select distinct on (key, language) key, language, version, heading, body from publish_words"
    " where force_id = %s and revision <= %s order by key, language, version desc"
)
_kept: dict[int, tuple[int, Own]] = {}
"""The last words read of each force, with their revision"""


def of(force: int, revision: int) -> Own:
    """The words of a force at that revision (`Force.words_revision`), read at most once in each process.

    The transaction must be one that may see the force's rows.
    """
    if not revision:
        return BUILT_IN
    kept = _kept.get(force)
    if kept is not None and kept[0] == revision:
        return kept[1]
    rows = setwise.fetch(_NEWEST, [force, revision])
    if not rows:  # a revision has words: this transaction is not one that sees them, so nothing is known
        return BUILT_IN
    own = Own(
        {
            (row["key"], row["language"]): (row["version"], Template(row["heading"], row["body"]))
            for row in rows
            if row["body"] is not None
        }
    )
    _kept[force] = (revision, own)
    return own


@dataclass(frozen=True)
class Version:
    """One version of the words of one text in one language. Version 0, the built-in, was saved by nobody."""

    key: str
    language: Language
    version: int
    template: Template
    built_in: bool
    """Whether it is a going back to the built-in words"""
    at: datetime | None = None
    by: UUID | None = None
    """The account that saved it; None: the command line"""


class NotAllowed(ValueError):
    """These words may not be sent; `problems` says why, field by field."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__(", ".join(f"{one.language} {one.field}: {one.code}" for one in problems))
        self.problems = list(problems)


class ChangedMeanwhile(Exception):
    """Somebody else has saved these words since they were read."""


def standing(force: int) -> dict[tuple[str, str], Version]:
    """The newest version of each text that a force has ever changed, by key and language."""
    rows = setwise.fetch(
        "select distinct on (key, language) key, language, version, heading, body, at, by from publish_words"
        " where force_id = %s order by key, language, version desc",
        [force],
    )
    return {(row["key"], row["language"]): _version(**row) for row in rows}


def history(force: int, key: str) -> list[Version]:
    """All versions of one text, newest first."""
    rows = setwise.fetch(
        "select key, language, version, heading, body, at, by from publish_words"
        " where force_id = %s and key = %s order by revision desc",
        [force, key],
    )
    return [_version(**row) for row in rows]


def built_in(key: str, language: Language) -> Version:
    """Version 0 of a text."""
    return Version(key, language, 0, piece(key).built_in(language), True)


def now_sent(force: Force, key: str) -> dict[Language, Version]:
    """What is sent now for this text, in each language that the force writes. Raises WordingError for no such text."""
    stand = standing(force.pk)
    return {
        language: stand.get((key, language)) or built_in(key, language)
        for language in LANGUAGES
        if language in force.languages
    }


def problems_of(force: Force, key: str, wanted: Mapping[Language, Template]) -> list[Problem]:
    """What is wrong with these words for this text of that force."""
    stand = {language: version.template for language, version in now_sent(force, key).items()}
    return check(piece(key), wanted, stand, force_names=(force.name, force.name_cy))


def change(
    force: Force,
    key: str,
    wanted: Mapping[Language, Template],
    *,
    based_on: Mapping[Language, int],
    by: UUID | None,
    now: datetime,
) -> list[Version]:
    """Make these the words of that text, each as a new version, and write it down; returns what was new.

    Words that are sent already make no version; the built-in ones take the force's own out of use. `based_on` is the
    version that each was written from. All or none: raises NotAllowed, or ChangedMeanwhile, and then the caller's
    transaction must be undone. Raises WordingError for a text that may not be changed.
    """
    stand = now_sent(force, key)
    wanted = {
        language: Template(cleaned(said.heading), cleaned(said.body) or "")
        for language, said in wanted.items()
    }
    wanted = {language: said for language, said in wanted.items() if said != stand[language].template}
    if problems := problems_of(force, key, wanted):
        raise NotAllowed(problems)
    made = []
    for language, said in wanted.items():
        version = based_on[language] + 1
        back = said == built_in(key, language).template
        row = {
            "id": new_id(), "key": key, "language": language, "version": version, "by": by,
            "heading": None if back else said.heading, "body": None if back else said.body,
        }  # fmt: skip
        written = setwise.insert(
            "publish_words", list(row), [row], same={"force_id": force.pk, "at": now, "revision": 0},
            conflict="on conflict (force_id, key, language, version) do nothing", returning="version",
        )  # fmt: skip
        if not written:
            raise ChangedMeanwhile
        made.append(Version(key, language, version, said, back, now, by))
    actor = audit.Actor("officer", str(by)) if by else audit.SYSTEM
    acts = [
        audit.Act("words.changed", "words", key, {"language": each.language, "version": each.version})
        for each in made
    ]
    audit.record(actor, acts, force=force.pk, now=now)
    return made


def _version(
    key: str,
    language: Language,
    version: int,
    heading: str | None,
    body: str | None,
    at: datetime,
    by: UUID | None,
) -> Version:
    template = piece(key).built_in(language) if body is None else Template(heading, body)
    return Version(key, language, version, template, body is None, at, by)
