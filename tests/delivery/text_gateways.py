"""The usual text gateways, each as it publishes its interface: written from their descriptions, not from our mappings.

One server speaks all of them. Each checks the login and what must be in a request, and answers as its description says;
`receipt` makes the request that it posts (or gets) when it knows what became of a text, signed as it signs.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from tests.support.http_server import http_server
from trackmycrime.delivery.hearing import Posted

USER, PASSWORD, SENDER, SECRET = "acct-1", "pass word&=", "447700900999", "s3cret of receipts"
Answered = tuple[int, Any]


@dataclass
class Text:
    """One text that a gateway has taken."""

    to: str
    body: str
    sender: str
    id: str
    reference: str = ""
    callback: str = ""
    unicode: bool = False


@dataclass
class Asked:
    """One request as it came."""

    path: str
    headers: dict[str, str]
    raw: bytes

    @property
    def json(self) -> Any:
        assert self.headers["content-type"] == "application/json"
        return json.loads(self.raw)

    @property
    def form(self) -> dict[str, str]:
        assert self.headers["content-type"] == "application/x-www-form-urlencoded"
        return dict(parse_qsl(self.raw.decode("ascii"), keep_blank_values=True, strict_parsing=True))

    def basic(self) -> bool:
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        return self.headers.get("authorization") == f"Basic {login}"


class Provider:
    """What is the same for all: taking, refusing, and the state of a text in our words → in theirs."""

    states: dict[str, str]
    signed = True

    def __init__(self) -> None:
        self.texts: list[Text] = []

    def take(self, **said: Any) -> Text:
        text = Text(id=f"id-{len(self.texts)}-{type(self).__name__}", **said)
        self.texts.append(text)
        return text

    def ask(self, asked: Asked) -> Answered:
        raise NotImplementedError

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        raise NotImplementedError

    def reply(self, number: str, words: str, url: str) -> Posted | None:
        """Somebody writes back; None where that is not posted."""
        return None


def _form(url: str, fields: dict[str, str], **headers: str) -> Posted:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    return Posted(url, kind | headers, urlencode(fields).encode())


def _json(url: str, body: Any, **headers: str) -> Posted:
    return Posted(url, {"content-type": "application/json"} | headers, json.dumps(body).encode())


class Plain(Provider):
    states = {"delivered": "delivered", "failed": "failed", "later": "later"}

    def ask(self, asked: Asked) -> Answered:
        if not asked.basic():
            return 401, {}
        said = asked.json
        if said["to"] == "+447700900000":
            return 400, {"error": "no such number", "code": "no-such-number"}
        text = self.take(
            to=said["to"], body=said["text"], sender=said.get("from", ""), reference=said["reference"]
        )
        return 202, {"id": text.id}

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        body = {"id": text.id, "reference": text.reference, "status": self.states[state], "code": code}
        return _json(url, body, authorization=f"Bearer {SECRET}")

    def reply(self, number: str, words: str, url: str) -> Posted | None:
        return _json(url, {"from": number, "text": words}, authorization=f"Bearer {SECRET}")


class Twilio(Provider):
    states = {"delivered": "delivered", "failed": "undelivered", "later": "sent"}

    def ask(self, asked: Asked) -> Answered:
        assert asked.path == f"/2010-04-01/Accounts/{USER}/Messages.json"
        if not asked.basic():
            return 401, {"code": 20003, "message": "Authenticate", "status": 401}
        said = asked.form
        if said["To"] == "+447700900000":
            return 400, {"code": 21211, "message": f"Invalid 'To' Phone Number: {said['To']}", "status": 400}
        if said["From"] != SENDER:
            return 400, {"code": 21606, "message": "The From phone number is not valid", "status": 400}
        text = self.take(
            to=said["To"], body=said["Body"], sender=said["From"], callback=said.get("StatusCallback", "")
        )
        return 201, {"sid": text.id, "status": "queued", "error_code": None, "to": text.to}

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        fields = {
            "MessageSid": text.id,
            "MessageStatus": self.states[state],
            "To": text.to,
            "From": text.sender,
            "AccountSid": USER,
            "ApiVersion": "2010-04-01",
        }
        return self._signed(url, fields | ({"ErrorCode": code} if code else {}))

    def reply(self, number: str, words: str, url: str) -> Posted | None:
        return self._signed(url, {"MessageSid": "SM1", "From": number, "Body": words, "To": "+447700900999"})

    def _signed(self, url: str, fields: dict[str, str]) -> Posted:
        text = url + "".join(key + fields[key] for key in sorted(fields))
        mac = hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest()
        return _form(url, fields, **{"x-twilio-signature": base64.b64encode(mac).decode()})


class Vonage(Provider):
    states = {"delivered": "delivered", "failed": "failed", "later": "buffered"}

    def ask(self, asked: Asked) -> Answered:
        assert asked.path == "/sms/json"
        said = asked.json
        if (said["api_key"], said["api_secret"]) != (USER, PASSWORD):
            return 200, {"message-count": "1", "messages": [{"status": "4", "error-text": "Bad Credentials"}]}
        if said["to"] == "447700900000":
            return 200, {"message-count": "1", "messages": [{"status": "7", "error-text": "Number barred"}]}
        if said["from"] != SENDER:
            return 200, {"message-count": "1", "messages": [{"status": "15", "error-text": "Illegal Sender"}]}
        text = self.take(
            to=said["to"],
            body=said["text"],
            sender=said["from"],
            reference=said["client-ref"],
            callback=said.get("callback", ""),
            unicode=said.get("type") == "unicode",
        )
        part = {"to": text.to, "message-id": text.id, "status": "0", "remaining-balance": "3.14"}
        return 200, {"message-count": "1", "messages": [part]}

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        return self._signed(
            url,
            {
                "msisdn": text.to,
                "to": text.sender,
                "network-code": "23410",
                "messageId": text.id,
                "price": "0.03330000",
                "status": self.states[state],
                "scts": "2611281004",
                "err-code": code or "0",
                "api-key": USER,
                "client-ref": text.reference,
                "message-timestamp": "2026-11-28 10:04:11",
                "timestamp": "1795860251",
                "nonce": "a&b=c",
            },
        )

    def reply(self, number: str, words: str, url: str) -> Posted | None:
        said = {
            "msisdn": number.removeprefix("+"),
            "to": SENDER,
            "messageId": "0A",
            "text": words,
            "type": "text",
        }
        return self._signed(url, said | {"timestamp": "1795860251", "nonce": "n"})

    def _signed(self, url: str, fields: dict[str, str]) -> Posted:
        text = "".join(f"&{key}={fields[key].replace('&', '_').replace('=', '_')}" for key in sorted(fields))
        sig = hmac.new(SECRET.encode(), text.encode(), hashlib.sha256).hexdigest().upper()
        return _json(url, fields | {"sig": sig})


class _InTheAddress(Provider):
    """The gateways that sign nothing: our address, as we gave it or set it up, holds the secret."""

    def address(self, text: Text | None, url: str) -> str:
        return (text.callback if text else "") or f"{url}?{urlencode({'token': SECRET})}"


class Messagebird(_InTheAddress):
    states = {"delivered": "delivered", "failed": "delivery_failed", "later": "buffered"}

    def ask(self, asked: Asked) -> Answered:
        assert asked.path == "/messages"
        if asked.headers.get("authorization") != f"AccessKey {PASSWORD}":
            return 401, {
                "errors": [{"code": 2, "description": "Request not allowed", "parameter": "access_key"}]
            }
        said = asked.json
        for name, bad in (("recipients", ["447700900000"]), ("originator", "nobody")):
            if said[name] == bad:
                return 422, {"errors": [{"code": 10, "description": "invalid", "parameter": name}]}
        text = self.take(
            to=said["recipients"][0],
            body=said["body"],
            sender=said["originator"],
            reference=said["reference"],
            callback=said.get("reportUrl", ""),
            unicode=said["datacoding"] == "auto",
        )
        return 201, {"id": text.id, "reference": text.reference, "recipients": {"totalSentCount": 1}}

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        fields = {
            "id": text.id,
            "reference": text.reference,
            "recipient": text.to,
            "status": self.states[state],
            "statusDatetime": "2026-11-28T10:04:11+00:00",
        } | ({"statusErrorCode": code} if code else {})
        return Posted(f"{self.address(text, url)}&{urlencode(fields)}", {})


class Sinch(Provider):
    states = {"delivered": "Delivered", "failed": "Failed", "later": "Dispatched"}

    def ask(self, asked: Asked) -> Answered:
        assert asked.path == f"/xms/v1/{USER}/batches"
        if asked.headers.get("authorization") != f"Bearer {PASSWORD}":
            return 401, b""
        said = asked.json
        assert said["delivery_report"] == "per_recipient"
        if said["to"] == ["447700900000"]:
            return 400, {"code": "syntax_invalid_parameter_format", "text": "Invalid 'to'"}
        if said["from"] != SENDER:
            return 403, {"code": "unauthorized_from", "text": "not yours"}
        text = self.take(
            to=said["to"][0],
            body=said["body"],
            sender=said["from"],
            reference=said["client_reference"],
            callback=said.get("callback_url", ""),
        )
        return 201, {"id": text.id, "to": said["to"], "canceled": False, "type": "mt_text"}

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        return self._signed(
            url,
            {
                "type": "recipient_delivery_report_sms",
                "batch_id": text.id,
                "recipient": text.to,
                "code": int(code or 0),
                "status": self.states[state],
                "at": "2026-11-28T10:04:11.000Z",
                "client_reference": text.reference,
            },
        )

    def reply(self, number: str, words: str, url: str) -> Posted | None:
        return self._signed(
            url, {"type": "mo_text", "id": "x", "from": number.removeprefix("+"), "body": words}
        )

    def _signed(self, url: str, body: Any) -> Posted:
        raw, nonce, at = json.dumps(body), "01FJA8B4A7BM43YGWSG9GBV067", "1634579353"
        mac = hmac.new(SECRET.encode(), f"{raw}.{nonce}.{at}".encode(), hashlib.sha256).digest()
        return Posted(
            url,
            {
                "content-type": "application/json",
                "x-sinch-webhook-signature": base64.b64encode(mac).decode(),
                "x-sinch-webhook-signature-nonce": nonce,
                "x-sinch-webhook-signature-timestamp": at,
                "x-sinch-webhook-signature-algorithm": "HmacSHA256",
            },
            raw.encode(),
        )


class Clicksend(_InTheAddress):
    states = {"delivered": "201", "failed": "301", "later": "200"}

    def ask(self, asked: Asked) -> Answered:
        assert asked.path == "/v3/sms/send"
        if not asked.basic():
            return 401, {"http_code": 401, "response_code": "UNAUTHORIZED", "data": None}
        (said,) = asked.json["messages"]
        status = "INVALID_RECIPIENT" if said["to"] == "+447700900000" else "SUCCESS"
        if said.get("from") != SENDER:
            status = "INVALID_SENDER_ID"
        text = Text("", "", "", "")
        if status == "SUCCESS":
            text = self.take(
                to=said["to"], body=said["body"], sender=said["from"], reference=said["custom_string"]
            )
        told = {"to": said["to"], "message_id": text.id, "status": status, "custom_string": text.reference}
        return 200, {"http_code": 200, "response_code": "SUCCESS", "data": {"messages": [told]}}

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        fields = {
            "timestamp_send": "1795860250",
            "timestamp": "1795860251",
            "message_id": text.id,
            "status": state,
            "status_code": self.states[state],
            "status_text": "made up",
            "error_code": code,
            "error_text": "",
            "custom_string": text.reference,
            "message_type": "sms",
        }
        return _form(self.address(text, url), fields)


class Textlocal(_InTheAddress):
    states = {"delivered": "D", "failed": "I", "later": "P"}

    def ask(self, asked: Asked) -> Answered:
        assert asked.path == "/send/"
        said = asked.form
        wrong = (
            3 if said["apikey"] != PASSWORD
            else 51 if said["numbers"] == "447700900000"
            else 43 if said["sender"] != SENDER
            else 0
        )  # fmt: skip
        if wrong:
            return 200, {"errors": [{"code": wrong, "message": "made up"}], "status": "failure"}
        text = self.take(
            to=said["numbers"],
            body=said["message"],
            sender=said["sender"],
            reference=said["custom"],
            callback=said.get("receipt_url", ""),
            unicode=said.get("unicode") == "1",
        )
        return 200, {"messages": [{"id": text.id, "recipient": int(text.to)}], "status": "success"}

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        fields = {
            "number": text.to,
            "status": self.states[state],
            "customID": text.reference,
            "datetime": "2026-11-28 10:04:11",
        }
        return _form(self.address(text, url), fields)


class Infobip(_InTheAddress):
    states = {"delivered": "DELIVERED", "failed": "UNDELIVERABLE", "later": "PENDING"}

    def ask(self, asked: Asked) -> Answered:
        assert asked.path == "/sms/2/text/advanced"
        if asked.headers.get("authorization") != f"App {PASSWORD}":
            fault = {"messageId": "UNAUTHORIZED", "text": "Invalid login details"}
            return 401, {"requestError": {"serviceException": fault}}
        (said,) = asked.json["messages"]
        (to,) = said["destinations"]
        if to["to"] == "447700900000" or said["from"] != SENDER:
            name = "REJECTED_SENDER" if said["from"] != SENDER else "REJECTED_DESTINATION"
            status = {"groupId": 5, "groupName": "REJECTED", "id": 52, "name": name}
            return 200, {"messages": [{"messageId": to["messageId"], "status": status, "to": to["to"]}]}
        text = self.take(
            to=to["to"],
            body=said["text"],
            sender=said["from"],
            reference=to["messageId"],
            callback=said.get("notifyUrl", ""),
        )
        text.id = text.reference
        status = {"groupId": 1, "groupName": "PENDING", "id": 26, "name": "PENDING_ACCEPTED"}
        return 200, {"messages": [{"messageId": text.id, "status": status, "to": text.to}]}

    def receipt(self, text: Text, state: str, url: str, code: str = "") -> Posted:
        group = self.states[state]
        status = {"groupId": 3, "groupName": group, "id": 5, "name": code or f"{group}_MADE_UP"}
        one = {
            "messageId": text.id,
            "to": text.to,
            "doneAt": "2026-11-28T10:04:11.000+0000",
            "smsCount": 1,
            "status": status,
            "error": {"groupId": 0, "groupName": "Ok", "name": "NO_ERROR", "permanent": False},
        }
        return _json(self.address(text, url), {"results": [one]})


PROVIDERS: dict[str, type[Provider]] = {
    each.__name__.lower(): each
    for each in (Plain, Twilio, Vonage, Messagebird, Sinch, Clicksend, Textlocal, Infobip)
}


@dataclass
class Running:
    """A gateway that listens. `rule` may answer in the provider's place."""

    provider: Provider
    port: int = 0
    rule: Callable[[Asked], Answered | None] | None = None
    connections: set[int] = field(default_factory=set)
    headers: dict[str, str] = field(default_factory=dict)
    """Sent along with every answer"""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def texts(self) -> list[Text]:
        return self.provider.texts


@contextmanager
def gateway(name: str) -> Iterator[Running]:
    """The gateway of that name on a free port of this machine."""
    running = Running(PROVIDERS[name]())

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_POST(self) -> None:
            running.connections.add(self.client_address[1])
            raw = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            asked = Asked(urlsplit(self.path).path, headers, raw)
            status, body = (running.rule and running.rule(asked)) or running.provider.ask(asked)
            said = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            for name, value in running.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *args: Any) -> None:
            pass

    with http_server(Handler) as running.port:
        yield running
