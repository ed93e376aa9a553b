"""Forces and officers from the command line, and the link by which an officer chooses a password."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import pytest
import time_machine
from click.testing import CliRunner
from django.utils import timezone

from tests.people.making import NOW, PASSWORD, make_account, make_force, make_officer, sign_in
from tests.support.doors import denied, door_client, role
from trackmycrime.audit.models import Record
from trackmycrime.forces.models import Force
from trackmycrime.kernel import crypto
from trackmycrime.ops.commands import force as force_command
from trackmycrime.ops.commands import officer as officer_command
from trackmycrime.people import staff
from trackmycrime.people.models import Account, CodeApp, DeskSession, Officer, SetupLink, Staff

pytestmark = pytest.mark.django_db


def run(command: click.Command, *words: str, code: int = 0) -> Any:
    """Run a command as a script would; its JSON, or what it said on standard error."""
    done = CliRunner().invoke(command, [*words, *(["--json"] if code == 0 else [])], standalone_mode=True)
    assert done.exit_code == code, done.output
    return json.loads(done.stdout) if code == 0 else done.output


def force(*words: str, code: int = 0) -> Any:
    return run(force_command.command, *words, code=code)


def officer(*words: str, code: int = 0) -> Any:
    return run(officer_command.command, *words, code=code)


def test_add_set_and_list_a_force() -> None:
    force(
        "add",
        "south-wales",
        "--name",
        "South Wales Police",
        "--name-cy",
        "Heddlu De Cymru",
        "--languages",
        "en,cy",
    )
    force(
        "set",
        "south-wales",
        "update_days=14",
        "milestones.arrest=hold",
        "categories=burglary,robbery",
        "phone=101",
    )
    (found,) = force("list")
    assert found == {
        "force": "south-wales", "name": "South Wales Police", "name_cy": "Heddlu De Cymru", "languages": ["cy", "en"],
        "phone": "101",
        "policy": {"update_days": 14, "milestones": {"arrest": "hold"}, "categories": ["burglary", "robbery"]},
    }  # fmt: skip
    force("set", "south-wales", "update_days=", "milestones.arrest=")
    assert force("list")[0]["policy"] == {"categories": ["burglary", "robbery"]}
    assert Record.objects.filter(action="force_changed").count() == 2


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("add", "kent", "--name", "Kent"), "already"),
        (("add", "Kent Police", "--name", "Kent"), "slug"),
        (("add", "essex", "--name", "Essex", "--languages", "fr"), "languages"),
        (("set", "kent", "update_days=soon"), "update_days must be int"),
        (("set", "kent", "milestones.arrest=maybe"), "publish, hold or never"),
        (("set", "kent", "colour=blue"), "colour"),
        (("set", "kent", "phone"), "KEY=VALUE"),
        (("set", "kent", "name="), "name"),
        (("set", "kent", "phone=" + "1" * 41), "40"),
        (("set", "surrey", "phone=1"), "kent"),
    ],
)
def test_wrong_use_names_what_is_wrong_and_changes_nothing(words: tuple[str, ...], names: str) -> None:
    make_force("kent")
    before = list(Force.objects.values())
    assert names in force(*words, code=2)
    assert list(Force.objects.values()) == before


def test_several_values_are_set_all_or_none() -> None:
    make_force("kent")
    force("set", "kent", "phone=111", "update_days=x", code=2)
    assert Force.objects.get().phone == "101"


def test_apply_makes_it_so_and_again_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "force.toml"
    file.write_text('slug = "kent"\nname = "Kent Police"\nlanguages = ["en"]\n[policy]\nupdate_days = 7\n')
    force("apply", str(file))
    force("apply", str(file))
    assert Record.objects.filter(object_kind="force").count() == 1
    file.write_text('slug = "kent"\nphone = "01622 690690"\n[policy]\n[policy.milestones]\narrest = "hold"\n')
    found = force("apply", str(file))
    assert found["name"] == "Kent Police"
    assert found["phone"] == "01622 690690"
    assert found["policy"] == {"milestones": {"arrest": "hold"}}
    file.write_text('slug = "kent"\ncolour = "blue"\n')
    assert "colour" in force("apply", str(file), code=2)
    file.write_text('slug = "essex"\n')
    assert "name" in force("apply", str(file), code=2)


def token_of(url: str) -> str:
    return urlsplit(url).path


def test_add_an_officer_who_sets_up_and_signs_in() -> None:
    make_force("kent")
    found = officer("add", "kent", "Jo@Example.org", "--role", "supervisor")
    assert set(found) >= {"officer", "setup_url"}
    link = token_of(found["setup_url"])
    client = door_client("desk")
    for _ in range(2):
        assert client.get(link).status_code == 200
    assert "too short" in client.post(link, {"password": "short"}).content.decode()
    assert client.post(link, {"password": PASSWORD}).status_code == 302
    assert client.get(link).status_code == 404
    assert client.post(link, {"password": "another three words"}).status_code == 404
    assert sign_in("desk", "jo@example.org")[1].status_code == 302
    (listed,) = officer("list", "kent")
    assert (listed["email"], listed["role"], listed["set_up"]) == ("Jo@Example.org", "supervisor", True)
    assert Record.objects.filter(action="staff_set_up", force_id=Force.objects.get().pk).exists()


def test_nobody_signs_in_before_they_have_set_up() -> None:
    make_force("kent")
    officer("add", "kent", "jo@example.org", "--role", "officer")
    for password in ("", PASSWORD):
        assert sign_in("desk", "jo@example.org", password)[1].status_code == 200


def test_a_set_up_link_ends_after_a_day() -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        made = staff.add(make_force(), "jo@example.org", "officer", now=NOW)
        with role("desk"):
            assert staff.setup_usable(made.token, now=timezone.now())
            clock.shift(timedelta(hours=24))
            assert not staff.setup_usable(made.token, now=timezone.now())
            assert staff.set_up(made.token, PASSWORD, now=timezone.now()) is None


def test_a_new_link_ends_the_old_one_and_setting_up_ends_sessions() -> None:
    kent = make_force()
    first = staff.add(kent, "jo@example.org", "officer", now=NOW)
    second = staff.add(kent, "JO@example.org", "supervisor", now=NOW)
    assert Account.objects.count() == 1
    assert Staff.objects.get().role == "supervisor"
    account = Account.objects.get()
    DeskSession.objects.create(key=b"k" * 32, data=b"", account=account, began_at=NOW, expires_at=NOW)
    with role("desk"):
        assert staff.set_up(first.token, PASSWORD, now=NOW) is None
        assert staff.set_up(second.token, PASSWORD, now=NOW) == account.pk
    assert not DeskSession.objects.exists()


def test_who_lost_their_app_is_let_in_again_by_a_person_on_record_and_by_nothing_a_colleague_can_do() -> None:
    kent, old = make_force(), "the old three words"
    account = make_officer(kent)
    Account.objects.filter(pk=account.pk).update(second_step="app")
    CodeApp.objects.create(account=account, secret="A" * 32, last_step=0, created_at=NOW)
    client, answer = sign_in("desk", account.email)
    assert answer["Location"] == "/sign-in/second/"
    for page in ("/sign-in/", "/sign-in/recovery/"):
        assert "for a new set-up link. They first make sure" in client.get(page).content.decode()
    for role_ in ("supervisor", "administrator"):  # who is signed in at the desk, whatever their role
        make_officer(kent, f"{role_}@example.org", role=role_)
    denied("desk", "select token_hash from people_setup_link")
    denied("desk", "insert into people_setup_link (id) values (gen_random_uuid())")
    denied("desk", "update people_account set password = 'x', second_step = ''")
    link = token_of(
        officer("add", "kent", account.email, "--role", "officer", "--checked", "in_person")["setup_url"]
    )
    assert sign_in("desk", account.email)[1]["Location"] == "/sign-in/second/", (
        "until it is used all is as before"
    )
    assert door_client("desk").post(link, {"password": old})["Location"] == "/account/needed/"
    assert not CodeApp.objects.exists()
    assert sign_in("desk", account.email)[1].status_code == 200, (
        "the old password opens nothing: it is noticed"
    )
    acts = Record.objects.filter(object_id=str(account.pk)).order_by("id").values_list("action", "detail")
    assert ("staff_let_in_again", {"role": "officer", "checked": "in_person"}) in acts
    assert "staff_set_up" in dict(acts)
    officer("add", "kent", account.email, "--role", "officer")
    assert Record.objects.filter(action="staff_let_in_again").latest("id").detail["checked"] == "not said"


def test_the_link_is_stored_as_a_hash() -> None:
    made = staff.add(make_force(), "jo@example.org", "officer", now=NOW)
    assert made.token.encode() not in bytes(SetupLink.objects.get().token_hash)


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("add", "kent", "al@example.org", "--role", "officer"), "another force"),
        (("add", "kent", "nonsense", "--role", "officer"), "email"),
        (("add", "surrey", "x@example.org", "--role", "officer"), "essex"),
        (("add", "kent", "x@example.org", "--role", "chief"), "chief"),
        (("remove", "kent", "al@example.org"), "not on the staff"),
    ],
)
def test_wrong_use_of_officer(words: tuple[str, ...], names: str) -> None:
    make_force("kent")
    staff.add(make_force("essex"), "al@example.org", "officer", now=NOW)
    assert names in officer(*words, code=2)
    assert Staff.objects.count() == 1


def test_removed_means_out_at_once() -> None:
    make_officer(make_force("kent"))
    client, _ = sign_in("desk", "jo@example.org")
    officer("remove", "kent", "JO@example.org")
    assert not DeskSession.objects.exists()
    assert sign_in("desk", "jo@example.org", client=client)[1].status_code == 200


def test_joined_to_the_officer_of_the_records_system_by_the_same_email() -> None:
    kent, essex = make_force("kent"), make_force("essex")
    account = make_officer(kent, "Jo.Hale@example.org")

    def says(force: Force, officer_id: str, email: str, **more: Any) -> None:
        Officer.objects.create(
            force=force, officer_id=officer_id, detail={}, email_hash=crypto.blind_email(email), **more
        )

    def found() -> str:
        with role("desk"):
            who = staff.member(account.pk)
        assert who
        return who.officer_id

    assert found() == ""
    says(essex, "9", "jo.hale@example.org")
    says(kent, "4", "jo.hale@example.org", active=False)
    assert found() == ""
    says(kent, "5512", "JO.HALE@example.org")
    assert found() == "5512"
    says(kent, "5513", "jo.hale@example.org")
    assert found() == "", "two officers with one email: nobody is guessed"
    Staff.objects.update(officer_id="7")
    assert found() == "7"


def test_an_officers_password_is_set_by_the_link_only() -> None:

    make_officer(make_force())
    denied("desk", "update people_account set password = 'x'")


def test_victims_and_officers_may_have_the_same_email() -> None:
    make_account("same@example.org", "victims own password")
    make_officer(make_force(), "same@example.org")
    assert sign_in("portal", "same@example.org", "victims own password")[1].status_code == 302
    assert sign_in("desk", "same@example.org", PASSWORD)[1].status_code == 302
    assert sign_in("portal", "same@example.org", PASSWORD)[1].status_code == 200
    assert sign_in("desk", "same@example.org", "victims own password")[1].status_code == 200
