"""Letters that an officer prints: PDF/UA with structure, in the right languages, for nobody they are not safe for."""

import io
import re
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from pypdf import PdfReader

from tests.desk.people import World, sign_in, world
from trackmycrime.audit.models import Record
from trackmycrime.desk import letters
from trackmycrime.desk.letters.content import From
from trackmycrime.people import codes
from trackmycrime.people.invitations import Invited, Sheet
from trackmycrime.people.letters import why_not
from trackmycrime.people.models import Invitation, Victim
from trackmycrime.tasks.models import Task

MM = 72 / 25.4
WHO = From(
    {"en": "South Wales Police", "cy": "Heddlu De Cymru"},
    {"en": "the Burglary Team", "cy": "y Tîm Bwrgleriaeth"},
    "https://my.example.org",
    date(2026, 11, 24),
)
TO = ["Rhian Pritchard", "12 Heol yr Eglwys", "Llandaf", "Caerdydd", "CF5 2LA"]
SHEET = Sheet("ABCD-2345", "desk", "none", "open", datetime(2026, 11, 27, tzinfo=UTC))


def invitation(**values: Any) -> letters.Letter:
    return letters.invitation(SHEET, WHO, **({"languages": ["en"], "to": TO} | values))


def news(**values: Any) -> letters.Letter:
    return letters.news(WHO, **({"languages": ["en"], "to": TO, "online": True} | values))


def read(letter: letters.Letter) -> PdfReader:
    return PdfReader(io.BytesIO(letters.pdf(letter)))


def text(pdf: PdfReader) -> str:
    return re.sub(r"\s+", " ", " ".join(page.extract_text() for page in pdf.pages))


def structure(pdf: PdfReader) -> list[Any]:
    """The tags of a PDF in reading order, each with its element."""
    found: list[Any] = []

    def walk(element: Any) -> None:
        element = element.get_object()
        if isinstance(element, list):
            for one in element:
                walk(one)
        elif isinstance(element, dict):
            if "/S" in element:
                found.append(element)
            if "/K" in element:
                walk(element["/K"])

    walk(pdf.root_object["/StructTreeRoot"]["/K"])
    return found


def tags(pdf: PdfReader) -> list[str]:
    return [str(element["/S"]) for element in structure(pdf)]


LETTERS = [
    invitation(),
    invitation(languages=["cy", "en"], large=True),
    invitation(to=()),
    news(),
    news(languages=["cy"], online=False),
    news(languages=["cy", "en"], large=True),
]


