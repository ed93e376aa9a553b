"""What stands on a mail besides its words: how to say «no more», where it comes back to, and nothing in disguise."""

import email
import re
from email.header import decode_header, make_header
from email.policy import default
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from trackmycrime.delivery import providers, unsubscribing
from trackmycrime.delivery.channels.smtp import SmtpChannel
from trackmycrime.delivery.channels.smtp.message import CannotBeSent, Letterhead, compose
from trackmycrime.delivery.channels.smtp.returning import Returning
from trackmycrime.kernel.ids import new_id

from .counterparts import mail_server
from .letters import NOW, letter

TO = "rhian.pritchard@example.org"
RETURNING = Returning.read("bounce@mail.example.org", b"k" * 32)
HEAD = Letterhead.read(
    "Heddlu De Cymru ŵ <no-reply@trackmycrime.example>",
    "Post <post@letters.example.net>",
    returning=RETURNING,
    one_click=lambda id_: f"https://my.trackmycrime.example/unsubscribe/t{id_.hex}",
)
ID = UUID("01939f5a-0000-7000-8000-00000000abcd")


def written(head: Letterhead = HEAD, **values: object) -> tuple[str, email.message.EmailMessage]:
    back, raw = compose(letter(**values), head=head, to=TO, at=NOW)
    return back, email.message_from_bytes(raw, policy=default)  # type: ignore[arg-type, return-value]


# ------------------------------------------------------------------ no more


def test_an_alert_can_be_stopped_with_one_click_and_by_mail() -> None:
    back, mail = written(id=ID)
    page, by_mail = (way.strip() for way in mail["List-Unsubscribe"].split(","))
    assert page == f"<https://my.trackmycrime.example/unsubscribe/t{ID.hex}>"
    assert by_mail == f"<mailto:{back}?subject=unsubscribe>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("purpose", ["invitation", "code", "reply"])
def test_what_was_asked_for_is_no_list(purpose: str) -> None:
    _, mail = written(purpose=purpose)
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None


def test_one_click_is_offered_only_where_the_portal_is_reached_by_https(settings: object) -> None:
    settings.TMC_PORTAL_URL = "http://127.0.0.1:8000"  # type: ignore[attr-defined]
    _, mail = written(providers.letterhead())
    assert mail["List-Unsubscribe"] is None
    settings.TMC_PORTAL_URL = "https://my.example.org/"  # type: ignore[attr-defined]
    _, mail = written(providers.letterhead(), id=ID)
    token = unsubscribing.token(ID)
    assert mail["List-Unsubscribe"] == f"<https://my.example.org/unsubscribe/{token}>"


def test_the_settings_make_the_letterhead(settings: object) -> None:
    settings.TMC_EMAIL_RETURN = "bounce@mail.example.org"  # type: ignore[attr-defined]
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example.net>"  # type: ignore[attr-defined]
    back, mail = written(providers.letterhead(), disguised=True, id=ID)
    found = providers.returning()
    assert found is not None
    assert found.letter(back) == ID
    assert mail["From"] == "Post <post@letters.example.net>"


def test_a_token_is_of_one_letter_and_cannot_be_made(settings: object) -> None:
    token = unsubscribing.token(ID)
    assert unsubscribing.dispatch_of(token) == ID
    for wrong in ("", "x", token[:-2], "A" + token[1:], unsubscribing.token(new_id())[:20] + token[20:], "ŵ"):
        assert unsubscribing.dispatch_of(wrong) in (None, ID if wrong == token else None)


# ----------------------------------------------------------------- disguise


