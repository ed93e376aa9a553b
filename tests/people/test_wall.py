"""The wall in the process: closed unless it says otherwise, and each request within its own person's rows."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection, transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.test import override_settings
from django.urls import URLPattern, URLResolver, clear_url_caches, get_resolver, path

from tests.people.making import (
    EMAIL,
    NOW,
    Counted,
    make_account,
    make_crime,
    make_force,
    make_officer,
    make_victim,
    sign_in,
)
from tests.support.doors import DoorClient, door_client
from trackmycrime.audit import api as audit
from trackmycrime.audit.models import Record
from trackmycrime.people import access
from trackmycrime.people.models import Account, Staff, Victim

pytestmark = pytest.mark.django_db


def mine(request: Any) -> HttpResponse:
    persons = sorted(Victim.objects.values_list("person", flat=True))
    return HttpResponse(f"{persons} {request.account.email}")


def staff_only(request: Any) -> HttpResponse:
    persons = sorted(Victim.objects.values_list("person", flat=True))
    return HttpResponse(f"{persons} {request.staff.role} {request.staff.officer_id}")


def acts(request: Any, then: str) -> HttpResponse:
    """Write something down, and then end in some way."""
    audit.record(audit.Actor("victim", str(request.account_id)), [audit.Act("tried")], force=None, now=NOW)
    if then == "fail":
        raise RuntimeError
    if then == "unavailable":
        return HttpResponse(status=503)
    if then == "missing":
        raise Http404
    return HttpResponse("done")


@access.open_to_all
def anybody(request: HttpRequest) -> HttpResponse:
    return HttpResponse(f"{connection.savepoint_ids!r}")


@access.needs("supervisor")
def supervisors(request: HttpRequest) -> HttpResponse:
    return HttpResponse("yes")


class Urls:
    urlpatterns = [
        path("mine/", mine),
        path("staff/", staff_only),
        path("act/<slug:then>/", acts),
        path("anybody/", anybody),
        path("supervisors/", supervisors),
    ]


@pytest.fixture(autouse=True)
def with_test_pages(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The doors' own pages, with a few more beside them."""
    for door in ("portal", "desk"):
        urls = importlib.import_module(f"trackmycrime.{door}.urls")
        monkeypatch.setattr(urls, "urlpatterns", [*urls.urlpatterns, *Urls.urlpatterns])
    clear_url_caches()
    yield
    clear_url_caches()


def routes(patterns: list[Any]) -> Iterator[URLPattern]:
    for each in patterns:
        if isinstance(each, URLResolver):
            yield from routes(each.url_patterns)
        else:
            yield each


OPEN = {
    "portal": {
        "home", "sign_in", "second_step", "sign_out", "help", "rights", "privacy", "cookies", "terms", "accessibility",
        "language", "join", "join_code", "join_text", "join_account", "join_existing", "join_not_for_me", "join_link",
        "other_version", "unsubscribe", "manifest", "worker", "session_left", "safety", "lost", "join_again", "tab",
        "helping_link", "helping_code", "helping_account", "helping_not_for_me",
        "sign_in_code", "sign_in_code_typed", "look", "look_case", "look_code", "look_end",
        "sign_in_passkey", "sign_in_app", "sign_in_recovery",
        "one_login_there", "one_login_back", "one_login_logout", "one_login_confirm", "one_login_connect",
        "one_login_start", "one_login_join", "signed_out",
    },
    "desk": {
        "sign_in", "second_step", "sign_out", "set_up", "other_version", "language",
        "sign_in_passkey", "sign_in_app", "sign_in_recovery", "session_left",
        "provider", "provider_back", "provider_again", "provider_confirm", "provider_logout",
        "signed_out",
    },
}  # fmt: skip


@pytest.mark.parametrize("door", ["portal", "desk"])
def test_only_named_pages_are_open(door: str) -> None:
    found = {
        str(route.name) for route in routes(get_resolver(f"trackmycrime.{door}.urls").url_patterns)
        if access.is_open(route.callback) and route.callback is not anybody
    }  # fmt: skip
    assert found <= OPEN[door]


@pytest.mark.parametrize("door", ["portal", "desk"])
@pytest.mark.parametrize("page", ["/mine/", "/staff/", "/supervisors/"])
def test_nobody_signed_in_is_sent_to_sign_in(door: str, page: str) -> None:
    answer = door_client(door).get(page)
    assert (answer.status_code, answer.headers["Location"]) == (
        302,
        f"/sign-in/?next={page.replace('/', '%2F')}",
    )


