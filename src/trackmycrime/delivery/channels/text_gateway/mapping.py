"""How to speak to one text gateway, as declared in TOML: its requests, its answers, its receipts. Pure.

docs/texts.md says what may stand in such a file. What is wrong with one is found when it is read, and named: a key that
nobody knows, a placeholder that is none, and above all a gateway that gives no ids or no receipts, because then nobody
could ever say what became of a text.
"""

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, cast, get_args
from urllib.parse import urlsplit

from trackmycrime.delivery.letters import Result

Tree = Mapping[str, Any]
PLACEHOLDERS = frozenset(
    {"to", "digits", "text", "reference", "from", "user", "password", "receipts", "base"}
)
"""`to` is +447…, `digits` the same without the plus"""
ABOUT_US = (401, 402, 403, 404, 405, 407, 408, 425, 429)
_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_PROOFS = ("bearer", "basic", "query", "hmac")
_SIGNED = ("url", "body", "form", "fields")


class MappingError(ValueError):
    """A mapping that cannot be used; the text says which file, what is wrong, and what would be right."""


@dataclass(frozen=True)
class Request:
    """What is asked of the gateway for one text. Strings hold placeholders."""

    url: str
    base: str = ""
    method: str = "POST"
    auth: Literal["", "basic", "bearer"] = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    form: Tree | None = None
    json: Tree | None = None
    query: Tree = field(default_factory=dict)
    unicode: Tree = field(default_factory=dict)
    """What is added to the body when the text does not fit in GSM-7, for gateways that do not see it themselves"""


@dataclass(frozen=True)
class Answer:
    """What the gateway's answer means. `id` and `code` are JSON pointers; of several codes the first known counts."""

    id: str = ""
    code: tuple[str, ...] = ()
    codes: Mapping[str, Result] = field(default_factory=dict)
    """The result of each code in the body; of ``*`` for all others that a code was found for"""
    never: frozenset[int] = frozenset()
    later: frozenset[int] = frozenset(ABOUT_US)
    no_such_number: frozenset[str] = frozenset()
    """Those of the codes for ``never`` that blame the number itself"""

    def of_status(self, status: int) -> Literal["accepted", "never", "later"]:
        """What a status alone means."""
        if 200 <= status < 300:
            return "accepted"
        if status in self.never or (400 <= status < 500 and status not in self.later):
            return "never"
        return "later"


@dataclass(frozen=True)
class Proof:
    """How a receipt shows that it comes from the gateway. All of it is compared in constant time."""

    kind: Literal["bearer", "basic", "query", "hmac"]
    name: str = "token"
    """For ``query``: the parameter that holds the secret"""
    algorithm: str = "sha256"
    encoding: Literal["hex", "base64"] = "hex"
    header: str = ""
    field: str = ""
    """For ``hmac``: the header or the field that holds the signature"""
    signs: tuple[str, ...] = ("body",)
    """Of what: ``url``, ``body``, ``form`` (names and values, sorted), ``fields`` (&name=value, sorted, without the
    signature), ``header:NAME``"""
    between: str = ""


@dataclass(frozen=True)
class Receipts:
    """How to read what the gateway says afterwards. Places are JSON pointers; of a form or a query ``/name``."""

    proof: Proof
    format: Literal["json", "form", "query"]
    status: str
    delivered: frozenset[str]
    failed: frozenset[str]
    later: frozenset[str] = frozenset()
    id: str = ""
    reference: str = ""
    each: str = ""
    """Where several stand in one post, the list of them"""
    code: str = ""
    at: str = ""
    not_the_address: Mapping[str, str] = field(default_factory=dict)
    """Codes that blame something else, with a word for it (`delivery.meaning`): content, technical, expired"""
    reply_from: str = ""
    reply_text: str = ""
    """Where a text from a person has its number and its words, for gateways that post those as well"""
    setup: str = ""


@dataclass(frozen=True)
class TextGateway:
    """One gateway, whole."""

    name: str
    title: str
    follows: str
    needs: Mapping[str, str]
    """Which of ``user``, ``password``, ``from`` and ``base`` must be set, and what each is called there"""
    request: Request
    answer: Answer
    receipts: Receipts


def ready() -> dict[str, Path]:
    """The mappings that come with the program, by name."""
    folder = Path(str(files(__package__) / "ready"))
    return {path.stem: path for path in sorted(folder.glob("*.toml"))}


@cache
def load(name: str) -> TextGateway:
    """The ready mapping of that name, or the one in the file that it names. Raises MappingError."""
    if name in ready():
        return read(name, ready()[name].read_text("utf-8"))
    path = Path(name)
    if path.suffix != ".toml":
        raise MappingError(
            f"«{name}» is no text gateway that comes with it ({', '.join(ready())}), and no file that ends in .toml"
        )
    try:
        return read(path.stem, path.read_text("utf-8"))
    except OSError as wrong:
        raise MappingError(f"{name} cannot be read: {wrong.strerror}") from None


