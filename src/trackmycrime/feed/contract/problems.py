"""What is said when something is refused. No sentence here ever holds a value that was sent."""

from collections.abc import Iterable
from dataclasses import dataclass

from trackmycrime.feed.contract.vocabulary import ProblemType

TITLES: dict[ProblemType, str] = {
    "unknown-type": "The type of this event is not known here",
    "invalid-data": "A value is missing or not as the contract says",
    "unknown-field": "A field that the contract does not have",
    "id-reused": "This id was sent before with other content",
    "sequence-reused": "This sequence was sent before for the same entity under another id",
    "waiting-for-crime": "The crime or the victim that this names has not arrived yet",
    "not-allowed": "This source may not say this",
}


@dataclass(frozen=True, slots=True)
class Problem:
    """Why one event was refused: `pointer` is a JSON Pointer (RFC 6901) into the event, "" the whole."""

    type: ProblemType
    title: str
    detail: str
    pointer: str

    @classmethod
    def of(cls, type_: ProblemType, detail: str, pointer: str = "") -> "Problem":
        """A problem under the title that its type always has."""
        return cls(type_, TITLES[type_], detail, pointer)

    def as_dict(self) -> dict[str, str]:
        """The members of the problem as the contract shows them."""
        return {"type": self.type, "title": self.title, "detail": self.detail, "pointer": self.pointer}


class BodyProblem(Exception):
    """A body that is not what it says it is: nothing of it is taken.

    `status` is the HTTP status (400, 413, 415 or 422); the rest are RFC 9457 members.
    """

    def __init__(self, status: int, type_: str, title: str, detail: str, pointer: str | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.type = type_
        self.title = title
        self.detail = detail
        self.pointer = pointer


def point(path: Iterable[str | int]) -> str:
    """A JSON Pointer to `path`.

    A name can be anything that was sent: it is cut at 64 characters, and what cannot be printed or stored
    becomes «?».
    """
    return "".join(f"/{_token(step)}" for step in path)


def _token(step: str | int) -> str:
    text = str(step)[:64]
    if not text.isprintable():
        text = "".join(c if c.isprintable() else "?" for c in text)
    return text.replace("~", "~0").replace("/", "~1")
