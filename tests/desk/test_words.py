"""An administrator changes what is sent, having seen exactly that; nobody else does, and nothing slips through."""

import re
from typing import Any

import pytest

from tests.desk.people import World, sign_in, world
from tests.support.doors import DoorClient
from trackmycrime.audit.models import Record
from trackmycrime.desk.reads.wording import OCCASIONS
from trackmycrime.desk.views.wording_forms import WordsForm
from trackmycrime.publish import own_words
from trackmycrime.publish.models import OwnWords
from trackmycrime.publish.wording import Template, piece, pieces

pytestmark = pytest.mark.django_db

MAIL = {
    "en_based": "0",
    "en_heading": "There is news for you",
    "en_body": "Go to {address} when you can.\r\n\r\nIn danger? Call 999.",
}
WELSH = {
    "cy_based": "0",
    "cy_heading": "Newyddion i chi",
    "cy_body": "Ewch i {address} pan allwch.\n\nMewn perygl? Ffoniwch 999.",
}


@pytest.fixture
def made() -> World:
    return world()


@pytest.fixture
def admin(made: World) -> DoorClient:
    return sign_in(made.force, "administrator")


def post(client: DoorClient, key: str, step: str = "preview", **said: str) -> Any:
    return client.post(f"/words/{key}/", {**said, "step": step})


def words(answer: Any) -> str:
    """What a person reads on the page."""
    main = answer.content.decode().split("<main", 1)[1]
    text = re.sub(r"<[^>]+>", " ", main)
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'").replace("&quot;", '"')


def test_the_list_says_of_each_text_whose_words_are_sent(made: World, admin: DoorClient) -> None:
    assert "your own, version" not in words(admin.get("/words/"))
    post(admin, "alert.email", "save", **MAIL)
    page = words(admin.get("/words/"))
    assert "your own, version 1" in page
    assert "DC Okafor" in page
    for name in ("Several things are new, in disguise", "Answer to a reply", "Last invitation", "Push"):
        assert name in page


def test_what_is_seen_before_the_yes_is_exactly_what_is_sent(
    made: World, admin: DoorClient, settings: Any
) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_EMAIL_FROM = "TrackMyCrime <hello@trackmycrime.example>"
    settings.TMC_PORTAL_URL = "https://trackmycrime.example/"
    seen = words(post(admin, "alert.email", **MAIL))
    assert "TrackMyCrime &lt;hello@trackmycrime.example&gt;" in seen
    assert "There is news for you" in seen
    assert "Go to https://trackmycrime.example when you can." in seen
    assert not OwnWords.objects.exists()
    answer = post(admin, "alert.email", "save", **MAIL)
    assert (answer.status_code, answer["Location"]) == (303, "/words/alert.email/?done=words_saved")
    assert own_words.now_sent(made.force, "alert.email")["en"].template == Template(
        MAIL["en_heading"], MAIL["en_body"].replace("\r\n", "\n")
    )
    act = Record.objects.get(action="words.changed")
    assert (act.force_id, act.object_id, act.detail) == (
        made.force.id,
        "alert.email",
        {"language": "en", "version": 1},
    )


def test_a_disguise_is_seen_from_whom_it_comes(admin: DoorClient, settings: Any) -> None:
    settings.TMC_EMAIL_URL, settings.TMC_EMAIL_FROM_NEUTRAL = "", ""
    assert "This channel is not set up" in words(admin.get("/words/alert.email/"))
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    assert "nothing is sent in disguise" in words(admin.get("/words/alert.disguise.email/"))
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example.net>"
    seen = words(admin.get("/words/alert.disguise.email/"))
    assert "Post &lt;post@letters.example.net&gt;" in seen
    assert "trackmycrime.invalid" not in seen


def test_a_text_message_is_seen_with_what_it_costs(admin: DoorClient) -> None:
    body = "News for you, with é. Sign in. In danger? Call 999."
    assert f"{len(body)} characters in GSM-7: 1 text message" in words(
        post(admin, "alert.text", en_based="0", en_body=body)
    )
    dear = body.replace("é", "ŵ") + " We can talk."
    assert "in UCS-2: 1 text message" in words(post(admin, "alert.text", en_based="0", en_body=dear))


@pytest.mark.parametrize("step", ["preview", "save"])
@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"en_body": "Your {name} is here. Call 999."}, "Take out {name}"),
        ({"en_body": "There is news on the burglary. Call 999."}, "Take out “burglary”"),
        ({"en_body": "Go to https://evil.example. Call 999."}, "A phone would make a link of it"),
        ({"en_body": "Go to {address.__class__}. Call 999."}, "Take out {address.__class__}"),
        ({"en_heading": ""}, "Write these words"),
        ({"en_body": ""}, "Write these words"),
        ({"en_based": "x"}, ""),
        ({"en_body": "x" * 100_000}, "characters long"),
    ],
)
def test_words_that_do_not_pass_are_never_saved_and_what_is_wrong_stands_at_its_field(
    admin: DoorClient, said: dict[str, str], wrong: str, step: str
) -> None:
    answer = post(admin, "alert.email", step, **(MAIL | said))
    assert answer.status_code == 422
    assert wrong in words(answer)
    assert not OwnWords.objects.exists()


def test_words_with_html_are_shown_as_text(admin: DoorClient) -> None:
    answer = post(
        admin, "alert.email", **(MAIL | {"en_body": "<script>alert(1)</script> {address} Call 999."})
    )
    assert answer.status_code == 422
    assert b"<script>alert" not in answer.content


