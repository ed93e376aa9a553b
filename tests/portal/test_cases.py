"""My cases and one case: what is shown, to whom, how often it asks the database, and what it leaves behind."""

import re
import uuid
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.portal.making import World, join, signed_in, world
from tests.support.doors import role
from tests.support.events import NOW, crime, event, update, victim
from trackmycrime.alerts.models import Alert
from trackmycrime.kernel import scope
from trackmycrime.kernel.clock import utc_now
from trackmycrime.people.models import Account, Victim
from trackmycrime.portal import reads
from trackmycrime.publish import view
from trackmycrime.publish.models import Case

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    return world()


@pytest.fixture
def account(made: World) -> Account:
    return join(made)


def text(response: Any) -> str:
    """The words of a page."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def yesterday() -> datetime:
    return utc_now() - timedelta(days=1)


def staff(made: World) -> None:
    """An officer and their unit, on the case since yesterday."""
    made.send(
        event("unit.changed", "U1", 1, {"name": {"en": "the Burglary Team"}, "hours": {"en": "8am to 6pm"}}),
        event("officer.changed", "O1", 1, {"name": "Amara Okafor", "rank": "DC", "unit": "U1"}),
        crime("52/1", 2, officer="O1", unit="U1", stage="investigating", time=yesterday()),
    )


def test_one_case_says_where_it_is_and_what_comes_next(made: World, account: Account) -> None:
    staff(made)
    said = text(signed_in().get(f"/cases/{made.case('52/1')}/"))
    assert "Burglary" in said
    assert "52/1" in said
    assert "Being investigated Now, since" in said
    assert "What happens next We will update you by" in said
    assert "DC Okafor" in said
    assert "8am to 6pm" in said
    assert "Police have recorded your report" in said


def test_neither_title_nor_address_tell_of_the_case(made: World, account: Account) -> None:
    client = signed_in()
    page = f"/cases/{made.case('52/1')}/"
    for address in ("/cases/", page, f"{page}messages/", "/settings/"):
        html = client.get(address).content.decode()
        (title,) = re.findall(r"<title>(.*?)</title>", html)
        assert title in {f"{t} – TrackMyCrime" for t in ("My cases", "Your case", "Messages", "Settings")}
        for link in re.findall(r'href="([^"]*)"', html):
            assert "52/1" not in link
            assert "52%2F1" not in link
            assert "Rhian" not in link


def test_nothing_of_it_is_kept_by_the_browser(made: World, account: Account) -> None:
    response = signed_in().get(f"/cases/{made.case('52/1')}/")
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "same-origin"


def test_anothers_unknown_closed_off_and_outlived_look_the_same(made: World, account: Account) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1, "P2"))
    client = signed_in()
    mine = made.case("52/1")
    assert client.get(f"/cases/{mine}/").status_code == 200
    answers = [client.get(f"/cases/{made.case('52/2')}/"), client.get(f"/cases/{uuid.uuid4()}/")]
    Case.objects.filter(id=mine).update(readable_until=NOW - timedelta(days=400))
    answers.append(client.get(f"/cases/{mine}/"))
    Case.objects.filter(id=mine).update(readable_until=None, open=False)
    answers.append(client.get(f"/cases/{mine}/"))
    Case.objects.filter(id=mine).update(open=True)
    Victim.objects.filter(person="P1").update(live=False)
    answers.append(client.get(f"/cases/{mine}/"))
    assert [a.status_code for a in answers] == [404] * 5
    bodies = {
        re.sub(r"%2Fcases%2F[0-9a-f-]+%2F", "", re.sub(r'value="[^"]{60,}"', "", a.content.decode()))
        for a in answers
    }
    assert len(bodies) == 1
    assert "burglary" not in bodies.pop().lower()


def test_an_update_for_one_victim_is_not_shown_to_another(made: World, account: Account) -> None:
    made.send(
        victim("52/1", 1, "P2"), update("52/1", 5, "u1", "note", victims=["P2"], text={"en": "Only for P2."})
    )
    assert "Only for P2." not in text(signed_in().get(f"/cases/{made.case('52/1')}/"))
    join(made, "P2", "other@example.org")
    assert "Only for P2." in text(signed_in("other@example.org").get(f"/cases/{made.case('52/1')}/"))


def test_what_an_officer_wrote_is_text_and_never_markup(made: World, account: Account) -> None:
    written = "<script>alert(1)</script> & {unit}\nnext line"
    made.send(update("52/1", 5, "u1", "note", text={"en": written}))
    html = signed_in().get(f"/cases/{made.case('52/1')}/").content.decode()
    assert "&lt;script&gt;alert(1)&lt;/script&gt; &amp; {unit}<br>next line" in html


def test_new_is_what_came_since_the_last_visit_and_stays_new_during_this_one(
    made: World, account: Account
) -> None:
    page = f"/cases/{made.case('52/1')}/"
    Account.objects.filter(pk=account.pk).update(seen_at=NOW - timedelta(days=1))
    client = signed_in()
    assert "1 new update" in text(client.get("/cases/"))
    for _ in range(2):
        assert "New Police have recorded your report" in text(client.get(page))
    again = signed_in()
    assert "Nothing new since you last looked." in text(again.get("/cases/"))
    assert ">New<" not in again.get(page).content.decode()


def test_a_case_page_costs_at_most_eight_statements(made: World, account: Account) -> None:
    staff(made)
    client = signed_in()
    page = f"/cases/{made.case('52/1')}/"
    client.get(page)
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(page).status_code == 200
    # what the test adds: its own transaction makes savepoints, and the client takes and gives back the door's role
    counted = [
        q["sql"] for q in asked if not re.match(r"(?i)savepoint|release|set local role|reset role", q["sql"])
    ]
    assert len(counted) <= 8, "\n".join(counted)


def test_a_force_with_thousands_of_officers_costs_a_page_no_more(made: World, account: Account) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "insert into publish_contact (id, force_id, kind, ref, shown, active, version)"
            " select gen_random_uuid(), %s, 'officer', 'DC' || n, '', true, 1 from generate_series(1, 5000) n",
            [made.force.pk],
        )
        cursor.execute("analyze publish_contact")
    asked = {"case": made.case("52/1"), "account": account.pk, "now": NOW}
    for sql in (view._CONTACTS_OF, reads._LOOK):
        with scope.bound(account=account.pk), role("portal"), connection.cursor() as cursor:
            cursor.execute(f"explain {sql}", asked)
            plan = "\n".join(row[0] for row in cursor.fetchall())
        # by the reference too: by the force alone it would walk all of them
        assert re.search(r"using publish_contact_once on .*\n.*Index Cond: .*\bref\b", plan), plan


def test_a_page_that_is_the_same_is_not_sent_again(made: World, account: Account) -> None:
    client = signed_in()
    page = f"/cases/{made.case('52/1')}/"
    tag = client.get(page)["ETag"]
    same = client.get(page, headers={"If-None-Match": tag})
    assert same.status_code == 304
    assert same.content == b""
    assert same["Cache-Control"] == "no-store"
    client.get("/language/cy/")
    assert client.get(page, headers={"If-None-Match": tag}).status_code == 200
    client.get("/language/en/")
    made.send(update("52/1", 5, "u1", "still_working"))
    changed = client.get(page, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    assert changed["ETag"] != tag
    other = signed_in("rhian@example.org")
    Victim.objects.filter(person="P1").update(live=False)
    assert other.get(page, headers={"If-None-Match": changed["ETag"]}).status_code == 404


def test_the_list_has_every_case_and_no_other(made: World, account: Account) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1), crime("52/3", 1), victim("52/3", 1, "P9"))
    second = world("south-wales", ("cy", "en"))
    join(made)
    join(second)
    client = signed_in()
    said = text(client.get("/cases/"))
    assert "You have 3 cases." in said
    assert said.count("reference 52/1") == 2
    assert "reference 52/2" in said
    assert "52/3" not in said
    assert "Avon And Somerset" in said
    assert "South Wales" in said


def test_the_list_shows_what_is_first_on_the_page(made: World, account: Account) -> None:
    staff(made)
    two = crime("52/1", 3, officer="O2", unit="U1", stage="charged", time=utc_now())
    made.send(two)  # two entries of one moment
    client = signed_in()
    page = client.get(f"/cases/{made.case('52/1')}/").content.decode()
    titles = re.findall(r'<h3 class="govuk-heading-s">(.*?)</h3>', page)
    first = re.search(r"tmc-case__last.*?<strong>(.*?)</strong>", client.get("/cases/").content.decode())
    assert first is not None
    assert first[1] == titles[0]
    assert "charged" in titles[0]
    assert titles[1] == "Who is dealing with your case"


def test_the_frame_is_shared_and_what_stands_in_it_is_not(made: World, account: Account) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1, "P2"))
    join(made, "P2", "idris@example.org")
    for who, reference in (("rhian@example.org", "52/1"), ("idris@example.org", "52/2")):
        client = signed_in(who)
        for query in ("", "?a=1"):
            html = client.get(f"/cases/{made.case(reference)}/{query}").content.decode()
            assert f'href="/language/cy/?next=%2Fcases%2F{made.case(reference)}%2F"' in html
            assert html.count('name="csrfmiddlewaretoken"') == 1
            assert "\0" not in html
            assert html.count('aria-current="page"') == 1


def test_no_case_is_said_kindly(made: World, account: Account) -> None:
    Victim.objects.update(live=False)
    said = text(signed_in().get("/cases/"))
    assert "There are no cases to show." in said
    assert "ask police for a new invitation" in said


def test_a_finished_case_promises_nothing_and_says_how_long_it_can_be_read(
    made: World, account: Account
) -> None:
    outcome = {"code": "18", "decided_on": yesterday().date().isoformat()}
    made.send(crime("52/1", 3, stage="closed", outcome=outcome, time=yesterday()))
    client = signed_in()
    said = text(client.get(f"/cases/{made.case('52/1')}/"))
    assert "Your case is finished" in said
    assert "You can read this page until" in said
    assert "update you by" not in said
    assert "Nothing more is due." in text(client.get("/cases/"))


def test_the_whole_page_is_in_the_language_that_was_chosen(made: World, account: Account) -> None:
    client = signed_in()
    client.get("/language/cy/")
    html = client.get(f"/cases/{made.case('52/1')}/").content.decode()
    assert '<html lang="cy"' in html
    for english in (
        "What has happened so far",
        "Your case",
        "Where your case is",
        "Being investigated",
        "To come",
    ):
        assert english not in html


def test_a_page_that_is_kept_is_this_accounts_and_this_moments() -> None:
    """What is kept is never another person's, and goes with any change; each answer has a form token of its own."""
    made = world()
    join(made)
    client = signed_in()
    url = f"/cases/{made.case('52/1')}/"
    first, again = client.get(url).content, client.get(url).content
    tokens = [re.search(rb'csrfmiddlewaretoken" value="([^"]+)"', page) for page in (first, again)]
    assert all(tokens)
    assert tokens[0].group(1) != tokens[1].group(1)  # type: ignore[union-attr]
    assert b"\0" not in first + again
    made.send(update("52/1", 50, "U1", "note", text={"en": "Something quite new"}))
    assert b"Something quite new" in client.get(url).content
    made.send(event("crime.withdrawn", "52/1", 60, {"reason": "withheld"}))
    assert client.get(url).status_code == 404


def test_reading_the_case_opens_what_was_told_of_it() -> None:
    """No alert ends in silence: the desk sees that it was opened."""
    made = world()
    join(made)
    case, victim_row = made.case("52/1"), Victim.objects.get()
    alert = Alert.objects.create(
        force=made.force,
        victim=victim_row,
        case_id=case,
        about="update",
        channel="email",
        state="sent",
        decided_at=NOW,
        due_at=NOW,
    )
    assert signed_in().get(f"/cases/{case}/").status_code == 200
    assert Alert.objects.get(pk=alert.pk).state == "opened"
