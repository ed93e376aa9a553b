"""Mail, texts and printed letters by GOV.UK Notify, with its official client.

Words are ours and frozen: the templates at Notify hold nothing but ``((subject))`` and ``((body))``. Our letter's id is
the notification's reference, so Notify can be asked what became of it (`ask`) before anything is sent again. The client
is not safe for threads: each letter in flight has a channel to itself, which keeps one connection.
"""

import io
import logging
import time
from base64 import b64decode
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import requests
from notifications_python_client.errors import APIError, InvalidResponse
from notifications_python_client.notifications import NotificationsAPIClient
from urllib3.exceptions import MaxRetryError, NewConnectionError

from trackmycrime.delivery.channels import Channel
from trackmycrime.delivery.hearing import Told
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.kernel.clock import utc_now

from .answers import Refusal, known_as, outcome_of
from .receipts import from_inbox

POSTAGE = ("first", "second", "economy")
BASE_URL = "https://api.notifications.service.gov.uk"
_KEPT = 5.0
"""Seconds after which a connection that nothing was sent on is not used again"""
_PAGES = 4
"""Of 250 texts each"""
_KEY = 73
"""Characters of a key that count: two UUIDs with a dash between"""

# the client logs what Notify says of a refusal, which may repeat an address; what it comes to is in the outcome
logging.getLogger("notifications_python_client").setLevel(logging.CRITICAL)


@dataclass(frozen=True)
class Service:
    """One service at Notify: its key, and the ids of what its owner has set up there.

    Notify puts the service's name on mails, so disguised ones need another service, with a neutral name
    (`neutral_key`, `neutral_email_template`); for disguised texts another sender of the same service is enough.
    """

    key: str
    base_url: str = BASE_URL
    email_template: str = ""
    text_template: str = ""
    reply_to: str = ""
    text_sender: str = ""
    neutral_text_sender: str = ""
    neutral_key: str = ""
    neutral_email_template: str = ""
    postage: str = ""
    """``first``, ``second`` or ``economy``, for letters; empty where none are posted"""

    def __post_init__(self) -> None:
        """Raises ValueError that says which setting is wrong, and shows no key."""
        _check_key("TMC_NOTIFY_API_KEY", self.key)
        if self.neutral_key:
            _check_key("TMC_NOTIFY_NEUTRAL_API_KEY", self.neutral_key)
        if bool(self.neutral_key) != bool(self.neutral_email_template):
            raise ValueError(
                "TMC_NOTIFY_NEUTRAL_API_KEY and TMC_NOTIFY_NEUTRAL_EMAIL_TEMPLATE go together: set both, or neither"
            )
        if not self.base_url.startswith(("https://", "http://")):
            raise ValueError("TMC_NOTIFY_BASE_URL is like https://api.example.org")
        if self.postage and self.postage not in POSTAGE:
            raise ValueError(f"TMC_NOTIFY_LETTERS is one of {', '.join(POSTAGE)}: how letters are posted")
        for name in _IDS:
            _check_id(f"TMC_NOTIFY_{name.upper()}", getattr(self, name))

    def __repr__(self) -> str:
        return f"<Notify at {self.base_url}>"


_IDS = (
    "email_template",
    "text_template",
    "reply_to",
    "text_sender",
    "neutral_text_sender",
    "neutral_email_template",
)


def _check_key(setting: str, key: str) -> None:
    try:
        UUID(key[-36:]), UUID(key[-_KEY:-37])
    except ValueError:
        raise ValueError(
            f"{setting} is no key of GOV.UK Notify: it is like name-UUID-UUID, as shown once when it is made"
        ) from None


def _check_id(setting: str, value: str) -> None:
    try:
        if value:
            UUID(value)
    except ValueError:
        raise ValueError(f"{setting} is the id (a UUID) that GOV.UK Notify shows for it") from None