@pytest.mark.parametrize("letter", LETTERS, ids=range(len(LETTERS)))
def test_every_letter_says_that_it_is_accessible_and_has_what_that_takes(letter: letters.Letter) -> None:
    pdf = read(letter)
    assert pdf.root_object["/MarkInfo"]["/Marked"] == True  # noqa: E712 (a PDF's own truth)
    assert b"pdfuaid" in pdf.root_object["/Metadata"].get_object().get_data()
    assert str(pdf.root_object["/Lang"]) == f"{letter.parts[0].language}-GB"
    assert pdf.metadata
    assert pdf.metadata.title == " / ".join(part.title for part in letter.parts)
    assert pdf.root_object["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712 (it is no bool of Python)
    found = tags(pdf)
    assert found.count("/H1") == len(letter.parts)
    assert found.count("/Figure") == (len(letter.parts) if letter.qr else 0)
    assert found.index("/H1") < found.index("/H2")
    for element in structure(pdf):
        if element["/S"] == "/Figure":
            assert "https://my.example.org" in str(element["/Alt"])


def test_steps_are_a_list() -> None:
    found = tags(read(invitation()))
    assert found.count("/L") == 1
    assert found.count("/LI") == 3


def test_each_part_is_marked_with_its_language() -> None:
    said = {
        str(one["/Lang"]) for one in structure(read(invitation(languages=["cy", "en"]))) if "/Lang" in one
    }
    assert {"en-GB"} <= {one if "-" in one else f"{one}-GB" for one in said}


def test_an_invitation_holds_the_code_and_how_to_use_it() -> None:
    said = text(read(invitation()))
    for some in (
        *TO,
        "South Wales Police",
        "Tuesday 24 November 2026",
        "ABCD-2345",
        "https://my.example.org/start/",
    ):
        assert some in said, some
    assert said.index("Your code") < said.index("How to join") < said.index("Call 999")
    assert "the Burglary Team" in said


def test_the_square_leads_to_the_bare_address_and_the_code_is_typed() -> None:
    assert invitation().qr == news().qr == "https://my.example.org"


def test_a_letter_of_news_says_nothing_of_what() -> None:
    said = text(read(news()))
    assert "There is something new for you" in said
    assert "https://my.example.org" in said
    assert "ABCD" not in said
    without = text(read(news(online=False)))
    assert "example.org" not in without, "for whom the portal is not safe"
    assert "Call 101" in without


def test_where_the_language_is_not_known_welsh_comes_first_and_english_on_a_page_of_its_own() -> None:
    pdf = read(news(languages=["cy", "en"]))
    first, second = (re.sub(r"\s+", " ", page.extract_text()) for page in pdf.pages)
    assert "Mae rhywbeth newydd i chi" in first
    assert "Dydd Mawrth 24 Tachwedd 2026" in first
    assert "There is something new for you" in second
    assert "Heddlu De Cymru" in first
    assert "South Wales Police" in second


@pytest.mark.parametrize("large", [False, True])
def test_the_address_lies_in_the_window_whatever_the_print(large: bool) -> None:
    (page, *_) = read(news(large=large, to=[f"Line {n} of the address" for n in range(8)])).pages
    places: list[tuple[float, float]] = []

    def note(said: str, user: Any, matrix: Any, font: Any, size: float) -> None:
        if "of the address" in said:
            x = user[0] * matrix[4] + user[2] * matrix[5] + user[4]
            y = user[1] * matrix[4] + user[3] * matrix[5] + user[5]
            places.append((x / MM, (float(page.mediabox.height) - y) / MM))

    page.extract_text(visitor_text=note)
    assert places
    for x, y in places:
        assert 24 <= x <= 120
        assert 39.5 <= y <= 39.5 + 30


def test_large_print_is_eighteen_points() -> None:
    sizes = set()

    def note(said: str, user: Any, matrix: Any, font: Any, size: float) -> None:
        if "something new for you" in said or "does not say" in said:
            sizes.add(round(abs(size * matrix[3] * user[3])))

    for page in read(news(large=True)).pages:
        page.extract_text(visitor_text=note)
    assert min(sizes) >= 18


@pytest.mark.parametrize(
    "hostile",
    [
        '#read("/etc/passwd")', "#import \"x.typ\"", "*bold* _it_ $x^2$ `raw`", "= Heading", "\\u{41}", "<label> @ref",
        "// comment", "#sys.inputs", "O’Brien & Sons (1998) Ltd.", "Ŵŷn Ŷ Łukasz Žižek", '"}], "large": true',
    ],
)  # fmt: skip
def test_what_somebody_is_called_is_never_read_as_markup(hostile: str) -> None:
    pdf = read(news(to=[hostile, *TO[1:]]))
    assert hostile.replace(" ", "") in text(pdf).replace(" ", "")
    assert tags(pdf).count("/H1") == 1


def test_a_name_that_cannot_be_printed_is_refused_and_not_shown() -> None:
    with pytest.raises(letters.CannotBeSet) as refused:
        letters.pdf(news(to=["\U000130b8\U000130c0", *TO[1:]]))
    assert "\U000130b8" not in str(refused.value)


def test_a_letter_shows_nothing_of_itself_in_a_log() -> None:
    assert "Rhian" not in repr(news())


# at the desk

ADDRESS = {"lines": ["12 Heol yr Eglwys", "Caerdydd"], "postcode": "CF5 2LA"}


def part(made: World, **values: Any) -> Victim:
    """The victim, as the records system could have said."""
    victim = made.victim()
    victim.detail = victim.detail | {
        "address": values.pop("address", ADDRESS),
        "needs": values.pop("needs", []),
    }
    for name, value in values.items():
        setattr(victim, name, value)
    victim.save()
    return victim


def letter_task(made: World, victim: Victim) -> Task:
    return Task.objects.create(
        force=made.force, kind="tell_yourself", once="t", crime_id=victim.crime_id, victim_id=victim.id,
        created_at=datetime(2026, 11, 24, tzinfo=UTC), detail={"reason": "prefers letter"},
    )  # fmt: skip


@pytest.mark.django_db
def test_an_officer_makes_the_invitation_as_a_letter_and_it_is_written_down() -> None:
    made = world()
    victim = part(made)
    officer = sign_in(made.force, "officer")
    path = f"/people/{victim.id}/invitation/"
    assert "As a letter" in officer.get(path).content.decode()
    answer = officer.post(f"{path}letter/", {"large": "1"})
    assert (answer["Content-Type"], answer["Cache-Control"]) == ("application/pdf", "no-store")
    assert answer["Content-Disposition"] == 'inline; filename="letter.pdf"'
    said = text(PdfReader(io.BytesIO(answer.content)))
    assert Invitation.objects.get(victim=victim, state="open").activation_code in said
    assert "CF5 2LA" in said
    kept = Record.objects.get(action="letter.made")
    assert kept.detail == {"letter": "invitation", "large": True, "posted": True}
    assert Record.objects.filter(action="code.seen", object_id=str(victim.id)).exists()


@pytest.mark.django_db
def test_who_asked_for_letters_gets_one_in_their_language() -> None:
    made = world()
    victim = part(made, preferred_channel="letter", chosen_language="cy", needs=["large_print"])
    task = letter_task(made, victim)
    officer = sign_in(made.force, "officer")
    page = officer.get(f"/tasks/{task.id}/").content.decode()
    assert page.index("in large print") < page.index("in ordinary print"), (
        "for who needs large print it comes first"
    )
    answer = officer.post(f"/tasks/{task.id}/letter/")
    said = text(PdfReader(io.BytesIO(answer.content)))
    assert "Mae rhywbeth newydd i chi" in said
    assert "There is something new" not in said
    for secret in ("52/1", "urglary", "Gloucester"):
        assert secret not in said.replace("the Burglary Team", "").replace("Burglary Team", ""), secret
    assert Record.objects.get(action="letter.made").detail["task"] == str(task.id)
    assert Task.objects.get(id=task.id).done_at is None, "a letter that was made has not been sent"


NOT_SAFE: list[dict[str, Any]] = [
    {"needs": ["no_letters"]},
    {"disguise": True},
    {"safe_channels": ["phone"]},
    {"address": None},
    {"live": False},
    {"under_age": True, "safe_known": False, "safe_channels": None},
]
"""Whom no letter may be sent to"""


@pytest.mark.django_db
@pytest.mark.parametrize("values", NOT_SAFE)
def test_no_letter_is_made_where_it_is_not_safe(values: dict[str, Any]) -> None:
    made = world()
    victim = part(made, **values)
    task = letter_task(made, victim)
    officer = sign_in(made.force, "officer")
    assert "A letter to print" not in officer.get(f"/tasks/{task.id}/").content.decode()
    assert officer.post(f"/tasks/{task.id}/letter/").status_code == 404
    assert not Record.objects.filter(action="letter.made").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "values",
    [
        {"needs": ["no_letters"]},
        {"safe_channels": ["phone"]},
        {"under_age": True, "safe_known": False, "safe_channels": None},
    ],
)
def test_an_invitation_to_hand_over_has_no_address(values: dict[str, Any]) -> None:
    made = world()
    victim = part(made, **values)
    answer = sign_in(made.force, "officer").post(f"/people/{victim.id}/invitation/letter/")
    said = text(PdfReader(io.BytesIO(answer.content)))
    assert "CF5 2LA" not in said
    assert str(victim.detail["name"]) not in said, "what is handed over names nobody"
    assert Record.objects.get(action="letter.made").detail["posted"] is False


