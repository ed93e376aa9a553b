"""What GOV.UK Notify's answers mean, as it publishes them. Pure: no network, no clock.

Its documentation asks clients to go by the status and the kind of error, because messages may change. That is what is
done here, with two exceptions: the field that a `ValidationError` begins with says whether the address is wrong or one
of our settings; and a `BadRequestError` that says that *we* are not set up (trial mode, a team's key, a template) is
told from one that is about this letter. Where the words of those have changed, the letter is refused, and an officer
hears of it.
"""

import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, NamedTuple

from trackmycrime.delivery.letters import Outcome

RECIPIENT = ("phone_number", "email_address")
_ITS_OWN = (*RECIPIENT, "content")
"""Fields that are this letter's own, not our settings; ``content`` is a printed letter's PDF"""
_FIELD = re.compile(r"[a-z]+(?:_[a-z]+)*\b")
_FIELDS = frozenset(
    {
        *RECIPIENT,
        "template_id",
        "personalisation",
        "reference",
        "email_reply_to_id",
        "sms_sender_id",
        "one_click_unsubscribe_url",
        "content",
        "postage",
    }
)
_ABOUT_US = re.compile(
    r"trial mode|team(?:-only)? api key|guest ?list|whitelist|template not found|template has been|not suitable"
    r"|missing personalisation|does not exist|service is not allowed",
    re.IGNORECASE,
)
_KIND = re.compile(r"[A-Za-z]{1,40}")
_DAILY = "TooManyRequestsError"


class Refusal(NamedTuple):
    """An answer that is none of 2xx: its status, and kind and message of its first error where it names one."""

    status: int
    kind: str
    message: str

    @classmethod
    def read(cls, status: int, errors: object) -> "Refusal":
        """`errors` is what Notify lists, or anything else that stood in its place."""
        first = errors[0] if isinstance(errors, list) and errors else {}
        said: Mapping[str, Any] = first if isinstance(first, dict) else {}
        kind, message = str(said.get("error", "")), str(said.get("message", ""))
        return cls(status, kind if _KIND.fullmatch(kind) else "", message)

    @property
    def field(self) -> str:
        """Which of the fields that we send the message begins with; empty for none of them."""
        found = _FIELD.match(self.message)
        return found[0] if found and found[0] in _FIELDS else ""

    @property
    def answer(self) -> str:
        """The status, the kind and the field, and nothing of the message, which may repeat what was sent."""
        return " ".join(word for word in (str(self.status), self.kind, self.field) if word)


def outcome_of(refusal: Refusal, *, now: datetime) -> Outcome:
    """What such an answer to a letter means.

    Of a 5xx other than 503 nobody knows whether the letter was kept before something broke: it is `unclear`, and Notify
    is asked before the letter is sent again.
    """
    status, answer = refusal.status, refusal.answer
    if status == 400:
        if _about_us(refusal):
            return Outcome("later", answer)
        return Outcome(
            "never", answer, nobody=refusal.kind == "ValidationError" and refusal.field in RECIPIENT
        )
    if status == 413:
        return Outcome("never", answer)
    if status == 429:
        return Outcome("later", answer, wait=until_midnight(now) if refusal.kind == _DAILY else None)
    if status >= 500 and status != 503:
        return Outcome("unclear", answer)
    return Outcome("later", answer)


def _about_us(refusal: Refusal) -> bool:
    if refusal.kind == "ValidationError":
        return refusal.field not in _ITS_OWN
    return bool(_ABOUT_US.search(refusal.message))


def until_midnight(now: datetime) -> timedelta:
    """For how long the day's limit still holds."""
    return datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(0), UTC) - now


_FOR_GOOD = frozenset({"permanent-failure", "validation-failed", "virus-scan-failed", "cancelled"})
"""The last three are a printed letter's: its PDF will not do, or somebody has stopped it at Notify"""
_PASSING = frozenset({"temporary-failure", "technical-failure", "failed"})
"""``failed`` is what the API of old called all failures"""
_STATUS = re.compile(r"[a-z-]{1,40}")


def known_as(notifications: Iterable[Mapping[str, Any]]) -> Outcome | None:
    """What Notify's list of the notifications with our reference says of the letter; None where there is none.

    A letter that was sent again after a passing failure stands there twice: what is on its way or arrived counts first,
    then a failure for good. A state that nobody has heard of yet is no reason to send again.
    """
    found: dict[str, Outcome] = {}
    for one in notifications:
        status, id_ = str(one.get("status", "")), str(one.get("id", ""))[:200]
        if status in _FOR_GOOD:
            found["never"] = Outcome("never", status, id_, nobody=status == "permanent-failure")
        elif status in _PASSING:
            found["later"] = Outcome("later", status, id_)
        else:
            found["accepted"] = Outcome("accepted", status if _STATUS.fullmatch(status) else "", id_)
    return found.get("accepted") or found.get("never") or found.get("later")
