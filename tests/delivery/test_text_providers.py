"""The text gateways that come with it: texts, answers and receipts, against a server that speaks as each publishes."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import product
from typing import Any

import pytest

from trackmycrime.delivery.channels.text_gateway import Account, TextGatewayChannel, outcome_of, receipts
from trackmycrime.delivery.channels.text_gateway.mapping import MappingError, TextGateway, load, read, ready
from trackmycrime.delivery.hearing import CannotBeRead, Posted
from trackmycrime.delivery.letters import Letter
from trackmycrime.delivery.meaning import loses_the_address

from .letters import letter
from .text_gateways import PASSWORD, PROVIDERS, SECRET, SENDER, USER, Running, gateway

NOW = datetime(2026, 11, 28, 10, 5, tzinfo=UTC)
OURS = "https://gateway.example.org/receipts/text/"
NOBODY = "+447700900000"
"""A number that each gateway refuses"""


def text(**values: Any) -> Letter:
    said = {"channel": "text", "address": "+447700900123", "subject": None, "body": "You have an update."}
    return letter(**(said | values))


@pytest.fixture(params=sorted(PROVIDERS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def mapping(name: str) -> TextGateway:
    return load(name)


@pytest.fixture
def running(name: str) -> Iterator[Running]:
    with gateway(name) as one:
        yield one


def opened(mapping: TextGateway, running: Running, **values: str) -> TextGatewayChannel:
    address = receipts.with_secret(mapping, OURS + mapping.name, SECRET)
    said = {"base": running.url, "user": USER, "password": PASSWORD, "sender": SENDER, "receipts": address}
    return TextGatewayChannel(mapping, Account(**(said | values)), timeout=10)


def test_a_gateway_is_ready_for_each_that_is_tested() -> None:
    assert set(ready()) == set(PROVIDERS)
    for name in ready():
        assert load(name).follows, "each names the description that it follows"


def test_a_text_arrives_whole_and_its_id_is_known(mapping: TextGateway, running: Running) -> None:
    sent = text(body="Mae diweddariad: Tŷ & llên = 100% +")
    outcome = opened(mapping, running).send(sent)
    assert outcome.result == "accepted"
    (taken,) = running.texts
    assert taken.to.removeprefix("+") == "447700900123"
    assert (taken.body, taken.sender) == (sent.body, SENDER)
    assert outcome.provider_id == taken.id or not mapping.answer.id
    assert taken.reference in ("", str(sent.id))
    assert taken.reference or outcome.provider_id


def test_unicode_is_said_where_it_must_be_said_and_only_then(running: Running, name: str) -> None:
    if name not in ("vonage", "textlocal"):
        pytest.skip("it sees by itself")
    channel = opened(load(name), running)
    channel.send(text(body="Llanfair Tŷ"))
    channel.send(text(body="You have an update. £5"))
    assert [one.unicode for one in running.texts] == [True, False]


def test_a_number_that_is_refused_is_refused_for_good_and_not_used_again(
    mapping: TextGateway, running: Running
) -> None:
    outcome = opened(mapping, running).send(text(address=NOBODY))
    assert outcome.result == "never"
    # Sinch says by the same word what else of a request is wrong
    assert outcome.nobody == (mapping.name != "sinch")
    assert "7700900000" not in outcome.answer
    assert running.texts == []


@pytest.mark.parametrize("values", [{"password": "wrong"}, {"sender": "nobody"}])
def test_what_is_wrong_with_us_is_not_held_against_a_text(
    mapping: TextGateway, running: Running, values: dict[str, str]
) -> None:
    if mapping.name == "plain" and "sender" in values:
        pytest.skip("it takes any sender")
    assert opened(mapping, running, **values).send(text()).result == "later"
    assert running.texts == []


def _infobip(status: str) -> dict[str, Any]:
    return {"messages": [{"messageId": "1", "status": {"groupName": "REJECTED", "name": status}}]}


@pytest.mark.parametrize(
    ("provider", "status", "said"),
    [
        ("infobip", 200, _infobip("REJECTED_PREPAID_PACKAGE_EXPIRED")),
        ("infobip", 200, _infobip("REJECTED_DESTINATION_NOT_REGISTERED")),
        ("twilio", 400, {"code": 21401, "message": "Invalid Phone Number"}),
    ],
)
def test_what_is_said_of_our_account_or_sender_is_not_held_against_a_number(
    provider: str, status: int, said: dict[str, Any]
) -> None:
    outcome = outcome_of(load(provider), status, json.dumps(said).encode())
    assert (outcome.result, outcome.nobody) == ("later", False)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_gateway_that_cannot_now_is_asked_later(
    mapping: TextGateway, running: Running, status: int
) -> None:
    running.rule = lambda asked: (status, b"busy")
    outcome = opened(mapping, running).send(text())
    assert (outcome.result, outcome.nobody) == ("later", False)


@pytest.mark.parametrize(
    ("said", "seconds"), [("90", 90), ("999999", 3600), ("Sat, 28 Nov 2026 11:00:00 GMT", None), ("-5", None)]
)
def test_a_gateway_that_asks_to_be_left_alone_is_left_alone(said: str, seconds: int | None) -> None:
    with gateway("plain") as running:
        channel = opened(load("plain"), running)
        running.headers = {"Retry-After": said}
        assert channel.send(text()).wait is None, "who takes a text need not be left alone"
        running.rule = lambda asked: (429, b"")
        wait = channel.send(text()).wait
        assert (wait.total_seconds() if wait else None) == seconds


def test_a_login_page_of_somebodys_network_is_no_yes(mapping: TextGateway, running: Running) -> None:
    if "accepted" not in mapping.answer.codes.values():
        pytest.skip("it says yes by the status alone")
    running.rule = lambda asked: (200, b"<html>please sign in</html>")
    assert opened(mapping, running).send(text()).result == "unclear"


@pytest.mark.parametrize("state", ["delivered", "failed", "later"])
def test_a_receipt_is_known_to_be_genuine_and_says_what_became_of_which_text(
    mapping: TextGateway, running: Running, state: str
) -> None:
    sent = text()
    outcome = opened(mapping, running).send(sent)
    posted = running.provider.receipt(running.texts[0], state, OURS + mapping.name)
    assert receipts.genuine(mapping, posted, SECRET)
    (receipt,) = receipts.read(mapping, posted, NOW).receipts
    assert (receipt.channel, receipt.result) == ("text", state)
    assert receipt.dispatch == sent.id or (receipt.dispatch is None and receipt.provider_id)
    if receipt.provider_id:
        assert receipt.provider_id == outcome.provider_id
    assert "900123" not in receipt.answer


def test_no_receipt_is_genuine_without_the_secret(mapping: TextGateway, running: Running) -> None:
    opened(mapping, running).send(text())
    url = OURS + mapping.name
    posted = running.provider.receipt(running.texts[0], "failed", url)
    assert not receipts.genuine(mapping, posted, "")
    assert not receipts.genuine(mapping, posted, SECRET + "x")
    bare = Posted(url, {"content-type": posted.headers.get("content-type", "")}, posted.body)
    if mapping.receipts.proof.field:
        bare = Posted(url, bare.headers, posted.body.replace(b'"sig"', b'"gis"'))
    assert not receipts.genuine(mapping, bare, SECRET)
    if mapping.receipts.proof.kind == "hmac":
        forged = posted.body.replace(b"ndelivered", b"nknown").replace(b"ailed", b"elivered")
        assert forged != posted.body
        assert not receipts.genuine(mapping, Posted(posted.url, posted.headers, forged), SECRET)


def test_a_failure_for_good_loses_the_address_and_one_of_the_text_does_not(
    mapping: TextGateway, running: Running
) -> None:
    opened(mapping, running).send(text())

    def lost(code: str) -> str:
        posted = running.provider.receipt(running.texts[0], "failed", OURS + mapping.name, code)
        (receipt,) = receipts.read(mapping, posted, NOW).receipts
        return loses_the_address(receipt.result, receipt.answer)

    assert lost("") == "bounced"
    for code in mapping.receipts.not_the_address:
        if code not in mapping.receipts.failed:
            assert lost(code) == "", code


def test_stop_is_heard_and_nothing_else_of_what_people_write(mapping: TextGateway, running: Running) -> None:
    if not mapping.receipts.reply_text:
        assert running.provider.reply("+447700900123", "STOP", OURS) is None
        pytest.skip("it posts no replies")
    for words, stops in (("STOP", ("+447700900123",)), ("he is at the door", ())):
        posted = running.provider.reply("+447700900123", words, OURS + mapping.name)
        assert posted
        assert receipts.genuine(mapping, posted, SECRET)
        told = receipts.read(mapping, posted, NOW)
        assert (told.stops, told.replies, told.receipts) == (stops, () if stops else ("+447700900123",), ())
        assert words not in repr(told)


def test_a_state_that_nobody_knows_says_nothing(mapping: TextGateway, running: Running) -> None:
    opened(mapping, running).send(text())
    running.provider.states = {"new": "PONDERING"}
    posted = running.provider.receipt(running.texts[0], "new", OURS + mapping.name)
    assert receipts.read(mapping, posted, NOW).receipts == ()


HOSTILE = [b"", b"{", b"[]", b'{"status": {}}', b"\xff\xfe", b"a=b&c", b"[" * 200_000, b"&=" * 5_000, b"\0"]


def test_nobody_gets_in_by_what_cannot_be_read(mapping: TextGateway) -> None:
    kinds = ("application/json", "application/x-www-form-urlencoded", "")
    for body, kind, said in product(HOSTILE, kinds, ("", "Bearer \udcff", "Basic =", "Basic 4oKs/w==")):
        headers = {"content-type": kind, "authorization": said, "x-twilio-signature": said}
        assert not receipts.genuine(mapping, Posted(f"{OURS}?token=%ff&sig", headers, body), SECRET)


@pytest.mark.parametrize("body", HOSTILE)
def test_what_is_not_of_the_form_is_refused(mapping: TextGateway, body: bytes) -> None:
    with pytest.raises(CannotBeRead):
        receipts.read(mapping, Posted(OURS, {"content-type": "application/json"}, body), NOW)


def test_a_disguised_text_goes_under_the_neutral_name_or_not_at_all() -> None:
    with gateway("plain") as running:

        def sent_from(sender: str, neutral: str) -> str:
            channel = opened(load("plain"), running, sender=sender, neutral=neutral)
            outcome = channel.send(text(disguised=True))
            return running.texts[-1].sender if outcome.result == "accepted" else outcome.answer

        for usual in ("KentPolice", "+447700900999", ""):
            assert sent_from(usual, "") == "no-neutral-sender"
            assert sent_from(usual, "Post") == "Post"


def test_what_is_no_number_is_not_sent() -> None:
    with gateway("plain") as running:
        outcome = opened(load("plain"), running).send(text(address="07700900123"))
        assert (outcome.result, running.texts) == ("never", [])


def test_what_a_gateway_needs_is_named(mapping: TextGateway) -> None:
    settings = {"user": "TMC_TEXT_USER", "password": "TMC_TEXT_PASSWORD", "from": "TMC_TEXT_FROM"}
    has = {"user": USER, "password": PASSWORD, "sender": SENDER, "base": "https://texts.example.org"}
    for needed in mapping.needs:
        lacking = has | {"sender" if needed == "from" else needed: ""}
        if needed == "base":
            lacking["base"] = ""
        with pytest.raises(ValueError, match=settings.get(needed, "TMC_TEXT_URL")):
            TextGatewayChannel(mapping, Account(**lacking))


GOOD = """
title = "One's own"
follows = "its manual"
[request]
url = "https://texts.example.org/"
json = { to = "{to}", words = "{text}", ref = "{reference}" }
[answer]
id = "/id"
[receipts]
format = "json"
id = "/id"
status = "/status"
delivered = ["yes"]
failed = ["no"]
proof = { kind = "bearer" }
"""


def test_a_mapping_of_ones_own_is_read(tmp_path: Any) -> None:
    assert read("own", GOOD).request.url == "https://texts.example.org/"
    file = tmp_path / "own.toml"
    file.write_text(GOOD)
    assert load(str(file)).name == "own"


@pytest.mark.parametrize(
    ("old", "new", "names"),
    [
        ('id = "/id"\n[receipts]', "[receipts]", "answer.id"),
        (GOOD[GOOD.index("[receipts]") :], "", "receipts.* is missing"),
        ('id = "/id"\nstatus', "status", "receipts.id.*receipts.reference"),
        ('id = "/id"\nstatus', 'id = "id"\nstatus', "JSON pointer"),
        ('status = "/status"\n', "", "receipts.status"),
        ('delivered = ["yes"]\n', "", "receipts.delivered"),
        ('failed = ["no"]\n', "", "receipts.failed"),
        ('proof = { kind = "bearer" }', "", "receipts.proof"),
        ('kind = "bearer"', 'kind = "trust"', "bearer, basic, query, hmac"),
        ('kind = "bearer"', 'kind = "hmac"', "header.*field"),
        ('"{to}"', '"{number}"', "{number}"),
        ('to = "{to}", ', "", "{to} or {digits}"),
        ('words = "{text}", ', "", "{text}"),
        ('id = "/id"\nstatus', 'reference = "/ref"\nstatus', ""),
        (', ref = "{reference}"', "", ""),
        ("https://texts.example.org/", "texts.example.org", "request.url"),
        ("title", "tilte", "nobody knows «tilte»"),
        ('follows = "its manual"\n', "", "follows"),
        ('format = "json"', 'format = "xml"', "json, form or query"),
        ("[request]", "[request", "TOML"),
        ('delivered = ["yes"]', 'delivered = "yes"', "receipts.delivered» is a list"),
        ("[answer]", "[answer]\nnever = 400", "answer.never» is a list"),
        (
            "[answer]",
            '[answer]\ncode = "/c"\ncodes = { accepted = "OK" }',
            "answer.codes.accepted» is a list",
        ),
        ("[answer]", "[answer]\nno_such_number = [7]", "answer.code» is missing"),
        (
            "[answer]",
            '[answer]\ncode = "/c"\nno_such_number = [7]\ncodes = { later = [7] }',
            "no_such_number» has 7, which «answer.codes» calls later",
        ),
        ("[request]", '[request]\nheaders = "X-Key"', "request.headers» is a table"),
    ],
)
def test_what_is_missing_in_a_mapping_is_named(old: str, new: str, names: str) -> None:
    assert old in GOOD
    changed = GOOD.replace(old, new)
    if not names:
        read("own", changed)
        return
    with pytest.raises(MappingError, match=f"(?s)own: .*{names}"):
        read("own", changed)


def test_a_reference_that_was_not_sent_cannot_come_back() -> None:
    changed = GOOD.replace(', ref = "{reference}"', "").replace(
        'id = "/id"\nstatus', 'reference = "/r"\nstatus'
    )
    with pytest.raises(MappingError, match=r"receipts\.reference.*{reference}"):
        read("own", changed)


def test_a_gateway_that_nobody_knows_is_named_with_those_that_there_are() -> None:
    with pytest.raises(MappingError, match=r"«pigeon».*clicksend.*vonage"):
        load("pigeon")