@pytest.mark.django_db
@pytest.mark.parametrize(("channels", "second"), [(None, "text"), (["letter"], "officer")])
def test_an_invitation_in_the_post_holds_one_half_of_what_it_takes(channels: Any, second: str) -> None:
    made = world()
    victim = part(made, safe_channels=channels, account=None, mobile_hash=b"m" * 32)
    officer = sign_in(made.force, "officer")
    path = f"/people/{victim.id}/invitation/"
    assert "A letter in the post" in officer.get(path).content.decode()
    before = Invitation.objects.get(victim=victim, state="open")
    answer = officer.post(f"{path}by-letter/")
    assert answer["Content-Type"] == "application/pdf"
    before.refresh_from_db()
    assert before.state == "revoked"
    sent = Invitation.objects.get(victim=victim, state="open")
    assert (sent.way, sent.second) == ("letter", second)
    said = text(PdfReader(io.BytesIO(answer.content)))
    assert "CF5 2LA" in said
    (code,) = set(re.findall("[A-Z0-9]{4}-[A-Z0-9]{4}-[A-Z0-9]{4}", said))
    assert bytes(sent.token_hash) == codes.start_hash(code)
    assert sent.activation_code not in said, "the other half goes another way"
    assert "second code" in said
    kept = Record.objects.get(action="letter.made")
    assert kept.detail == {"letter": "invitation", "large": False, "posted": True}
    assert "another sheet" not in said
    # the officer shows the second half, to say it
    assert sent.activation_code in officer.post(f"{path}code/").content.decode()