def test_a_form_sent_after_the_session_ended_leads_back_to_its_page() -> None:
    client = door_client("portal")
    client.cookies["portal"] = "ended" * 8
    answer = client.post("/mine/", HTTP_REFERER="http://testserver/messages/", HTTP_HOST="localhost")
    assert answer.headers["Location"] == "/sign-in/?ended=1"
    answer = client.post("/mine/", HTTP_REFERER="http://localhost/messages/", HTTP_HOST="localhost")
    assert answer.headers["Location"] == "/sign-in/?next=%2Fmessages%2F"


def two_victims() -> tuple[Any, Any]:
    force, other = make_force("kent"), make_force("essex")
    one, two = make_account(EMAIL), make_account("other@example.org")
    make_victim(make_crime(force), "mine", account=one)
    make_victim(make_crime(other), "mine-elsewhere", account=one)
    make_victim(make_crime(force, "46/2/26"), "theirs", account=two)
    make_victim(make_crime(force, "46/3/26"), "withdrawn", account=one, live=False)
    return force, other


def test_a_victim_sees_the_rows_of_their_account_in_all_forces_and_no_others() -> None:
    two_victims()
    client, _ = sign_in("portal")
    assert client.get("/mine/").content.decode() == f"['mine', 'mine-elsewhere'] {EMAIL}"


def test_without_the_policy_this_suite_would_notice() -> None:
    two_victims()
    client, _ = sign_in("portal")
    with connection.cursor() as cursor:
        cursor.execute("create policy broken on people_victim for select to tmc_portal using (true)")
    assert "theirs" in client.get("/mine/").content.decode()
    with connection.cursor() as cursor:
        cursor.execute("drop policy broken on people_victim; drop policy portal_0 on people_victim")
    assert client.get("/mine/").content.decode().startswith("[] ")


def entered(account: Account) -> DoorClient:
    """An officer at the desk who has shown enough."""
    client = door_client("desk")
    client.enter(account, "password", "app")
    return client


def test_an_officer_sees_the_rows_of_their_force_and_no_others() -> None:
    force, other = two_victims()
    client = entered(make_officer(force, "jo@example.org", "supervisor", officer_id="5512"))
    assert client.get("/staff/").content.decode() == "['mine', 'theirs', 'withdrawn'] supervisor 5512"
    elsewhere = entered(make_officer(other, "al@example.org"))
    assert elsewhere.get("/staff/").content.decode() == "['mine-elsewhere'] officer "


def test_a_role_opens_what_it_should_and_no_more() -> None:
    force = make_force()
    supervisor, officer = (
        make_officer(force, f"{who}@example.org", who) for who in ("supervisor", "officer")
    )
    assert entered(supervisor).get("/supervisors/").status_code == 200
    assert entered(officer).get("/supervisors/").status_code == 403
    with pytest.raises(ValueError, match="needs one or more"):
        access.needs("chief")


def test_who_leaves_the_staff_is_out_at_the_next_page() -> None:
    account = make_officer(make_force())
    client = entered(account)
    assert client.get("/staff/").status_code == 200
    Staff.objects.filter(account=account).update(active=False)
    assert client.get("/staff/").headers["Location"].startswith("/sign-in/")


@pytest.mark.parametrize(
    ("then", "status", "kept"),
    [("finish", 200, True), ("missing", 404, True), ("fail", 500, False), ("unavailable", 503, False)],
)
def test_an_answer_of_500_and_above_undoes_what_the_page_did(then: str, status: int, kept: bool) -> None:
    make_account()
    client, _ = sign_in("portal")
    client.raise_request_exception = False
    assert client.get(f"/act/{then}/").status_code == status
    assert Record.objects.filter(action="tried").exists() is kept


def test_an_open_page_runs_outside_any_transaction() -> None:
    with transaction.atomic():
        depth = len(connection.savepoint_ids)
        answer = door_client("portal").get("/anybody/")
    assert answer.content.decode().count("'") / 2 == depth


def test_a_page_costs_three_statements_beside_its_own() -> None:
    make_account()
    client, _ = sign_in("portal")
    with connection.execute_wrapper(counted := Counted()):
        client.get("/mine/")
    own = [each for each in counted.said if "savepoint" not in each and "role" not in each]
    kinds = ["people_portal_session", "set_config", "people_victim", "people_account", "set_config"]
    assert len(own) == len(kinds)
    assert all(kind in each for kind, each in zip(kinds, own, strict=True))


def test_settings_name_the_walls() -> None:
    for door, wall in (("portal", "AccountWall"), ("desk", "StaffWall")):
        module = importlib.import_module(f"trackmycrime.config.settings.{door}")
        with override_settings():
            order = [name.rpartition(".")[2] for name in module.MIDDLEWARE]
        assert order.index("SessionMiddleware") < order.index("CsrfViewMiddleware") < order.index(wall)
