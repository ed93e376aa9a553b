"""What is new to a victim. Pure: no Django, no clock."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID


class News(NamedTuple):
    """One entry that one victim can see since now, or in other words than before.

    `entry` is the published entry's key, or ``message:<id>``; `revision` and `words_hash` are the entry's (0 and
    anything for a message). `case_id` is the published case. Only for victims who may see it.
    """

    victim_id: UUID
    case_id: UUID
    entry: str
    revision: int
    words_hash: bytes
    about: str = "update"


def newest(news: Iterable[News]) -> dict[tuple[UUID, str], News]:
    """The newest revision of each entry for each victim."""
    found: dict[tuple[UUID, str], News] = {}
    for item in news:
        kept = found.get((item.victim_id, item.entry))
        if kept is None or kept.revision < item.revision:
            found[item.victim_id, item.entry] = item
    return found
