"""What a text gateway posts to us, as its mapping declares it: is it the gateway's, and what does it say. Pure."""

import hashlib
import hmac
import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

from trackmycrime.delivery.hearing import CannotBeRead, Posted, Told, is_secret, is_stop, moment, number, uuid
from trackmycrime.delivery.letters import Receipt

from .mapping import Proof, TextGateway, at

_CODE = re.compile(r"[A-Za-z0-9 _.?-]{1,40}")
_ID = re.compile(r"[!-~]{1,200}")


def genuine(gateway: TextGateway, posted: Posted, secret: str) -> bool:
    """Whether this comes from the gateway. Compared in constant time; nothing is genuine without a secret."""
    if not secret:
        return False
    proof = gateway.receipts.proof
    if proof.kind == "hmac":
        return hmac.compare_digest(_claimed(proof, posted), _signature(proof, posted, secret))
    return is_secret(_shown(proof, posted), secret)


def with_secret(gateway: TextGateway, address: str, secret: str) -> str:
    """The address of ours that a gateway is told, with the secret in it where that is how it shows who it is."""
    proof = gateway.receipts.proof
    if proof.kind == "query" and secret:
        return f"{address}?{urlencode({proof.name: secret})}"
    if proof.kind == "basic" and secret:
        scheme, _, rest = address.partition("://")
        return f"{scheme}://receipts:{quote(secret, safe='')}@{rest}"
    return address


def read(gateway: TextGateway, posted: Posted, now: datetime) -> Told:
    """What it says. Raises CannotBeRead for what is not of the form that the mapping declares."""
    receipts: list[Receipt] = []
    replies: list[str] = []
    stops: list[str] = []
    for one in _documents(gateway, posted):
        status = _text(one, gateway.receipts.status)
        if status:
            if receipt := _receipt(gateway, one, status, now):
                receipts.append(receipt)
        elif gateway.receipts.reply_text and at(one, gateway.receipts.reply_text) is not None:
            who = number(_text(one, gateway.receipts.reply_from))
            if who:
                (stops if is_stop(_text(one, gateway.receipts.reply_text)) else replies).append(who)
        else:
            raise CannotBeRead(f"there is no {gateway.receipts.status}")
    return Told(tuple(receipts), tuple(stops), tuple(replies))


def _receipt(gateway: TextGateway, one: Any, status: str, now: datetime) -> Receipt | None:
    """None where it says nothing that anybody knows, or names no text."""
    how = gateway.receipts
    dispatch, id_ = uuid(_text(one, how.reference)), _text(one, how.id)
    id_ = id_ if _ID.fullmatch(id_) else ""
    if dispatch is None and not id_:
        raise CannotBeRead(f"there is no {how.id or how.reference}")
    code, at_ = _text(one, how.code), moment(_text(one, how.at), now=now)
    answer = " ".join(word for word in (status, code) if _CODE.fullmatch(word))[:80]
    if status in how.delivered:
        return Receipt("text", dispatch, id_, "delivered", answer, at_)
    if status in how.failed:
        why = how.not_the_address.get(code) or how.not_the_address.get(status) or ""
        return Receipt("text", dispatch, id_, "failed", f"{answer} {why}".strip(), at_)
    if status in how.later:
        return Receipt("text", dispatch, id_, "later", answer, at_)
    return None


def _documents(gateway: TextGateway, posted: Posted) -> Iterator[Any]:
    how = gateway.receipts
    try:
        whole: Any = json.loads(posted.body) if how.format == "json" else _fields(how.format, posted)
    except (ValueError, RecursionError):
        raise CannotBeRead("the body is not JSON") from None
    if not how.each:
        yield whole
        return
    found = at(whole, how.each)
    if not isinstance(found, list):
        raise CannotBeRead(f"there is no list at {how.each}")
    yield from found


def _fields(format_: str, posted: Posted) -> dict[str, str]:
    raw = posted.body.decode("utf-8", "replace") if format_ == "form" else urlsplit(posted.url).query
    return dict(parse_qsl(raw, keep_blank_values=True))


def _text(document: Any, place: str) -> str:
    """What stands there, as text; empty where nothing does, and for no place."""
    found = at(document, place) if place else None
    return "" if found is None or isinstance(found, dict | list) else str(found)


def _shown(proof: Proof, posted: Posted) -> str:
    """The secret that was sent along."""
    if proof.kind == "query":
        return dict(parse_qsl(urlsplit(posted.url).query)).get(proof.name, "")
    if proof.kind == "bearer":
        return posted.bearer
    scheme, _, said = posted.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        return b64decode(said, validate=True).decode("utf-8").partition(":")[2]
    except ValueError:
        return ""


def _claimed(proof: Proof, posted: Posted) -> bytes:
    if proof.header:
        said = posted.headers.get(proof.header.lower(), "")
    else:
        said = _all_fields(posted).get(proof.field, "")
    return (said.lower() if proof.encoding == "hex" else said).encode("utf-8", "replace")


def _signature(proof: Proof, posted: Posted, secret: str) -> bytes:
    signed = proof.between.encode().join(_part(part, proof, posted) for part in proof.signs)
    digest = hmac.digest(secret.encode(), signed, getattr(hashlib, proof.algorithm))
    return b64encode(digest) if proof.encoding == "base64" else digest.hex().encode()


def _part(part: str, proof: Proof, posted: Posted) -> bytes:
    if part == "url":
        return posted.url.encode()
    if part == "body":
        return posted.body
    if part == "form":
        return "".join(name + value for name, value in sorted(_fields("form", posted).items())).encode()
    if part == "fields":
        fields = {name: value for name, value in _all_fields(posted).items() if name != proof.field}
        return "".join(
            f"&{name}={value.replace('&', '_').replace('=', '_')}" for name, value in sorted(fields.items())
        ).encode()
    return posted.headers.get(part.removeprefix("header:").lower(), "").encode("utf-8", "replace")


def _all_fields(posted: Posted) -> Mapping[str, str]:
    """What the query or the body names, whichever there is, as strings."""
    if posted.headers.get("content-type", "").startswith("application/json"):
        try:
            said = json.loads(posted.body)
        except (ValueError, RecursionError):
            return {}
        return {name: str(value) for name, value in said.items()} if isinstance(said, dict) else {}
    return _fields("query", posted) | _fields("form", posted)