def read(name: str, text: str) -> TextGateway:
    """The mapping in this TOML. Raises MappingError that names everything that is wrong with it."""
    try:
        said = tomllib.loads(text)
    except tomllib.TOMLDecodeError as wrong:
        raise MappingError(f"{name}: this is not TOML: {wrong}") from None
    reader = _Reader(name)
    made = reader.whole(said)
    if reader.wrong:
        raise MappingError(f"{name}: " + "; ".join(reader.wrong))
    return made


@dataclass
class _Reader:
    """Reads one file and collects what is wrong with it."""

    name: str
    wrong: list[str] = field(default_factory=list)

    def whole(self, said: Tree) -> TextGateway:
        self._only("", said, ("title", "follows", "needs", "request", "answer", "receipts"))
        for key in ("title", "follows"):
            if not isinstance(said.get(key), str):
                self.wrong.append(f"«{key}» is missing: {_WHY[key]}")
        request = self._request(self._table(said, "request"))
        answer = self._answer(self._table(said, "answer"))
        receipts = self._receipts(said)
        self._ids(request, answer, receipts)
        needs = self._table(said, "needs")
        self._only("needs.", needs, ("user", "password", "from", "base"))
        return TextGateway(
            self.name,
            str(said.get("title", self.name)),
            str(said.get("follows", "")),
            {key: str(value) for key, value in needs.items()},
            request,
            answer,
            receipts,
        )

    def _request(self, said: Tree) -> Request:
        self._only(
            "request.",
            said,
            ("method", "url", "base", "auth", "headers", "form", "json", "query", "unicode"),
        )
        for key in ("headers", "form", "json", "query", "unicode"):
            self._table(said, key, f"request.{key}")
        url = str(said.get("url", ""))
        if not url:
            self.wrong.append("«request.url» is missing: where texts are sent to")
        elif not url.startswith("{base}") and urlsplit(url).scheme not in ("https", "http"):
            self.wrong.append("«request.url» is like https://… or {base}/…")
        if said.get("auth", "") not in ("", "basic", "bearer"):
            self.wrong.append("«request.auth» is basic or bearer")
        if ("form" in said) + ("json" in said) > 1:
            self.wrong.append("«request.form» and «request.json» exclude each other")
        found = placeholders(
            [said.get(key) for key in ("url", "headers", "form", "json", "query", "unicode")]
        )
        if strange := sorted(found - PLACEHOLDERS):
            self.wrong.append(
                f"there is no placeholder {{{strange[0]}}}: there are {', '.join(sorted(PLACEHOLDERS))}"
            )
        if not found & {"to", "digits"}:
            self.wrong.append("the request names no receiver: {to} or {digits}")
        if "text" not in found:
            self.wrong.append("the request has no {text}")
        return Request(**{key: value for key, value in said.items() if key in Request.__dataclass_fields__})

    def _answer(self, said: Tree) -> Answer:
        self._only("answer.", said, ("id", "code", "codes", "never", "later", "no_such_number"))
        codes: dict[str, Result] = {}
        for result, values in self._table(said, "codes").items():
            if result not in get_args(Result):
                self.wrong.append(f"«answer.codes.{result}» is none of {', '.join(get_args(Result))}")
            for value in self._several(f"answer.codes.{result}", values):
                codes[str(value)] = cast(Result, result)
        nobody = frozenset(map(str, self._several("answer.no_such_number", said.get("no_such_number", []))))
        for value in sorted(nobody):
            if codes.setdefault(value, "never") != "never":
                self.wrong.append(
                    f"«answer.no_such_number» has {value}, which «answer.codes» calls {codes[value]}"
                )
        code = said.get("code", ())
        if codes and not code:
            self.wrong.append("«answer.code» is missing: where in the answer the codes stand")
        return Answer(
            id=self._pointer("answer.id", said.get("id", "")),
            code=tuple(
                self._pointer("answer.code", each) for each in ([code] if isinstance(code, str) else code)
            ),
            codes=codes,
            never=frozenset(self._several("answer.never", said.get("never", []))),
            later=frozenset(self._several("answer.later", said.get("later", [*ABOUT_US]))),
            no_such_number=nobody,
        )

    def _receipts(self, whole: Tree) -> Receipts:
        said = self._table(whole, "receipts")
        if not said:
            self.wrong.append(
                "«receipts» is missing: a gateway that does not say what became of a text cannot be used"
            )
        self._only("receipts.", said, (*Receipts.__dataclass_fields__,))
        for key in ("status", "delivered", "failed", "format", "proof"):
            if said and not said.get(key):
                self.wrong.append(f"«receipts.{key}» is missing: {_WHY[key]}")
        if said.get("format", "json") not in ("json", "form", "query"):
            self.wrong.append("«receipts.format» is json, form or query")
        places = {
            key: self._pointer(f"receipts.{key}", said.get(key, ""))
            for key in ("status", "id", "reference", "each", "code", "at", "reply_from", "reply_text")
        }
        blamed = {
            str(code): word
            for word, codes in self._table(said, "not_the_address").items()
            for code in self._several(f"receipts.not_the_address.{word}", codes)
        }
        return Receipts(
            proof=self._proof(self._table(said, "proof")),
            format=cast(Literal["json", "form", "query"], said.get("format", "json")),
            delivered=self._states(said, "delivered"),
            failed=self._states(said, "failed"),
            later=self._states(said, "later"),
            not_the_address=blamed,
            setup=str(said.get("setup", "")),
            **places,
        )

    def _states(self, said: Tree, key: str) -> frozenset[str]:
        return frozenset(map(str, self._several(f"receipts.{key}", said.get(key, []))))

    def _proof(self, said: Tree) -> Proof:
        self._only("receipts.proof.", said, (*Proof.__dataclass_fields__,))
        kind = said.get("kind", "bearer")
        if kind not in _PROOFS:
            self.wrong.append(f"«receipts.proof.kind» is one of {', '.join(_PROOFS)}")
        if kind == "hmac" and bool(said.get("header")) == bool(said.get("field")):
            self.wrong.append("«receipts.proof» of kind hmac has a «header» or a «field» with the signature")
        if said.get("algorithm", "sha256") not in ("sha1", "sha256", "sha512"):
            self.wrong.append("«receipts.proof.algorithm» is sha1, sha256 or sha512")
        signs = tuple(map(str, self._several("receipts.proof.signs", said.get("signs", ["body"]))))
        for part in signs:
            if part not in _SIGNED and not part.startswith("header:"):
                self.wrong.append(
                    f"«receipts.proof.signs» has {', '.join(_SIGNED)} and header:NAME, not {part}"
                )
        return Proof(**{**said, "kind": kind, "signs": signs}) if set(said) <= _PROOF_KEYS else Proof(kind)

    def _ids(self, request: Request, answer: Answer, receipts: Receipts) -> None:
        """A receipt must lead to its text: by our own id, which the gateway gives back, or by the gateway's."""
        ours = placeholders([request.form, request.json, request.query, request.url]) & {"reference"}
        if receipts.reference and not ours:
            self.wrong.append("«receipts.reference» gives back a {reference} that the request does not send")
        if receipts.id and not answer.id:
            self.wrong.append(
                "«answer.id» is missing: where in the answer the gateway's id of the text stands"
            )
        if not receipts.reference and not receipts.id:
            self.wrong.append(
                "«receipts.id» or «receipts.reference» is missing: by which a receipt names its text"
            )

    def _table(self, said: Tree, key: str, called: str = "") -> Tree:
        found = said.get(key, {})
        if isinstance(found, dict):
            return found
        self.wrong.append(f"«{called or key}» is a table")
        return {}

    def _several(self, key: str, value: object) -> list[Any]:
        """A list; one word alone would be taken for its letters."""
        if isinstance(value, list):
            return value
        self.wrong.append(f"«{key}» is a list, like [1, 2]")
        return []

    def _only(self, before: str, said: Tree, known: Collection[str]) -> None:
        self.wrong += [f"nobody knows «{before}{key}»" for key in said if key not in known]

    def _pointer(self, key: str, value: object) -> str:
        if isinstance(value, str) and (not value or value.startswith("/")):
            return value
        self.wrong.append(f"«{key}» is a JSON pointer, like /messages/0/id")
        return ""


