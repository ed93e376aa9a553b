"""GOV.UK Notify as it publishes itself: its API over real HTTP, and the callbacks that it posts.

What is checked as Notify checks it: the token (HS256, `iss`, `iat` within 30 seconds), templates and their
placeholders, numbers and addresses, ids of senders. `rule` makes it fail as it is told.
"""

import base64
import json
import re
import socket
import struct
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import httpx
import jwt

from tests.support.http_server import http_server

RESET, HANG, RESET_UNREAD = "reset", "hang", "reset before it was kept"
SERVICE, SECRET = "26785a09-ab16-4eb0-8407-a37497a57506", "3d844edf-8d35-48ac-975b-e847b4f122b0"
KEY = f"made_up-{SERVICE}-{SECRET}"
EMAIL_TEMPLATE, TEXT_TEMPLATE = "f33517ff-2a88-4f6e-b855-c550268ce08a", "ceb50d92-100d-4b8b-b559-14fa3b091cda"
NEUTRAL_SERVICE, NEUTRAL_TEMPLATE = (
    "0d8a0e8b-5a2f-4f0c-a9d2-7b7c0a3f9f11",
    "5f0f4d0e-52b5-4a86-93cb-d5a2cf7f4a4e",
)
NEUTRAL_KEY = f"neutral-{NEUTRAL_SERVICE}-{SECRET}"
NEUTRAL_SENDER = "9b3dd2cc-43a5-4f5e-8c7b-0a5f7c7f8f0a"
REPLY_TO, SENDER = "8e222534-7f05-4972-86e3-17c5d9f894e2", "1d186132-9a1a-4d0e-8bd2-0b7a2b2dbb83"
PAGE = 250
_MOBILE = re.compile(r"\+447[0-9]{9}")


def error(status: int, kind: str, message: str) -> tuple[int, Any]:
    return status, {"status_code": status, "errors": [{"error": kind, "message": message}]}


TEAM_ONLY = error(400, "BadRequestError", "Can't send to this recipient using a team-only API key")
TRIAL = error(
    400,
    "BadRequestError",
    "Can't send to this recipient when service is in trial mode"
    " - see https://www.notifications.service.gov.uk/trial-mode",
)
RATE = error(429, "RateLimitError", "Exceeded rate limit for key type LIVE of 3000 requests per 60 seconds")
DAILY = error(429, "TooManyRequestsError", "Exceeded send limits (250000) for today")
BROKEN = error(500, "Exception", "Internal server error")


