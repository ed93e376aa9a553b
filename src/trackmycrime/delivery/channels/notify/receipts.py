"""What GOV.UK Notify posts to us: delivery receipts, and texts that people have sent to the service. Pure.

Both are described at https://docs.notifications.service.gov.uk/rest-api.html#callbacks. Notify posts them as JSON, with
a bearer token that we choose, and tries again for half an hour.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from trackmycrime.delivery.hearing import CannotBeRead, Posted, Told, is_secret, is_stop, moment, number, uuid
from trackmycrime.delivery.letters import Outcome, Receipt

_CHANNELS = {"email": "email", "sms": "text"}
_LETTER: dict[str, tuple[Literal["delivered", "failed"], str]] = {
    # into the post; and what ends a printed letter blames its PDF or the printer, never the address
    "received": ("delivered", "received"),
    "validation-failed": ("failed", "validation-failed, content"),
    "virus-scan-failed": ("failed", "virus-scan-failed, content"),
    "cancelled": ("failed", "cancelled, policy"),
    "permanent-failure": ("failed", "permanent-failure, technical"),
    "technical-failure": ("failed", "technical-failure"),
}
_ANSWERS = {
    "permanent-failure": "permanent-failure",
    # Notify has given up, and neither blames the address (`delivery.meaning`)
    "temporary-failure": "temporary-failure, expired",
    "technical-failure": "technical-failure",
}


def genuine(posted: Posted, token: str) -> bool:
    """Whether it bears our token; nothing is genuine without one."""
    return is_secret(posted.bearer, token)


def read(posted: Posted, now: datetime) -> Told:
    """What it says. Raises CannotBeRead for what is not as published; a state that nobody knows says nothing."""
    try:
        said = json.loads(posted.body)
    except (ValueError, RecursionError):
        raise CannotBeRead("the body is not JSON") from None
    if not isinstance(said, dict):
        raise CannotBeRead("the body is not a JSON object")
    if "source_number" in said:
        return _texted([(str(said["source_number"]), str(said.get("message", "")))])
    receipt = _receipt(said, now)
    return Told(receipts=(receipt,) if receipt else ())


def from_inbox(texts: Iterable[Mapping[str, Any]]) -> Told:
    """The same of texts that Notify lists when it is asked for those that it received."""
    return _texted([(str(each.get("user_number", "")), str(each.get("content", ""))) for each in texts])


def _texted(texts: Iterable[tuple[str, str]]) -> Told:
    said = [(who, is_stop(words)) for given, words in texts if (who := number(given))]
    return Told(
        stops=tuple(who for who, stop in said if stop), replies=tuple(who for who, stop in said if not stop)
    )


def _receipt(said: Mapping[str, Any], now: datetime) -> Receipt | None:
    kind = str(said.get("notification_type"))
    if kind not in (*_CHANNELS, "letter"):
        raise CannotBeRead("«notification_type» is none of email, sms and letter")
    dispatch, id_ = uuid(said.get("reference")), uuid(said.get("id"))
    if id_ is None:
        raise CannotBeRead("«id» is no UUID")
    if dispatch is None or kind not in _CHANNELS:
        return None  # of another program that sends by the same service
    result, answer = _result(str(said.get("status", "")))
    if result is None:
        return None
    return Receipt(
        _CHANNELS[kind], dispatch, str(id_), result, answer, moment(said.get("completed_at"), now=now)
    )


def _result(status: str) -> tuple[Literal["delivered", "failed"] | None, str]:
    if status == "delivered":
        return "delivered", status
    return ("failed", _ANSWERS[status]) if status in _ANSWERS else (None, "")


def _printed(status: str) -> tuple[Literal["delivered", "failed"] | None, str]:
    """The same of a printed letter, which has no receipts: Notify is asked for it."""
    return _LETTER.get(status, (None, ""))


def from_asking(channel: str, dispatch: UUID, known: Outcome | None, now: datetime) -> Receipt | None:
    """The receipt in what Notify says when it is asked for a letter that it had accepted; None while it has no end."""
    if known is None:
        return None
    result, answer = _printed(known.answer) if channel == "letter" else _result(known.answer)
    return Receipt(channel, dispatch, known.provider_id, result, answer, now) if result else None
