"""Officers who sign in by their force's own OpenID provider, a real one: let in, given a role, asked again, closed."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from tests.desk.people import PASSWORD as LOCAL
from tests.desk.people import staff as local_officer
from tests.support.doors import DoorClient, door_client, role
from tests.support.events import START, make_force
from tests.support.provider import PASSWORD, Provider, query_of
from trackmycrime.audit.models import Record
from trackmycrime.forces.models import Force
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.limits import hit
from trackmycrime.kernel.scope import bound
from trackmycrime.people.models import Account, DeskSession, ForceProvider, Identity, ProviderSession, Staff
from trackmycrime.people.openid import going, staff, told

pytestmark = [pytest.mark.django_db, pytest.mark.processes, pytest.mark.usefixtures("honest")]

BACK = "http://127.0.0.1:8001/sign-in/back/"
OUT = "http://127.0.0.1:8001/signed-out/"
ROLES = {
    "TMC officers": "officer",
    "TMC supervisors": "supervisor",
    "TMC administrators": "administrator",
    "TMC auditors": "auditor",
}
_count = iter(range(1, 10_000))


class Desk:
    """A force whose staff sign in by the provider, and somebody who is known there."""

    def __init__(self, openid: Provider, slug: str = "avon-and-somerset", **more: Any) -> None:
        self.openid = openid
        self.force: Force = make_force(slug)
        self.client_id = openid.client(BACK, logout=OUT)
        values = {
            "scope": "openid email offline_access",
            "role_claim": "roles",
            "roles": ROLES,
            "changed_at": START,
        }
        self.row = ForceProvider.objects.create(
            force=self.force, issuer=openid.issuer, client_id=self.client_id, secret=PASSWORD, **values | more
        )
        self.name = ""
        self.new()

    def new(self, roles: Any = ("TMC officers",), **claims: Any) -> str:
        """Somebody new at the provider."""
        self.name = f"officer{next(_count)}"
        self.email = f"{self.name}@police.example.org"
        self.somebody = self.openid.browser()
        told = {"email": self.email, "email_verified": True, "roles": list(roles)} | claims
        return self.openid.person(self.name, **told)

    def walk(self, client: DoorClient, address: str) -> Any:
        """Follow an address of the desk to the provider and back, and on to where it leads."""
        sent = client.get(address)
        assert sent.status_code == 302, sent.content.decode()
        return client.get(self.somebody.walk(sent["Location"], self.name))

    def sign_in(self, client: DoorClient | None = None, onward: str = "/") -> tuple[DoorClient, Any]:
        client = client or door_client("desk")
        return client, self.walk(client, f"/sign-in/with/{self.force.slug}/?next={onward}")

    def come_in(self) -> DoorClient:
        client, answer = self.sign_in()
        assert (answer.status_code, answer.get("Location")) == (302, "/"), answer.content.decode()
        return client

    @property
    def account(self) -> Account:
        return Identity.objects.latest("created_at").account

    def due(self) -> None:
        """A quarter of an hour goes by."""
        ProviderSession.objects.update(checked_at=utc_now() - timedelta(minutes=16))


@pytest.fixture
def desk(openid: Provider) -> Desk:
    return Desk(openid)


def acts(force: Force) -> list[str]:
    return list(Record.objects.filter(force_id=force.pk).order_by("id").values_list("action", flat=True))


# ---------------------------------------------------------------- in


@pytest.mark.parametrize(("group", "role"), ROLES.items())
def test_the_role_comes_from_the_claims(desk: Desk, group: str, role: str) -> None:
    desk.new([group, "Canteen"])
    client = desk.come_in()
    assert Staff.objects.get(account=desk.account).role == role
    assert client.get("/").status_code == 200
    assert client.get("/cases/").status_code == (403 if role == "administrator" else 200)
    assert "staff_made_by_provider" in acts(desk.force)


@pytest.mark.parametrize("roles", [[], ["Canteen"], ["TMC officers", "TMC administrators"], ["tmc officers"]])
def test_without_one_role_nobody_comes_in_and_no_account_is_made(desk: Desk, roles: list[str]) -> None:
    desk.new(roles)
    client, answer = desk.sign_in()
    assert answer.status_code == 403
    assert client.get("/").status_code == 302
    assert not Account.objects.filter(kind="officer").exists()
    assert acts(desk.force)[-1] == "provider_refused"


def test_the_sign_in_page_leads_there_and_the_way_on_is_kept(desk: Desk) -> None:
    client = door_client("desk")
    page = client.get("/sign-in/?next=/cases/").content.decode()
    assert f"/sign-in/with/{desk.force.slug}/?next=/cases/" in page
    assert desk.sign_in(client, "/cases/")[1]["Location"] == "/cases/"
    assert desk.sign_in(door_client("desk"), "https://elsewhere.example.org/")[1]["Location"] == "/"


def test_the_same_person_has_one_account_and_is_known_by_the_subject_alone(desk: Desk) -> None:
    desk.come_in()
    desk.openid.claims(desk.name, email="married@police.example.org")
    desk.come_in()
    assert Account.objects.filter(kind="officer").count() == 1


def test_one_persons_email_on_anothers_subject_is_not_that_person(desk: Desk) -> None:
    mine = local_officer(desk.force, "supervisor")
    mine.account.save()
    desk.new(email=mine.account.email)
    assert desk.sign_in()[1].status_code == 403
    assert acts(desk.force)[-1] == "provider_taken"
    assert not Identity.objects.exists()


@pytest.mark.parametrize("verified", [True, False])
def test_an_account_that_is_there_is_adopted_only_where_the_force_says_so_and_the_email_is_verified(
    openid: Provider, verified: bool
) -> None:
    desk = Desk(openid, adopt=True)
    mine = local_officer(desk.force, "supervisor")
    desk.new(email=mine.account.email, email_verified=verified)
    desk.come_in()
    mine.refresh_from_db()
    assert (desk.account == mine.account) is verified
    assert (mine.role, mine.by_provider) == (("officer", True) if verified else ("supervisor", False))
    answer = door_client("desk").post("/sign-in/", {"email": mine.account.email, "password": LOCAL})
    assert (answer.status_code == 200) is verified, "a password would outlive what the provider says"


def test_an_account_of_another_force_is_never_adopted(openid: Provider) -> None:
    desk = Desk(openid, adopt=True)
    theirs = local_officer(make_force("south-wales"), "supervisor")
    desk.new(email=theirs.account.email)
    assert desk.sign_in()[1].status_code == 403
    theirs.refresh_from_db()
    assert theirs.active
    assert not theirs.by_provider


def test_the_same_subject_at_another_provider_is_somebody_else(openid: Provider, desk: Desk) -> None:
    desk.come_in()
    first = desk.account
    other = Desk(openid, "south-wales")
    ForceProvider.objects.filter(pk=other.row.pk).update(issuer=openid.issuer)
    other.name, other.somebody = desk.name, openid.browser()
    answer = other.sign_in()[1]
    assert answer.status_code == 403, "an identity of one force opens no other"
    assert Staff.objects.get(account=first).force_id == desk.force.pk


# ---------------------------------------------------------------- on the way


def test_what_comes_back_is_taken_once_and_only_from_the_browser_that_was_sent(desk: Desk) -> None:
    client, other = door_client("desk"), door_client("desk")
    sent = client.get(f"/sign-in/with/{desk.force.slug}/")["Location"]
    back = desk.somebody.walk(sent, desk.name)
    assert other.get(back).status_code == 400
    assert client.get(back).status_code == 302
    assert client.get("/").status_code == 200
    assert client.get(back).status_code == 400


def test_a_state_lives_ten_minutes(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    from trackmycrime.people.openid import going

    client = door_client("desk")
    back = desk.somebody.walk(client.get(f"/sign-in/with/{desk.force.slug}/")["Location"], desk.name)
    monkeypatch.setattr(going, "LIFE", timedelta(0))
    assert client.get(back).status_code == 400


def test_an_answer_of_another_issuer_is_not_taken(desk: Desk) -> None:
    client = door_client("desk")
    back = desk.somebody.walk(client.get(f"/sign-in/with/{desk.force.slug}/")["Location"], desk.name)
    assert client.get(back + "&iss=https://elsewhere.example.org").status_code == 400


def test_the_session_gets_a_new_key(desk: Desk) -> None:
    client = door_client("desk")
    client.get(f"/sign-in/with/{desk.force.slug}/")
    before = client.cookies["desk"].value
    desk.sign_in(client)
    assert client.cookies["desk"].value != before


@pytest.mark.parametrize(
    "lie", [{"aud": "another"}, {"iss": "https://elsewhere.example.org"}, {"nonce": "x"}]
)
def test_a_token_that_is_not_right_lets_nobody_in(desk: Desk, lie: dict[str, str]) -> None:
    desk.openid.lie(**lie)
    client, answer = desk.sign_in()
    assert answer.status_code == 403
    assert client.get("/").status_code == 302
    assert acts(desk.force)[-1] == "provider_refused"


def test_what_is_asked_holds_state_nonce_and_challenge(desk: Desk) -> None:
    asked = query_of(door_client("desk").get(f"/sign-in/with/{desk.force.slug}/")["Location"])
    assert {"state", "nonce", "code_challenge"} <= asked.keys()
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == BACK


def test_a_force_without_a_provider_and_one_that_never_was_are_the_same_404(desk: Desk) -> None:
    make_force("south-wales")
    answers = [door_client("desk").get(f"/sign-in/with/{slug}/") for slug in ("south-wales", "nowhere")]
    assert [answer.status_code for answer in answers] == [404, 404]
    assert answers[0].content == answers[1].content


def test_a_provider_that_does_not_answer_is_said(desk: Desk) -> None:
    ForceProvider.objects.update(issuer="http://127.0.0.1:1")
    assert door_client("desk").get(f"/sign-in/with/{desk.force.slug}/").status_code == 503


# ---------------------------------------------------------------- closed


def test_at_the_next_sign_in_a_claim_that_ended_closes_the_account_and_every_session(desk: Desk) -> None:
    elsewhere, here = desk.come_in(), desk.come_in()
    desk.openid.claims(desk.name, roles=["Canteen"])
    assert desk.sign_in(here)[1].status_code == 403
    assert here.get("/").status_code == 302
    assert elsewhere.get("/").status_code == 302
    assert not Staff.objects.get(account=desk.account).active
    assert not DeskSession.objects.filter(account=desk.account).exists()
    assert "staff_closed_by_provider" in acts(desk.force)
    desk.openid.claims(desk.name, roles=["TMC supervisors"])
    assert desk.come_in().get("/").status_code == 200, "and it is open again once the claim is there again"
    assert Staff.objects.get(account=desk.account).role == "supervisor"


def test_whom_the_force_has_taken_off_its_staff_here_no_claim_brings_back(desk: Desk) -> None:
    from trackmycrime.people import staff

    client = desk.come_in()
    assert staff.remove(desk.force, desk.email, now=utc_now())
    assert client.get("/").status_code == 302
    assert desk.sign_in()[1].status_code == 403
    assert acts(desk.force)[-1] == "provider_off"
    assert not staff.remove(desk.force, desk.email, now=utc_now())


def test_nor_when_the_claims_had_closed_the_account_before(desk: Desk) -> None:
    from trackmycrime.people import staff

    desk.come_in()
    desk.openid.claims(desk.name, roles=["Canteen"])
    assert desk.sign_in()[1].status_code == 403
    assert staff.remove(desk.force, desk.email, now=utc_now())
    desk.openid.claims(desk.name, roles=["TMC officers"])
    assert desk.sign_in()[1].status_code == 403
    assert not Staff.objects.get(account=desk.account).active


def test_after_a_quarter_of_an_hour_the_provider_is_asked_and_a_changed_role_holds_at_once(
    desk: Desk,
) -> None:
    client = desk.come_in()
    desk.openid.claims(desk.name, roles=["TMC administrators"])
    assert client.get("/cases/").status_code == 200
    desk.due()
    assert client.get("/cases/").status_code == 403
    assert Staff.objects.get(account=desk.account).role == "administrator"
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("what", ["claim", "person"])
def test_after_a_quarter_of_an_hour_an_ended_claim_or_person_is_out(desk: Desk, what: str) -> None:
    client = desk.come_in()
    if what == "claim":
        desk.openid.claims(desk.name, roles=None)
    else:
        desk.openid.off(desk.name)
    assert client.get("/").status_code == 200
    desk.due()
    assert client.get("/").status_code == 302
    assert client.get("/").status_code == 302
    assert Staff.objects.get(account=desk.account).active is (what == "person")
    assert "session_ended_by_provider" in acts(desk.force)


def test_a_refresh_token_that_is_good_once_is_used_once(desk: Desk) -> None:
    client = desk.come_in()
    for _ in range(3):
        before = ProviderSession.objects.get().refresh
        desk.due()
        assert client.get("/").status_code == 200
        assert ProviderSession.objects.get().refresh != before
    desk.due()
    ProviderSession.objects.update(asking_until=utc_now() + timedelta(seconds=20))
    assert client.get("/").status_code == 200, "another process asks just now"
    assert ProviderSession.objects.get().checked_at < utc_now() - timedelta(minutes=15)


def test_a_provider_that_does_not_answer_ends_nobodys_work_for_a_while_and_then_it_does(desk: Desk) -> None:
    client = desk.come_in()
    ForceProvider.objects.update(issuer="http://127.0.0.1:1")
    desk.due()
    assert client.get("/").status_code == 200
    ProviderSession.objects.update(checked_at=utc_now() - timedelta(minutes=46), asking_until=None)
    assert client.get("/").status_code == 302


def test_without_a_refresh_token_the_browser_is_sent_to_ask(openid: Provider) -> None:
    desk = Desk(openid)
    client = desk.come_in()
    ProviderSession.objects.update(refresh=None)
    desk.due()
    sent = client.get("/cases/?page=2")
    assert sent["Location"] == "/sign-in/again/?next=%2Fcases%2F%3Fpage%3D2"
    answer = desk.walk(client, sent["Location"])
    assert answer["Location"] == "/cases/?page=2"
    assert openid.asked()["prompt"] == "none"
    assert client.get("/cases/").status_code == 200
    openid.off(desk.name)
    ProviderSession.objects.update(refresh=None)
    desk.due()
    answer = desk.walk(client, client.get("/cases/")["Location"])
    assert answer["Location"] == "/sign-in/?ended=1"
    assert client.get("/").status_code == 302
    assert client.get("/sign-in/").status_code == 200


def test_a_session_without_what_the_provider_vouched_with_is_none(desk: Desk) -> None:
    client = desk.come_in()
    ProviderSession.objects.all().delete()
    assert client.get("/").status_code == 302
    assert client.get("/sign-in/").status_code == 200, "and does not lead in circles"


@pytest.mark.parametrize("left_out", ["sid", "sub"])
def test_the_provider_signs_somebody_out_by_itself(desk: Desk, left_out: str) -> None:
    client = desk.come_in()
    token = desk.openid.logout_token(desk.client_id, desk.name, **{left_out: None})
    stranger = door_client("desk", enforce_csrf_checks=True)
    answer = stranger.post(f"/sign-in/with/{desk.force.slug}/logout/", {"logout_token": token})
    assert (answer.status_code, answer["Cache-Control"]) == (200, "no-store")
    assert client.get("/").status_code == 302
    assert acts(desk.force)[-1] == "signed_out_by_provider"
    assert Staff.objects.get(account=desk.account).active


def test_a_logout_token_is_good_once_and_only_if_it_is_right(desk: Desk) -> None:
    where = f"/sign-in/with/{desk.force.slug}/logout/"
    token = desk.openid.logout_token(desk.client_id, desk.name)
    wrong = [desk.openid.logout_token(desk.client_id, desk.name, aud="another"), "", "x.y.z"]
    desk.come_in()
    client = door_client("desk")
    assert [client.post(where, {"logout_token": each}).status_code for each in wrong] == [400] * 3
    assert DeskSession.objects.filter(account=desk.account).exists()
    assert client.post(where, {"logout_token": token}).status_code == 200
    desk.come_in()
    assert client.post(where, {"logout_token": token}).status_code == 200
    assert DeskSession.objects.filter(account=desk.account).exists(), "an old one signs nobody out again"


def test_signing_out_keeps_no_refresh_token(desk: Desk) -> None:
    client = desk.come_in()
    client.post("/sign-out/")
    assert not ProviderSession.objects.exists()


def test_nothing_but_the_provider_lets_in_whom_it_vouches_for(desk: Desk) -> None:
    from trackmycrime.people import staff

    desk.come_in()
    account = desk.account
    account.set_password(LOCAL)
    account.save()
    answer = door_client("desk").post("/sign-in/", {"email": desk.email, "password": LOCAL})
    assert answer.get("Location", "") != "/"
    with pytest.raises(staff.VouchedFor):
        staff.add(desk.force, desk.email, "administrator", now=utc_now())


# ---------------------------------------------------------------- walls


def test_a_page_of_somebody_who_is_signed_in_can_make_and_close_nobody(desk: Desk) -> None:
    desk.come_in()
    subject = Identity.objects.get().subject_hash
    arguments = [b"s" * 32, new_id(), b"x", b"m" * 32, True, "!", new_id(), "administrator", "", utc_now()]
    calls = [
        ("select people_staff_come(%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)", arguments),
        ("select people_staff_gone(%s, %s)", [subject, utc_now()]),
        ("select people_staff_logged_out(%s, %s)", [subject, b"x"]),
    ]
    for sql, values in calls:
        for scope in ({"force": desk.force.pk, "account": desk.account.pk}, {}):
            with (
                role("desk"),
                pytest.raises(DatabaseError, match="speaks for a force"),
                bound(**scope),
                connection.cursor() as cursor,
            ):
                cursor.execute(sql, values)
    assert Account.objects.filter(kind="officer").count() == 1
    assert Staff.objects.get().active


def test_another_force_sees_and_closes_nothing_of_a_provider(desk: Desk) -> None:
    desk.come_in()
    other = make_force("south-wales")
    subject = Identity.objects.get().subject_hash
    with role("desk"), bound(force=other.pk), connection.cursor() as cursor:
        assert not ForceProvider.objects.exists()
        cursor.execute("select people_staff_gone(%s, %s)", [subject, utc_now()])
        assert cursor.fetchone() == (None,)
        cursor.execute("select people_staff_by(%s)", [subject])
        assert cursor.fetchone() == (None,)
    with role("desk"), bound(force=desk.force.pk):
        assert ForceProvider.objects.get().secret == PASSWORD
    assert Staff.objects.get().active


@pytest.mark.parametrize("door", ["portal", "gateway", "worker"])
def test_no_other_door_reads_a_provider_or_its_secret(desk: Desk, door: str) -> None:
    with role(door), pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        ForceProvider.objects.count()


def test_the_secret_and_the_refresh_token_are_sealed(desk: Desk) -> None:
    desk.come_in()
    with connection.cursor() as cursor:
        cursor.execute("select secret from people_force_provider")
        assert PASSWORD.encode() not in bytes(cursor.fetchone()[0])
        cursor.execute("select refresh from people_provider_session")
        assert (ProviderSession.objects.get().refresh or "").encode() not in bytes(cursor.fetchone()[0])


def test_who_begins_again_and_again_is_slowed_down(desk: Desk) -> None:
    client = door_client("desk")
    hit(going.GOING, "127.0.0.1", now=utc_now(), weight=going.GOING.most - 2)
    for _ in range(3):
        desk.come_in()  # who is let in costs the others behind the address nothing
    answers = [client.get(f"/sign-in/with/{desk.force.slug}/").status_code for _ in range(3)]
    assert answers == [302, 302, 429]


def test_a_whole_force_signs_out_within_minutes_and_only_what_is_refused_counts(desk: Desk) -> None:
    where = f"/sign-in/with/{desk.force.slug}/logout/"
    client = door_client("desk")
    hit(told.REFUSED, "127.0.0.1", now=utc_now(), weight=told.REFUSED.most - 1)
    for _ in range(3):
        inside, token = desk.come_in(), desk.openid.logout_token(desk.client_id, desk.name)
        assert client.post(where, {"logout_token": token}).status_code == 200
        assert inside.get("/").status_code == 302
    answers = [client.post(where, {"logout_token": "x.y.z"}).status_code for _ in range(2)]
    assert answers == [400, 429]


def test_a_logout_that_failed_here_is_taken_when_the_provider_says_it_again(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    where = f"/sign-in/with/{desk.force.slug}/logout/"
    inside, token = desk.come_in(), desk.openid.logout_token(desk.client_id, desk.name)
    client = door_client("desk", raise_request_exception=False)
    with monkeypatch.context() as broken:
        broken.setattr(staff, "_record", lambda *_args, **_more: 1 / 0)
        assert client.post(where, {"logout_token": token}).status_code == 500
    assert inside.get("/").status_code == 200
    assert client.post(where, {"logout_token": token}).status_code == 200
    assert inside.get("/").status_code == 302