def test_a_persons_name_is_warned_about(admin: DoorClient) -> None:
    seen = words(
        post(admin, "alert.email", **(MAIL | {"en_body": "Talk to Rhian Pritchard. In danger? Call 999."}))
    )
    assert "Do these words name somebody? Rhian Pritchard" in seen


def test_who_changes_what_somebody_else_has_changed_meanwhile_is_told(made: World, admin: DoorClient) -> None:
    other = sign_in(made.force, "administrator", "")
    assert post(other, "alert.email", "save", **MAIL).status_code == 303
    mine = MAIL | {"en_heading": "My news for you"}
    answer = post(admin, "alert.email", "save", **mine)
    assert answer.status_code == 409
    assert "Somebody else has changed these words" in words(answer)
    assert b'name="en_based" value="1"' in answer.content
    assert own_words.now_sent(made.force, "alert.email")["en"].version == 1
    assert post(admin, "alert.email", "save", **(mine | {"en_based": "1"})).status_code == 303
    assert own_words.now_sent(made.force, "alert.email")["en"].version == 2


def test_what_does_not_fit_when_it_is_saved_is_told_like_what_did_not_before(
    admin: DoorClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WordsForm, "clean", lambda form: form.cleaned_data)  # somebody saved in between
    answer = post(admin, "alert.email", "save", **(MAIL | {"en_body": "News on the burglary. Call 999."}))
    assert answer.status_code == 422
    assert "Take out “burglary”" in words(answer)
    assert not OwnWords.objects.exists()


def test_a_form_that_is_sent_twice_saves_once(made: World, admin: DoorClient) -> None:
    post(admin, "alert.email", "save", **MAIL)
    assert post(admin, "alert.email", "save", **MAIL).status_code == 422  # sent already
    assert OwnWords.objects.count() == 1


def test_the_history_shows_what_changed_and_leads_back(made: World, admin: DoorClient) -> None:
    post(admin, "alert.email", "save", **MAIL)
    post(admin, "alert.email", "save", **(MAIL | {"en_based": "1", "en_heading": "There is much for you"}))
    answer = admin.get("/words/alert.email/history/")
    page = words(answer)
    assert "There is taken out: news put in: much for you" in page
    assert "Version 2" in page
    assert "DC Okafor" in page
    forms = re.findall(r'<form class="tmc-above".*?</form>', answer.content.decode(), re.S)
    assert len(forms) == 2  # to version 1, and to the built-in words
    for n, form in enumerate(forms):
        said = {
            name: value.replace("&#x27;", "'").replace("&quot;", '"')
            for name, value in re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', form)
            if name != "csrfmiddlewaretoken"
        }
        if n:
            said["en_based"] = "3"
        seen = post(admin, "alert.email", **said)
        assert seen.status_code == 200
        assert post(admin, "alert.email", "save", **said).status_code == 303
    stands = own_words.now_sent(made.force, "alert.email")["en"]
    assert (stands.version, stands.built_in, stands.template) == (
        4,
        True,
        piece("alert.email").built_in("en"),
    )


def test_a_force_in_wales_has_both_languages_side_by_side_and_sees_them_in_one() -> None:
    made = world("south-wales", ("cy", "en"))
    admin = sign_in(made.force, "administrator")
    answer = admin.get("/words/alert.email/")
    assert b'name="cy_body"' in answer.content
    both = {**MAIL, "en_heading": "You have an update", "en_body": piece("alert.email").built_in("en").body}
    seen = words(post(admin, "alert.email", **both, **WELSH))
    assert "Newyddion i chi / You have an update" in seen
    assert post(admin, "alert.email", "save", **both, **WELSH).status_code == 303
    assert [(one.language, one.version) for one in OwnWords.objects.all()] == [("cy", 1)]


def test_a_force_that_writes_english_only_has_no_welsh_to_change(admin: DoorClient) -> None:
    assert b"cy_body" not in admin.get("/words/alert.email/").content
    post(admin, "alert.email", "save", **MAIL, **WELSH)
    assert [one.language for one in OwnWords.objects.all()] == ["en"]


def test_another_forces_words_are_not_seen(admin: DoorClient) -> None:
    theirs = world("essex")
    post(
        sign_in(theirs.force, "administrator"),
        "alert.email",
        "save",
        **(MAIL | {"en_heading": "News from Essex"}),
    )
    for address in ("/words/", "/words/alert.email/", "/words/alert.email/history/"):
        page = words(admin.get(address))
        assert "Essex" not in page
        assert "your own, version" not in page


@pytest.mark.parametrize("key", ["milestone.note", "alert.email_body", "nothing", "code.push"])
def test_what_is_no_text_that_may_be_changed_is_not_there(admin: DoorClient, key: str) -> None:
    assert admin.get(f"/words/{key}/").status_code == 404
    assert post(admin, key, "save", **MAIL).status_code == 404
    assert admin.get(f"/words/{key}/history/").status_code == 404


def test_the_preview_has_nobodys_code_and_nobodys_link(admin: DoorClient) -> None:
    said = {
        "en_based": "0",
        "en_heading": "Follow your case",
        "en_body": "Use this:\n\n{link}\n\nFor 72 hours. In danger? Call 999.",
    }
    seen = words(post(admin, "invitation.email", **said))
    assert "/start/3467CDFGHJKMNPQR2345" in seen


def test_each_text_says_in_words_when_it_is_sent() -> None:
    stems = {each.stem.removesuffix(".disguise") for each in pieces().values()}
    assert stems <= OCCASIONS.keys()