@pytest.mark.django_db
@pytest.mark.parametrize("values", [*NOT_SAFE, {"no_portal": True}])
def test_no_invitation_goes_into_the_post_where_that_is_not_safe(values: dict[str, Any]) -> None:
    made = world()
    victim = part(made, account=None, **values)
    officer = sign_in(made.force, "officer")
    before = set(Invitation.objects.values_list("id", "state"))
    assert "A letter in the post" not in officer.get(f"/people/{victim.id}/invitation/").content.decode()
    assert officer.post(f"/people/{victim.id}/invitation/by-letter/").status_code == 404
    assert set(Invitation.objects.values_list("id", "state")) == before


@pytest.mark.django_db
def test_a_letter_that_cannot_be_set_leaves_the_invitation_before_it() -> None:
    made = world()
    victim = part(made, account=None)
    victim.detail = victim.detail | {"name": "\U000130b8"}
    victim.save()
    before = set(Invitation.objects.values_list("id", "state"))
    officer = sign_in(made.force, "officer")
    answer = officer.post(f"/people/{victim.id}/invitation/by-letter/", follow=True)
    assert "The letter cannot be made" in answer.content.decode()
    assert set(Invitation.objects.values_list("id", "state")) == before
    assert not Record.objects.filter(action="letter.made").exists()


@pytest.mark.django_db
def test_a_code_that_is_all_it_takes_is_never_made_for_the_post() -> None:
    made = world()
    victim = part(made, account=None)
    officer = sign_in(made.force, "officer")
    officer.post(f"/people/{victim.id}/invitation/in-person/")
    said = text(PdfReader(io.BytesIO(officer.post(f"/people/{victim.id}/invitation/letter/").content)))
    assert "CF5 2LA" not in said
    assert str(victim.detail["name"]) not in said


@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_square_of_an_invitation_in_the_post_carries_its_code(language: Any) -> None:
    victim: Any = None
    sent = Invited(
        victim, UUID(int=1), "letter", "CDFG-HJKM-3467", datetime(2026, 12, 8, tzinfo=UTC), "officer", 1
    )
    letter = letters.posted(sent, WHO, [language], to=TO, large=False)
    assert letter.qr == "https://my.example.org/start/?code=CDFG-HJKM-3467"
    pdf = read(letter)
    assert tags(pdf).count("/LI") == 4
    assert "CDFG-HJKM-3467" in text(pdf)


@pytest.mark.django_db
def test_a_name_that_cannot_be_printed_is_said_to_the_officer() -> None:
    made = world()
    victim = part(made)
    victim.detail = victim.detail | {"name": "\U000130b8"}
    victim.save()
    answer = sign_in(made.force, "officer").post(f"/people/{victim.id}/invitation/letter/", follow=True)
    assert "The letter cannot be made" in answer.content.decode()
    assert not Record.objects.filter(action="letter.made").exists()


def test_the_window_shows_name_organisation_and_address() -> None:
    victim = Victim(detail={"name": "Sam Example", "organisation": "Example Ltd", "address": ADDRESS})
    assert letters.addressed(victim) == [
        "Sam Example",
        "Example Ltd",
        "12 Heol yr Eglwys",
        "Caerdydd",
        "CF5 2LA",
    ]


def test_of_nine_lines_the_last_two_share_one_and_none_is_lost() -> None:
    lines = [f"Line {n}" for n in range(1, 7)]
    victim = Victim(
        detail={
            "name": "Sam Example",
            "organisation": "Example Ltd",
            "address": {"lines": lines, "postcode": "CF5 2LA"},
        }
    )
    found = letters.addressed(victim)
    assert found == ["Sam Example", "Example Ltd", *lines[:5], "Line 6  CF5 2LA"]
    assert "Line 6 CF5 2LA" in text(read(news(to=found)))


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({}, "not_known"),
        ({"safe_known": True}, ""),
        ({"chosen_channel": "letter"}, ""),
        ({"preferred_channel": "letter"}, "not_known"),
    ],
)
def test_in_a_protected_case_somebody_must_have_said_that_it_is_safe(
    values: dict[str, Any], why: str
) -> None:
    victim = Victim(detail={"address": ADDRESS}, **values)
    assert why_not(victim, protected=True) == why
    assert why_not(victim, protected=False) == ""
