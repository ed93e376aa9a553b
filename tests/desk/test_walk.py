"""A walk over every route of the desk: who is not signed in, another force's ids, a missing right, a wrong method.

A new route is walked by itself; it turns this red until it is shut in all four ways.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLPattern, URLResolver

from tests.desk.people import World, held, quarantined, sign_in, world
from tests.people.helping import let_in, organisation
from tests.support.doors import DoorClient, door_client
from trackmycrime.alerts.models import Alert
from trackmycrime.desk import urls
from trackmycrime.desk.rights import ROLES, Act, may
from trackmycrime.feed.models import Event
from trackmycrime.people.access import is_open
from trackmycrime.tasks.models import Task

pytestmark = pytest.mark.django_db

OPEN = {
    "sign_in", "sign_out", "signed_out", "second_step", "set_up", "design:other_version",
    "provider", "provider_back", "provider_again", "provider_confirm", "provider_logout",
    "sign_in_passkey", "sign_in_app", "sign_in_recovery", "session_left",
}  # fmt: skip
READ_ONLY = {
    "start", "cases", "case", "record", "held", "messages", "invitation", "quarantine", "quarantine_event", "alert",
    "log", "log_csv", "log_ndjson", "channels",
    "words", "words_history", "account", "factor_needed", "sharing", "devices",
}  # fmt: skip
NOT_YET = {"lift", "switch", "release_channel"}
"""What is not there as long as nothing is withheld, protected or held"""
WRITE_ONLY = {
    "passkey_name", "passkey_remove", "code_app_remove", "release", "code", "invitation_letter", "invite_by_letter",
    "end_access", "close_organisation", "news_letter", "invite_again", "in_person", "revoke", "quarantine_replay",
    "devices_end", "devices_end_all", "session_stay",
}  # fmt: skip


def walk(patterns: Any, space: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            inner = f"{pattern.namespace or pattern.app_name}:" if pattern.app_name else ""
            yield from walk(pattern.url_patterns, space + inner)
        else:
            yield f"{space}{pattern.name}", pattern


ROUTES = dict(walk(urls.urlpatterns))
GUARDED = sorted(set(ROUTES) - OPEN)


def ids_of(made: World) -> dict[str, Any]:
    """One id of each kind that an address can hold."""
    entry = held(made)
    made.write("Is there news?")
    task = Task.objects.filter(force=made.force, done_at=None).first()
    assert task is not None
    alert = Alert.objects.filter(force=made.force).first()
    assert alert is not None
    return {
        "alert_id": alert.id,
        "channel": "email",
        "text_key": "alert.email",
        "crime_id": made.crime().id,
        "victim_id": made.victim().id,
        "entry_id": entry,
        "task_id": task.id,
        "passkey": uuid.uuid4(),
        "access_id": let_in(made.victim()).id,
        "organisation_id": organisation(made.force).id,
        "name": "x",
        "event_id": quarantined(made, f"Q{len(Event.objects.all())}"),
    }


class Desk:
    """Somebody of each role at one desk; a page is asked for by one who may open it."""

    def __init__(self, made: World) -> None:
        self.clients = {role: sign_in(made.force, role) for role in ("supervisor", "administrator")}

    def who(self, name: str) -> DoorClient:
        return self.clients["supervisor" if may("supervisor", ROUTES[name].callback.act) else "administrator"]  # type: ignore[attr-defined]


def address(name: str, ids: dict[str, Any]) -> str:
    from django.urls import reverse

    pattern = ROUTES[name]
    wanted = {key: ids[key] for key in pattern.pattern.converters}
    return reverse(name, urlconf="trackmycrime.desk.urls", kwargs=wanted)


def test_only_signing_in_and_static_files_are_open() -> None:
    assert {name for name, route in ROUTES.items() if is_open(route.callback)} | {
        "design:other_version"
    } == OPEN
    assert all(isinstance(getattr(ROUTES[name].callback, "act", None), Act) for name in GUARDED)


@pytest.fixture
def made() -> World:
    return world()


def test_nobody_signed_in_is_sent_to_sign_in(made: World) -> None:
    ids = ids_of(made)
    for name in GUARDED:
        for method in ("get", "post"):
            answer = getattr(door_client("desk"), method)(address(name, ids))
            assert (name, answer.status_code) == (name, 302)
            assert answer["Location"].startswith("/sign-in/"), name


def test_a_victim_cannot_come_in(made: World) -> None:
    client = door_client("desk")
    answer = client.post("/sign-in/", {"email": "p1@example.org", "password": "three random words"})
    assert answer.status_code == 200
    assert client.get("/").status_code == 302


def test_another_forces_ids_are_the_same_404_as_ids_that_never_were(made: World) -> None:
    other = world("south-wales")
    theirs = ids_of(other)
    nothing = {key: uuid.uuid4() for key in theirs}
    theirs["text_key"] = "milestone.note"  # the texts are the same in all forces: one that nobody may change
    desk = Desk(made)
    for name in GUARDED:
        if not ROUTES[name].pattern.converters.keys() - {"channel"}:
            continue
        client = desk.who(name)
        method = "post" if name in WRITE_ONLY else "get"
        answers = [getattr(client, method)(address(name, ids)) for ids in (theirs, nothing)]
        assert [(name, answer.status_code) for answer in answers] == [(name, 404)] * 2
        assert answers[0].content == answers[1].content, name
        if name not in READ_ONLY | WRITE_ONLY:
            assert client.post(address(name, theirs), {"reason": "x"}).status_code == 404, name


def test_a_victim_of_another_case_is_no_tab_of_this_one(made: World) -> None:
    other = world("south-wales")
    client = sign_in(made.force)
    for wrong in (other.victim().id, uuid.uuid4(), "x"):
        assert client.get(f"/cases/{made.crime().id}/?v={wrong}").status_code == 404


@pytest.mark.parametrize("role", ROLES)
def test_a_role_reaches_what_the_table_says_and_no_more(
    made: World, role: str, subtests: pytest.Subtests
) -> None:
    ids = ids_of(made)
    client = sign_in(made.force, role)
    for name in GUARDED:
        act = ROUTES[name].callback.act  # type: ignore[attr-defined]
        with subtests.test(role=role, page=name):
            if not may(role, act):
                for method in ("get", "post"):
                    assert getattr(client, method)(address(name, ids)).status_code == 403
            elif name in WRITE_ONLY:
                assert client.post(address(name, ids)).status_code in (200, 204, 302, 303, 404)
                ids["organisation_id"] = organisation(made.force).id  # that one may be closed now
                if act is Act.OWN_SIGN_IN:  # it may have ended this very session
                    client = sign_in(made.force, role)
            elif name in NOT_YET:
                assert client.get(address(name, ids)).status_code in (200, 303, 404)
            else:
                assert client.get(address(name, ids)).status_code == 200


def test_an_auditor_changes_nothing_on_pages_that_others_write_on(made: World) -> None:
    ids = ids_of(made)
    client = sign_in(made.force, "auditor")
    form = {"text": "Hello", "note": "Done", "once": str(uuid.uuid4())}
    for name in ("thread", "task"):
        answer = client.post(address(name, ids), form)
        assert answer.status_code == 200
        assert b"<textarea" not in answer.content
    assert Task.objects.filter(id=ids["task_id"], done_at=None).exists()
    assert made.victim().message_set.get().read_at is None  # type: ignore[attr-defined]


def test_a_wrong_method_is_refused(made: World) -> None:
    ids = ids_of(made)
    desk = Desk(made)
    for name in GUARDED:
        client = desk.who(name)
        wrong = ["delete", "put", "patch"]
        wrong += ["post"] if name in READ_ONLY else ["get", "head"] if name in WRITE_ONLY else []
        for method in wrong:
            answer = getattr(client, method)(address(name, ids))
            assert (name, method, answer.status_code) == (name, method, 405)


def test_a_form_without_its_token_is_refused_everywhere(made: World) -> None:
    ids = ids_of(made)
    desk = Desk(made)
    for name in sorted(set(GUARDED) - READ_ONLY):
        client = desk.who(name)
        client.handler.enforce_csrf_checks = True
        answer = client.post(address(name, ids), {"reason": "x"})
        assert (name, answer.status_code) == (name, 403)
        assert b"open for too long" in answer.content


def test_somebody_who_has_left_the_staff_is_out_at_once(made: World) -> None:
    from trackmycrime.people.models import Staff

    client = sign_in(made.force)
    assert client.get("/").status_code == 200
    Staff.objects.update(active=False)
    assert client.get("/").status_code == 302


def test_no_address_and_no_title_holds_a_name_a_place_or_a_reference(made: World) -> None:
    import re

    ids = ids_of(made)
    desk = Desk(made)
    for name in sorted(set(GUARDED) - WRITE_ONLY - NOT_YET - {"log_csv", "log_ndjson"}):
        client = desk.who(name)
        where = address(name, ids)
        title = re.search(r"<title>(.*?)</title>", client.get(where).content.decode(), re.S)
        assert title
        for secret in ("52/1", "Rhian", "Gloucester", "Burglary"):
            assert secret not in title.group(1) + where, name
