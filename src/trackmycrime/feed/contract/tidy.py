"""One event's JSON, trimmed, with empty strings as null, and free of what cannot be kept.

The contract trims every string and reads an empty one as null; doing it once here keeps it out of every
model. U+0000 and lone surrogates are lawful JSON, but PostgreSQL stores neither; a name that comes twice
in one object has no single meaning (RFC 8259 section 4), and which one wins could turn a protection off.
"""

from trackmycrime.feed.contract.problems import point

DEPTH = 16
LONGEST = 20_000


class Twice(dict[str, object]):
    """An object in which a name came twice: what was read last, and that name."""

    def __init__(self, pairs: list[tuple[str, object]]) -> None:
        super().__init__(pairs)
        seen: set[str] = set()
        self.name = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]


class Oversized:
    """Stands for a number that no field of the contract could hold."""


class Untidy(Exception):
    """A value that cannot be kept: what is wrong with it, and where (filled in from the inside out)."""

    def __init__(self, rule: str, *path: str | int) -> None:
        super().__init__(rule)
        self.rule = rule
        self.path = list(path)

    @property
    def pointer(self) -> str:
        """JSON Pointer from where tidying began."""
        return point(self.path)


def tidy(value: object, depth: int = 0) -> object:
    """`value` as JSON gave it, trimmed and checked. Raises Untidy at the first thing that cannot be kept."""
    if type(value) is str:
        return _text(value)
    if type(value) is dict:
        return _members(value, depth)
    if type(value) is list:
        return _items(value, depth)
    if isinstance(value, Twice):
        raise Untidy("is named twice in one object, and must be named once", value.name)
    if isinstance(value, Oversized):
        raise Untidy("is a number far too large for anything here")
    return value


def _members(members: dict[str, object], depth: int) -> dict[str, object]:
    """The same object where there is nothing to tidy, which is nearly always; else a copy."""
    _not_deeper(depth)
    tidied = members
    name = ""
    try:
        for name, value in members.items():
            new = _text(value) if type(value) is str else tidy(value, depth + 1)
            if new is not value:
                if tidied is members:
                    tidied = dict(members)
                tidied[name] = new
    except Untidy as fault:
        fault.path.insert(0, name)
        raise
    return tidied


def _items(items: list[object], depth: int) -> list[object]:
    _not_deeper(depth)
    tidied: list[object] = []
    try:
        for value in items:
            tidied.append(tidy(value, depth + 1))
    except Untidy as fault:
        fault.path.insert(0, len(tidied))
        raise
    return tidied if any(new is not old for new, old in zip(tidied, items, strict=True)) else items


def _text(text: str) -> str | None:
    if len(text) < LONGEST and "\0" not in text and text.isascii():
        return text.strip() or None
    if len(text) > LONGEST:
        raise Untidy(f"is longer than any text here may be ({LONGEST:,} characters)")
    if "\0" in text:
        raise Untidy("must not contain the character U+0000")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise Untidy("must not contain half of a surrogate pair (U+D800 to U+DFFF)") from None
    return text.strip() or None


def _not_deeper(depth: int) -> None:
    if depth >= DEPTH:
        raise Untidy("is nested deeper than anything here")