@dataclass
class Notify:
    """`rule` is asked for each request to send: (status, body), RESET (kept, answer lost), RESET_UNREAD (not kept),
    HANG (kept, no answer), or None for as usual. `statuses` maps a reference to the state that is told of it."""

    kept: list[dict[str, Any]] = field(default_factory=list)
    requests: list[tuple[str, str, dict[str, Any]]] = field(default_factory=list)
    """(method, path, what was said), of those with a good token"""
    rule: Callable[[dict[str, Any]], tuple[int, Any] | str | None] | None = None
    ask_rule: Callable[[], tuple[int, Any] | str | None] | None = None
    connections: set[int] = field(default_factory=set)
    inbox: list[dict[str, Any]] = field(default_factory=list)
    """Texts that people have sent to the service, oldest first"""
    seconds: float = 0.0
    skew: float = 0.0
    """Seconds that our clock is wrong by, as seen from here"""
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def references(self) -> list[str]:
        return [one["reference"] for one in self.kept]

    def becomes(self, reference: str, status: str) -> dict[str, Any]:
        """The newest notification with this reference gets a state; gives it."""
        one = next(each for each in reversed(self.kept) if each["reference"] == reference)
        one["status"] = status
        one["completed_at"] = _moment() if status not in ("created", "sending", "pending") else None
        return one

    def receipt(self, reference: str, status: str) -> dict[str, Any]:
        """The delivery receipt that is posted when it gets this state, as published."""
        one = self.becomes(reference, status)
        return {
            "id": one["id"],
            "reference": reference,
            "to": one.get("email_address") or one.get("phone_number"),
            "status": status,
            "created_at": one["created_at"],
            "completed_at": one["completed_at"],
            "sent_at": one["created_at"],
            "notification_type": one["type"],
            "template_id": one["template"]["id"],
            "template_version": 1,
        }

    def callback(self, url: str, token: str, body: Any) -> int:
        """Post a callback to a door of ours as Notify does; gives the status that came back."""
        return httpx.post(
            url,
            content=json.dumps(body),
            headers={"Content-Type": "application/json", "Authorization": f"Bearer {token}"},
            timeout=5,
        ).status_code

    # what the handler asks

    def refused(self, header: str) -> tuple[int, Any] | None:
        """As Notify's authentication: what is wrong with the token, if anything."""
        scheme, _, token = header.partition(" ")
        if scheme != "Bearer":
            return error(401, "AuthError", "Unauthorized: authentication token must be provided")
        try:
            claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})
        except jwt.InvalidTokenError:
            return error(403, "AuthError", "Invalid token: API key not found")
        if claims.get("iss") not in (SERVICE, NEUTRAL_SERVICE):
            return error(403, "AuthError", "Invalid token: service not found")
        if abs(time.time() + self.skew - claims.get("iat", 0)) > 30:
            return error(403, "AuthError", "Error: Your system clock must be accurate to within 30 seconds")
        return None

    def service(self, header: str) -> str:
        """Which of the services asks, by a token that is good."""
        return str(jwt.decode(header.partition(" ")[2], options={"verify_signature": False})["iss"])

    def wrong(self, kind: str, said: dict[str, Any], service: str) -> tuple[int, Any] | None:
        """As Notify's validation of what is to be sent."""
        if kind == "letter":
            return self.wrong_letter(said)
        template = EMAIL_TEMPLATE if service == SERVICE else NEUTRAL_TEMPLATE
        wanted = {"email": (template, {"subject", "body"}), "sms": (TEXT_TEMPLATE, {"body"})}[kind]
        if said.get("template_id") != wanted[0]:
            return error(400, "BadRequestError", "Template not found")
        if missing := wanted[1] - set(said.get("personalisation", {})):
            return error(400, "BadRequestError", f"Missing personalisation: {', '.join(sorted(missing))}")
        if kind == "sms":
            number = said.get("phone_number", "")
            if not number.startswith("+44"):
                return error(400, "BadRequestError", "Cannot send to international mobile numbers")
            if not _MOBILE.fullmatch(number):
                return error(400, "ValidationError", "phone_number Not enough digits")
            if said.get("sms_sender_id", SENDER) not in (SENDER, NEUTRAL_SENDER):
                return error(
                    400,
                    "BadRequestError",
                    f"sms_sender_id {said['sms_sender_id']} does not exist in database for service id {SERVICE}",
                )
        else:
            if "@" not in said.get("email_address", ""):
                return error(400, "ValidationError", "email_address is not a valid email address")
            if not said.get("one_click_unsubscribe_url", "https://").startswith("https://"):
                return error(400, "ValidationError", "one_click_unsubscribe_url is not a valid https url")
            if said.get("email_reply_to_id", REPLY_TO) != REPLY_TO:
                id_ = said["email_reply_to_id"]
                return error(
                    400,
                    "BadRequestError",
                    f"email_reply_to_id {id_} does not exist in database for service id {SERVICE}",
                )
        return None

    def wrong_letter(self, said: dict[str, Any]) -> tuple[int, Any] | None:
        if said.get("postage", "second") not in ("first", "second", "economy"):
            return error(400, "ValidationError", "postage invalid. It must be first, second or economy.")
        if not base64.b64decode(said.get("content", "")).startswith(b"%PDF-"):
            return error(400, "BadRequestError", "Letter content is not a valid PDF")
        return None

    def keep(self, kind: str, said: dict[str, Any], service: str) -> dict[str, Any]:
        one = {
            **said,
            "service": service,
            "id": str(uuid4()),
            "type": kind,
            "status": "created",
            "created_at": _moment(),
            "completed_at": None,
            "template": {"id": said.get("template_id"), "version": 1, "uri": ""},
        }
        one.setdefault("reference", None)
        self.kept.append(one)
        return one

    def listed(self, query: dict[str, list[str]], service: str) -> dict[str, Any]:
        found = [one for one in reversed(self.kept) if one["service"] == service]
        if "older_than" in query:
            ids = [one["id"] for one in found]
            found = found[ids.index(query["older_than"][0]) + 1 :]
        for name, key in (("reference", "reference"), ("template_type", "type")):
            if name in query:
                found = [one for one in found if one[key] == query[name][0]]
        page = found[:PAGE]
        links = {"current": self.url}
        if page:
            links["next"] = f"{self.url}/v2/notifications?older_than={page[-1]['id']}"
        return {"notifications": page, "links": links}

    def received(self, query: dict[str, list[str]]) -> dict[str, Any]:
        found = list(reversed(self.inbox))
        if "older_than" in query:
            ids = [one["id"] for one in found]
            found = found[ids.index(query["older_than"][0]) + 1 :]
        links = {"current": self.url}
        if found:
            links["next"] = f"{self.url}/v2/received-text-messages?older_than={found[-1]['id']}"
        return {"received_text_messages": found[:PAGE], "links": links}

    def hears(self, number: str, text: str) -> dict[str, Any]:
        """Somebody sends a text to the service; gives what is posted of it, as published."""
        one = {
            "id": str(uuid4()),
            "source_number": number.removeprefix("+"),
            "destination_number": "07700900999",
            "message": text,
            "date_received": _moment(),
        }
        self.inbox.append(
            {
                "id": one["id"],
                "user_number": one["source_number"],
                "notify_number": one["destination_number"],
                "service_id": SERVICE,
                "content": text,
                "created_at": one["date_received"],
            }
        )
        return one