def test_nothing_on_a_disguised_letter_says_who_writes() -> None:
    back, raw = compose(
        letter(disguised=True, subject="Something new in your account", body="Hello,\n\nDiolch, ŵyl."),
        head=HEAD,
        to=TO,
        at=NOW,
    )
    assert back.endswith("@letters.example.net")
    said = f"MAIL FROM:<{back}>\n{raw.decode()}".casefold()
    for word in ("trackmycrime", "police", "heddlu", "mail.example.org", "crime"):
        assert word not in said
    mail = email.message_from_bytes(raw, policy=default)
    assert mail["From"] == "Post <post@letters.example.net>"
    assert mail["List-Unsubscribe"] == f"<mailto:{back}?subject=unsubscribe>"
    assert mail["List-Unsubscribe-Post"] is None, "there is no page without the portal's name"


def test_a_disguised_letter_never_goes_out_under_the_other_sender() -> None:
    head = Letterhead.read("TrackMyCrime <no-reply@trackmycrime.example>", returning=RETURNING)
    with pytest.raises(CannotBeSent):
        compose(letter(disguised=True), head=head, to=TO, at=NOW)
    with mail_server() as server:
        outcome = SmtpChannel(server.url, head).send(letter(disguised=True))
        assert (outcome.result, outcome.answer) == ("never", "no-neutral-sender")
        assert server.connections == 0


@pytest.mark.parametrize("none", ["post", "Post <>", "Post <a b@example.org>", "Post <tŷ@example.org>"])
def test_a_sender_that_is_no_address_is_refused_at_the_start(none: str) -> None:
    with pytest.raises(ValueError, match="neutral sender"):
        Letterhead.read("a@example.org", none)
    with pytest.raises(ValueError, match="the sender"):
        Letterhead.read(none)


def test_a_senders_domain_in_another_script_goes_out_in_ascii() -> None:
    head = Letterhead.read("Heddlu <post@tŷ.example.org>")
    back, raw = compose(letter(), head=head, to=TO, at=NOW)
    assert back == "post@xn--t-foa.example.org"
    assert email.message_from_bytes(raw, policy=default)["From"] == f"Heddlu <{back}>"


# ------------------------------------------------------- the way back


def test_each_mail_has_a_return_address_of_its_own() -> None:
    with mail_server() as server:
        channel = SmtpChannel(server.url, HEAD)
        first, second = letter(), letter()
        assert [channel.send(each).result for each in (first, second)] == ["accepted"] * 2
        channel.close()
    senders = [mail.sender for mail in server.mails]
    assert [RETURNING.letter(sender) for sender in senders] == [first.id, second.id]
    assert [mail.message["Reply-To"] for mail in server.mails] == senders
    assert all(len(sender.partition("@")[0]) <= 64 for sender in senders)


def test_without_the_setting_mail_comes_back_to_the_sender() -> None:
    back, mail = written(Letterhead.read("TrackMyCrime <no-reply@trackmycrime.example>"))
    assert back == "no-reply@trackmycrime.example"
    assert mail["Reply-To"] is None


@given(st.uuids(), st.sampled_from([str.upper, str.lower, str.title]))
def test_a_return_address_survives_a_change_of_case(id_: UUID, change: object) -> None:
    assert RETURNING.letter(change(RETURNING.address(id_))) == id_  # type: ignore[operator]


def test_nobody_else_can_make_a_return_address() -> None:
    mine = RETURNING.address(ID)
    local, _, domain = mine.partition("@")
    other = Returning("bounce", "mail.example.org", b"K" * 32)
    assert RETURNING.letter(other.address(ID)) is None
    assert RETURNING.letter(mine.replace(ID.hex, new_id().hex)) is None
    for wrong in (
        "",
        "@",
        "bounce@mail.example.org",
        f"{local}x@{domain}",
        local[:-1] + f"@{domain}",
        f"x{mine}",
        f"bounce+{ID.hex}@{domain}",
        f"bounce+{ID.hex}.@{domain}",
        mine.replace("+", "-"),
        mine.replace(".", "\0", 1),
    ):
        assert RETURNING.letter(wrong) is None, wrong
    assert RETURNING.letter(f"<{mine}>") == ID
    assert RETURNING.letter(RETURNING.address(ID, "letters.example.net")) == ID


