"""The kinds of field that the models share: each reads one JSON value, and says in the schema what it takes.

A value arrives tidied (see tidy.py): trimmed, an empty string already null.
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    PlainValidator,
    StringConstraints,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import CoreSchema, PydanticCustomError

from trackmycrime.feed.contract import contacts, moments
from trackmycrime.feed.contract.moments import DateOrMoment

REFERENCE = r"[A-Za-z0-9/._-]{1,32}"
# Pounds, and pence where they are known.
MONEY = r"[0-9]{1,9}(\.[0-9]{1,2})?"
MONEY_RULE = "must be pounds as a decimal string like «249.99»"
REFERENCE_RULE = "must be a crime reference: 1 to 32 letters, digits and / - . _"

_reference = re.compile(REFERENCE)
_money = re.compile(MONEY)


class Closed(BaseModel):
    """A model that takes the contract's fields and no other."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


def broken(rule: str, field: str | None = None) -> PydanticCustomError:
    """A broken rule as pydantic wants it; `field` names the one to blame where a whole object is judged."""
    return PydanticCustomError("rule", "{rule}", {"rule": rule, "field": field})


def read_reference(text: str) -> str:
    """A crime reference as written. Raises ValueError."""
    if not _reference.fullmatch(text):
        raise ValueError(REFERENCE_RULE)
    return text


def _read_money(text: str) -> str:
    if not _money.fullmatch(text):
        raise ValueError(MONEY_RULE)
    return text


def _from_text(read: Callable[[str], object], rule: str) -> PlainValidator:
    def check(value: object) -> object:
        if type(value) is not str:
            raise broken(rule)
        try:
            return read(value)
        except ValueError as fault:
            raise broken(str(fault)) from None

    return PlainValidator(check)


def _mobile(value: object, info: ValidationInfo) -> str:
    """National numbers are read as those of the country that the context names."""
    if type(value) is not str:
        raise broken(contacts.MOBILE_RULE)
    try:
        return contacts.read_mobile(value, (info.context or {}).get("country", "GB"))
    except ValueError as fault:
        raise broken(str(fault)) from None


def _once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(values))


# What is not empty once it is trimmed, and can be stored. A sign that can be seen says so in every dialect of patterns.
WRITTEN = r"^[^\u0000]*[^\s\u0000-\u001f\u007f-\u00a0\ufeff][^\u0000]*$"


class _Written:
    """Says in the schema of a text what trimming makes of it: one of spaces alone is none."""

    def __get_pydantic_json_schema__(
        self, core_schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        return {**handler(core_schema), "pattern": WRITTEN}


SAYS = _Written()


def _schema(*patterns: str, **members: object) -> WithJsonSchema:
    formats = {moments.MOMENT: {"format": "date-time"}, moments.DAY: {"format": "date"}}
    choices = [
        {"type": "string", "pattern": f"^{pattern}$", **formats.get(pattern, {})} for pattern in patterns
    ]
    return WithJsonSchema({**(choices[0] if len(choices) == 1 else {"anyOf": choices}), **members})


Moment = Annotated[
    datetime,
    _from_text(moments.read_moment, moments.MOMENT_RULE),
    _schema(moments.MOMENT),
]
Day = Annotated[date, _from_text(moments.read_day, moments.DAY_RULE), _schema(moments.DAY)]
Date = Annotated[
    DateOrMoment, _from_text(moments.read_date, moments.DATE_RULE), _schema(moments.DAY, moments.MONTH)
]
MomentOrDate = Annotated[
    DateOrMoment,
    _from_text(moments.read_date_or_moment, moments.EITHER_RULE),
    _schema(moments.MOMENT, moments.DAY, moments.MONTH),
]
Clock = Annotated[str, StringConstraints(pattern=f"^{moments.CLOCK}$")]
Email = Annotated[
    str,
    _from_text(contacts.read_email, contacts.EMAIL_RULE),
    _schema(contacts.EMAIL, maxLength=254, format="email"),
]
Mobile = Annotated[str, PlainValidator(_mobile), _schema(r"[+0-9()./\s-]{3,40}", maxLength=40)]
Language = Annotated[
    str, _from_text(contacts.read_language, contacts.LANGUAGE_RULE), _schema(contacts.LANGUAGE, maxLength=35)
]
Reference = Annotated[str, _from_text(read_reference, REFERENCE_RULE), _schema(REFERENCE)]

Money = Annotated[str, _from_text(_read_money, MONEY_RULE), _schema(MONEY)]


def told_if(field: str, value: str, needed: str) -> Callable[[dict[str, Any]], None]:
    """For a model's schema: where `field` has this `value`, `needed` is required and not null."""

    def add(schema: dict[str, Any]) -> None:
        schema["if"] = {"properties": {field: {"const": value}}}
        schema["then"] = {"required": [needed], "properties": {needed: {"not": {"type": "null"}}}}

    return add


def told_one(*names: str) -> Callable[[dict[str, Any]], None]:
    """For a model's schema: at least one of these is there and not null."""

    def add(schema: dict[str, Any]) -> None:
        schema["anyOf"] = [
            {"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in names
        ]

    return add


# An id of the records system: a victim, an update, an officer, a unit. Compared as written.
Id = Annotated[str, StringConstraints(min_length=1, max_length=64), SAYS]
Text20 = Annotated[str, StringConstraints(min_length=1, max_length=20), SAYS]
Text32 = Annotated[str, StringConstraints(min_length=1, max_length=32), SAYS]
Text40 = Annotated[str, StringConstraints(min_length=1, max_length=40), SAYS]
Text100 = Annotated[str, StringConstraints(min_length=1, max_length=100), SAYS]
Text120 = Annotated[str, StringConstraints(min_length=1, max_length=120), SAYS]
Text200 = Annotated[str, StringConstraints(min_length=1, max_length=200), SAYS]
Text300 = Annotated[str, StringConstraints(min_length=1, max_length=300), SAYS]
Text500 = Annotated[str, StringConstraints(min_length=1, max_length=500), SAYS]
Text2000 = Annotated[str, StringConstraints(min_length=1, max_length=2000), SAYS]
Text4000 = Annotated[str, StringConstraints(min_length=1, max_length=4000), SAYS]

# A JSON list as a tuple; strict models would want a tuple from the start.
AS_TUPLE = Field(strict=False)
ONCE = AfterValidator(_once)
