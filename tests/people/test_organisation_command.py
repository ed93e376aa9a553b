"""`trackmycrime organisation` as a force uses it that sets up before anybody sits at the desk."""

import json
from typing import Any

import pytest
from click.testing import CliRunner

from tests.people.helping import let_in, person
from tests.people.test_helping import link_in, sent
from tests.portal.making import join, world
from tests.support.doors import role
from tests.support.events import make_force
from trackmycrime.audit.models import Record
from trackmycrime.kernel.clock import utc_now
from trackmycrime.kernel.scope import bound
from trackmycrime.ops.commands.organisation import command
from trackmycrime.people.helping import organisations, taking_up
from trackmycrime.people.models import Access, Member, Organisation, Victim
from trackmycrime.publish.models import Case

pytestmark = pytest.mark.django_db
NOW = utc_now()
FORCE = "avon-and-somerset"
ADD = ("add", FORCE, "Harbour Advocates", "--administrator", "Ada Example", "--email", "ada@example.org")


def told(*words: str) -> Any:
    done = CliRunner().invoke(command, [*words, "--json"])
    assert done.exit_code == 0, done.output
    assert done.stdout.count("\n") == 1
    return json.loads(done.stdout)


def test_from_the_first_administrator_to_the_end() -> None:
    made = world()
    rhian, ada = join(made), person("ada@example.org")
    new = told(*ADD, "--language", "cy")
    assert new["new"]
    letter = sent()[-1]
    assert (letter.address, letter.language) == ("ada@example.org", "cy")
    assert new["code"] not in str(letter.body)
    with role("portal"):
        opened = taking_up.open_link(link_in(letter), "a", now=NOW)
        assert opened
        _, proved = taking_up.prove(opened, new["code"], "a", now=NOW)
        assert proved
        assert taking_up.take_up(proved, ada.id, now=NOW)
        with bound(account=ada.id):
            assert [one.name for one in organisations.led_by(ada.id)] == ["Harbour Advocates"]
    of = Organisation.objects.get()
    let_in(Victim.objects.get(), organisation=of, kind="organisation", given_by=rhian.id)
    again = told(*ADD[:2], "harbour advocates", *ADD[3:5], "--email", "bo@example.org")
    assert (again["organisation"], again["new"]) == (str(of.id), False)
    (row,) = told("list")
    assert (row["name"], row["workers"], row["invited"], row["cases"]) == ("Harbour Advocates", 1, 1, 1)
    assert {one.added_by for one in Member.objects.all()} == {None}

    def seen() -> int:
        with role("portal"), bound(account=ada.id):
            return Case.objects.count()

    assert seen() == 1
    assert told("close", FORCE, "Harbour Advocates")["open"] is False
    assert seen() == 0
    assert Access.objects.get().ended_why == "officer"
    assert told("list", FORCE) == []
    done = Record.objects.filter(actor_kind="system").values_list("action", flat=True)
    assert {"organisation.added", "organisation.administrator_invited", "organisation.closed"} <= set(done)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("add", "kent", *ADD[2:]), "there is no force 'kent'; there are: avon-and-somerset"),
        ((*ADD[:-1], "nobody"), "'nobody' is not an email address"),
        (("add", FORCE, " ", *ADD[3:]), "an organisation has a name"),
        ((*ADD[:4], " ", *ADD[5:]), "--administrator is the name of a person"),
        (("close", FORCE, "Nobody"), "works with no organisation 'Nobody'; it works with: Harbour Advocates"),
        (("close", FORCE, "Twice"), "give the id: trackmycrime organisation list"),
        (("close", "kent", "Twice"), "there is no force 'kent'"),
    ],
)
def test_wrong_use_says_what_would_be_right_and_changes_nothing(words: tuple[str, ...], said: str) -> None:
    force = make_force(FORCE)
    for name in ("Harbour Advocates", "Twice", "Twice"):
        Organisation.objects.create(force=force, name=name, created_at=NOW)
    done = CliRunner().invoke(command, words)
    assert (done.exit_code, done.stdout) == (2, "")
    assert said in done.stderr
    assert Organisation.objects.filter(ended_at=None).count() == 3
    assert not Member.objects.exists()