def test_a_return_address_is_found_in_a_returned_message() -> None:
    raw = f"Some words\r\nReturn-Path: <{RETURNING.address(ID)}>\r\n".encode()
    assert RETURNING.inside(raw) == ID
    assert RETURNING.inside(raw.replace(b".", b"=\r\n.", 1)) == ID, "quoted-printable may break it"
    assert RETURNING.inside(raw.replace(b"bounce+", b"bounce+0")) is None
    forged = raw.replace(ID.hex.encode(), new_id().hex.encode())
    assert RETURNING.inside(forged) is None
    assert RETURNING.inside(forged + raw) == ID


@pytest.mark.parametrize(
    "setting",
    ["bounce", "@example.org", "bo unce@example.org", "b+x@example.org", "sixteenletters.x@a.org", "a@b c"],
)
def test_a_return_setting_that_cannot_work_is_refused(setting: str) -> None:
    with pytest.raises(ValueError, match="return address"):
        Returning.read(setting, b"k" * 32)


# --------------------------------------------------------- lines and letters

_SIGNS = st.text(
    st.one_of(
        st.sampled_from("ŵŷâêîôûÂŴŶŶ’–«».=? \t\n"),
        st.characters(codec="utf-8", exclude_characters="\r", exclude_categories=["Cs"]),
    ),
    max_size=400,
)


@given(_SIGNS)
@example("Mae ŵyl yn y tŷ " * 40)
@example(".\n..\nFrom here\n=20\n" + "ŷ" * 300)
@example("x" * 2000)
@example("one\x0btwo\x0cthree\x85four\u2028five\x1csix")
def test_any_words_arrive_as_they_were_in_lines_that_every_server_takes(body: str) -> None:
    _, raw = compose(letter(body=body, language="cy"), head=HEAD, to=TO, at=NOW)
    lines = raw.split(b"\r\n")
    assert b"\n" not in b"".join(lines)
    assert b"\r" not in b"".join(lines)
    assert max(map(len, lines)) <= 998
    assert raw.isascii()
    assert b"\0" not in raw or "\0" in body
    mail = email.message_from_bytes(raw)
    charset = mail.get_content_charset()
    assert charset
    payload = mail.get_payload(decode=True)
    assert isinstance(payload, bytes)
    assert payload.decode(charset).replace("\r\n", "\n").strip("\n") == body.strip("\n")


@given(st.text(st.sampled_from("abc ŵŷâô’«–: ;,"), min_size=1, max_size=200))
@example(
    "Mae gennych ddiweddariad newydd am eich achos, ac mae ŵyl yn y tŷ hefyd; darllenwch ef pan fydd yn gyfleus"
)
def test_any_subject_arrives_folded_where_it_must_be(subject: str) -> None:
    _, raw = compose(letter(subject=subject), head=HEAD, to=TO, at=NOW)
    head, _, _ = raw.partition(b"\r\n\r\n")
    assert raw.isascii()
    assert max(map(len, head.split(b"\r\n"))) <= 998
    for word in re.findall(rb"=\?[^?]+\?[bq]\?[^?]*\?=", head):
        assert len(word) <= 75, "RFC 2047: an encoded word has at most 75 characters"
        make_header(decode_header(word.decode()))
    got = email.message_from_bytes(raw, policy=default)["Subject"]
    assert got.strip() == subject.strip()


def test_a_long_welsh_name_of_the_sender_is_folded() -> None:
    name = "Gwasanaeth dioddefwyr a thystion Heddlu Gogledd Cymru – tîm y gogledd-orllewin a’r tŷ"
    _, raw = compose(letter(), head=Letterhead.read(f"{name} <no-reply@trackmycrime.example>"), to=TO, at=NOW)
    assert max(map(len, raw.split(b"\r\n"))) <= 78
    said = email.message_from_bytes(raw)["From"]
    assert str(make_header(decode_header(said))) == f"{name} <no-reply@trackmycrime.example>"
