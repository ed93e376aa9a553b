"""Which fields of an event somebody who looks after the feed may read: all others are personal, and are masked.

Named are the fields that may be read, so that a new one is masked until somebody has thought about it. Readable are
ids, words of the vocabulary and the dates of the process; names, ways to reach a person, dates of birth, places and
every free text are not.
"""

from collections.abc import Mapping

MASK = "•••"

_VICTIM = ("victim",)
READABLE: Mapping[str, frozenset[str]] = {
    type_: frozenset(paths)
    for type_, paths in {
        "crime.changed": (
            "offence/code", "offence/name", "offence/category", "reported_at", "occurred/from", "occurred/to",
            "stage", "outcome/code", "outcome/decided_on", "officer", "unit", "flags", "closed_at",
            "other_references/kind",
        ),
        "crime.withdrawn": ("reason", "merged_into"),
        "crime.restored": (),
        "victim.changed": (
            *_VICTIM, "role", "language", "needs", "enhanced_rights", "preferred_channel", "safe_contact/channels",
            "safe_contact/hours/from", "safe_contact/hours/to", "safe_contact/disguise", "safe_contact/no_portal",
        ),
        "victim.withdrawn": (*_VICTIM, "reason"),
        "update.published": ("update", "milestone", "happened_at", "victims", "review"),
        "update.withdrawn": ("update", "reason", "replaced_by"),
        "hearing.changed": (
            "hearing", "type", "court/name", "starts_at", "week_commencing", "weeks", "attendance", "status",
        ),
        "property.changed": ("property", "status"),
        "message.sent": ("message", *_VICTIM, "officer", "unit"),
        "officer.changed": ("unit", "active", "away_until", "cover"),
        "unit.changed": ("name/en", "name/cy", "hours/en", "hours/cy", "active"),
    }.items()
}  # fmt: skip


def masked(type_: str | None, data: object) -> object:
    """A copy of the `data` of an event in which every value that is not readable is `MASK`; null stays null."""
    return _masked(data, READABLE.get(type_ or "", frozenset()), "")


def _masked(value: object, readable: frozenset[str], path: str) -> object:
    if isinstance(value, dict):
        return {
            name: _masked(inner, readable, f"{path}/{name}" if path else str(name))
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(inner, readable, path) for inner in value]
    return value if value is None or path in readable else MASK