_PROOF_KEYS = frozenset(Proof.__dataclass_fields__)
_WHY = {
    "title": "what the gateway is called",
    "follows": "which published description this follows",
    "status": "where a receipt says what became of the text",
    "delivered": "which states mean that it has arrived",
    "failed": "which states mean that it never will",
    "format": "json, form or query",
    "proof": "how a receipt shows that it comes from the gateway",
}


def placeholders(value: object) -> set[str]:
    """Every placeholder in a tree of strings."""
    if isinstance(value, str):
        return set(_PLACEHOLDER.findall(value))
    if isinstance(value, dict):
        return {found for each in value.values() for found in placeholders(each)}
    if isinstance(value, list):
        return {found for each in value for found in placeholders(each)}
    return set()


def filled(value: Any, values: Mapping[str, str]) -> Any:
    """The tree with its placeholders filled in; what is nothing but a placeholder without a value is left out."""
    if isinstance(value, str):
        return _PLACEHOLDER.sub(lambda found: values[found[1]], value)
    if isinstance(value, list):
        return [filled(each, values) for each in value]
    if isinstance(value, dict):
        return {
            key: filled(each, values)
            for key, each in value.items()
            if not (
                isinstance(each, str) and (alone := _PLACEHOLDER.fullmatch(each)) and not values[alone[1]]
            )
        }
    return value


def at(document: Any, pointer: str) -> Any:
    """What stands at this JSON pointer (RFC 6901); None where there is nothing."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(document, dict):
            document = document.get(key)
        elif isinstance(document, list) and key.isdecimal() and int(key) < len(document):
            document = document[int(key)]
        else:
            return None
    return document