def _moment() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for the Notify that `notify_service` gives it."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    notify: Notify

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self._let_in("POST", said):
            time.sleep(self.notify.seconds)
            self._send(said, urlsplit(self.path).path.rpartition("/")[2])

    def _send(self, said: dict[str, Any], kind: str) -> None:
        notify, token = self.notify, self.headers["Authorization"]
        told = notify.rule(said) if notify.rule else None
        if told == RESET_UNREAD:
            return self._reset()
        if isinstance(told, tuple):
            return self._answer(*told)
        if wrong := notify.wrong(kind, said, service := notify.service(token)):
            return self._answer(*wrong)
        one = notify.keep(kind, said, service)
        if told == RESET:
            return self._reset()
        if told == HANG:
            return time.sleep(2)
        return self._answer(201, {name: one[name] for name in ("id", "reference", "template")})

    def do_GET(self) -> None:
        parts, notify = urlsplit(self.path), self.notify
        query = parse_qs(parts.query)
        if not self._let_in("GET", query):
            return None
        told = notify.ask_rule() if notify.ask_rule else None
        if isinstance(told, str):
            return self._reset()
        if told:
            return self._answer(*told)
        if parts.path == "/v2/notifications":
            return self._answer(200, notify.listed(query, notify.service(self.headers["Authorization"])))
        if parts.path == "/v2/received-text-messages":
            return self._answer(200, notify.received(query))
        return self._answer(*error(404, "NoResultFound", "No result found"))

    def _let_in(self, method: str, said: Any) -> bool:
        self.notify.connections.add(self.client_address[1])
        if refused := self.notify.refused(self.headers.get("Authorization", "")):
            self._answer(*refused)
            return False
        self.notify.requests.append((method, urlsplit(self.path).path, said))
        return True

    def _answer(self, status: int, body: Any) -> None:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.notify.url}/elsewhere")
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def log_message(self, *args: Any) -> None:
        pass


@contextmanager
def notify_service() -> Iterator[Notify]:
    """Notify on a free port of this machine."""
    notify = Notify()
    with http_server(type("Handler", (_Handler,), {"notify": notify})) as notify.port:
        yield notify