class NotifyChannel(Channel):
    """Sends over one service at Notify (and a neutral one), on a connection that is kept for as long as it is used."""

    askable = True

    def __init__(
        self,
        service: Service,
        *,
        one_click: Callable[[UUID], str] | None = None,
        connect_timeout: float = 5.0,
        timeout: float = 30.0,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`one_click` gives the https address at which the receiver of a letter says «no more»; times are seconds."""
        self._service = service
        self._one_click = one_click
        self._clock = clock
        times = (connect_timeout, timeout)
        self._client = _client(service.key, service, times)
        self._neutral = _client(service.neutral_key, service, times) if service.neutral_key else None
        self._used = 0.0

    def send(self, letter: Letter) -> Outcome:
        """Try once."""
        if letter.channel == "email":
            if letter.disguised and self._neutral is None:
                return Outcome("never", "no-neutral-sender")
            return self._call(self._send_email, letter)
        if letter.channel == "text":
            if letter.disguised and not self._service.neutral_text_sender:
                return Outcome("never", "no-neutral-sender")
            return self._call(self._send_text, letter)
        if letter.channel == "letter" and self._service.postage:
            return self._call(self._send_letter, letter)
        return Outcome("never", "no such channel")

    def ask(self, letter: Letter) -> Outcome | None:
        """What Notify knows of this letter: None when it never got it, `unclear` when it cannot say now."""
        return self.ask_for(letter.id, letter.channel, disguised=letter.disguised)

    def ask_for(self, reference: UUID, channel: str, *, disguised: bool = False) -> Outcome | None:
        """As `ask`, for whoever has no more of the letter than this."""
        neutral = self._neutral if disguised and channel == "email" else None
        return self._ask(neutral or self._client, reference)

    def texts_since(self, moment: datetime) -> tuple[Told, datetime] | None:
        """What people have texted the service after that moment, and when the newest of it came (`moment` where there
        is none). None when Notify cannot say now. Reads no more than the newest thousand."""
        found: list[dict[str, Any]] = []
        try:
            self._freshen()
            older_than = None
            for _ in range(_PAGES):
                page = self._client.get_received_texts(older_than=older_than)["received_text_messages"]
                new = [each for each in page if datetime.fromisoformat(each["created_at"]) > moment]
                found += new
                if len(new) < len(page) or not page:
                    break
                older_than = page[-1]["id"]
        except (APIError, KeyError, TypeError, ValueError, AttributeError):
            return None
        newest = max((datetime.fromisoformat(each["created_at"]) for each in found), default=moment)
        return from_inbox(found), newest

    def close(self) -> None:
        """Let the connections go."""
        for client in (self._client, self._neutral):
            if client is not None:
                client.request_session.close()

    def _ask(self, client: NotificationsAPIClient, reference: UUID) -> Outcome | None:
        try:
            self._freshen()
            said = client.get_all_notifications(reference=str(reference))
            return known_as(said["notifications"])
        except (APIError, KeyError, TypeError, AttributeError) as error:
            code = error.status_code if isinstance(error, APIError) else "unreadable"
            return Outcome("unclear", f"asked {code}")

    def _send_email(self, letter: Letter) -> Any:
        service, url = self._service, ""
        if letter.purpose == "alert" and self._one_click and not letter.disguised:
            url = self._one_click(letter.id)  # not in disguise: the page bears the portal's name
        client, template = self._client, service.email_template
        if letter.disguised and self._neutral is not None:
            client, template = self._neutral, service.neutral_email_template
        return client.send_email_notification(
            email_address=letter.address,
            template_id=template,
            personalisation={"subject": letter.subject or "", "body": letter.body},
            reference=str(letter.id),
            email_reply_to_id=None if letter.disguised else service.reply_to or None,
            one_click_unsubscribe_url=url or None,
        )

    def _send_text(self, letter: Letter) -> Any:
        service = self._service
        return self._client.send_sms_notification(
            phone_number=letter.address,
            template_id=service.text_template,
            personalisation={"body": letter.body},
            reference=str(letter.id),
            sms_sender_id=(service.neutral_text_sender if letter.disguised else service.text_sender) or None,
        )

    def _send_letter(self, letter: Letter) -> Any:
        made = io.BytesIO(b64decode(letter.body))
        return self._client.send_precompiled_letter_notification(str(letter.id), made, self._service.postage)

    def _freshen(self) -> None:
        """A connection that the other side may have closed meanwhile is not used: its loss would look unclear."""
        if time.monotonic() - self._used > _KEPT:
            self.close()
        self._used = time.monotonic()

    def _call(self, send: Callable[[Letter], Any], letter: Letter) -> Outcome:
        try:
            self._freshen()
            said = send(letter)
            return Outcome("accepted", "201", str(said["id"])[:200])
        except InvalidResponse as odd:
            return Outcome("unclear", f"{odd.status_code} unreadable")
        except APIError as error:
            if error.response is not None:
                refusal = Refusal.read(error.status_code, error.message)
                return outcome_of(refusal, now=self._clock())
            return _without_answer(error.__cause__)
        except (KeyError, TypeError):
            return Outcome("unclear", "unreadable")
        finally:
            self._used = time.monotonic()


def _client(key: str, service: Service, times: tuple[float, float]) -> NotificationsAPIClient:
    client = NotificationsAPIClient(key, service.base_url, times)
    session = client.request_session
    session.trust_env = False  # a .netrc of this machine would take the place of our token
    session.max_redirects = 0  # what was written to Notify goes nowhere else
    return client


def _without_answer(cause: BaseException | None) -> Outcome:
    """Nothing came back: a passing failure if nothing can have been written, else unclear."""
    if isinstance(cause, requests.ConnectTimeout):
        return Outcome("later", "connect-timeout")
    inner = cause.args[0] if cause is not None and cause.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else None
    if isinstance(reason, NewConnectionError):
        return Outcome("later", "connect-failed")
    if isinstance(cause, requests.exceptions.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(reason):
        return Outcome("later", "certificate")
    if isinstance(cause, requests.Timeout):
        return Outcome("unclear", "timeout")
    return Outcome("unclear", "lost")
