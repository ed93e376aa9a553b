"""How to be told: only what is safe is offered, and only that is taken."""

from datetime import time
from typing import Any

import pytest

from tests.portal.making import World, join, signed_in, world
from tests.support.events import crime, victim
from trackmycrime.people.models import Account, ContactChange, Victim

pytestmark = pytest.mark.django_db


@pytest.fixture
def made() -> World:
    made = world()
    join(made)
    return made


def channels(html: str) -> set[str]:
    return {channel for channel in ("email", "text", "phone", "letter") if f'value="{channel}"' in html}


def part(**values: Any) -> Victim:
    Victim.objects.filter(person="P1").update(**values)
    return Victim.objects.get(person="P1")


def test_everything_that_leads_somewhere_is_offered_and_addresses_are_masked(made: World) -> None:
    html = signed_in().get("/settings/").content.decode()
    assert channels(html) == {"email", "text", "phone", "letter"}
    assert "Email to p…@example.org" in html
    assert "p1@example.org" not in html
    assert "900123" not in html
    assert 'value="email" checked' in html


@pytest.mark.parametrize(
    ("known", "offered"),
    [
        ({"safe_channels": ["text"]}, {"text"}),
        ({"safe_channels": ["email", "phone"]}, {"email", "phone"}),
        ({"safe_channels": []}, set()),
        ({"disguise": True}, set()),
        ({"safe_from": time(9)}, set()),
    ],
)
def test_only_safe_ways_are_offered(made: World, known: dict[str, Any], offered: set[str]) -> None:
    part(**known)
    html = signed_in().get("/settings/").content.decode()
    assert channels(html) == offered
    assert ("Your officer tells you in person" in html) == (not offered)


def test_who_wants_no_letters_is_offered_none(made: World) -> None:
    mine = part()
    mine.detail = mine.detail | {"needs": ["no_letters"]}
    mine.save()
    assert channels(signed_in().get("/settings/").content.decode()) == {"email", "text", "phone"}


def test_a_way_that_is_not_safe_is_not_taken_whoever_asks(made: World) -> None:
    mine = part(safe_channels=["text"])
    client = signed_in()
    for wrong in ("email", "push", "pigeon"):
        html = client.post("/settings/", {f"channel_{mine.id}": wrong, "language": "en"}).content.decode()
        assert "Choose one of the ways that are shown" in html
    assert part().chosen_channel == ""


def test_what_was_chosen_is_kept_for_the_case_and_the_account(made: World) -> None:
    mine, client = part(), signed_in()
    response = client.post("/settings/", {f"channel_{mine.id}": "text", "language": "cy"})
    assert response["Location"] == "/settings/?saved=1"
    kept = part()
    assert (kept.chosen_channel, kept.chosen_language) == ("text", "cy")
    assert kept.chosen_at is not None
    assert Account.objects.get().language == "cy"
    assert '<html lang="cy"' in client.get("/settings/").content.decode()


def test_another_persons_way_cannot_be_chosen(made: World) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1, "P2"))
    other, mine = Victim.objects.get(person="P2"), part()
    signed_in().post(
        "/settings/", {f"channel_{mine.id}": "text", f"channel_{other.id}": "text", "language": "en"}
    )
    other.refresh_from_db()
    assert other.chosen_channel == ""


def test_with_several_cases_each_has_its_own_way(made: World) -> None:
    made.send(
        crime("52/2", 1),
        victim("52/2", 1, safe_contact={"channels": ["email"], "disguise": False, "no_portal": False}),
    )
    join(made)
    client = signed_in()
    html = client.get("/settings/").content.decode()
    assert html.count("how should we tell you that there is something new?") == 2
    first, second = Victim.objects.filter(person="P1").order_by("id")
    client.post(
        "/settings/", {f"channel_{first.id}": "text", f"channel_{second.id}": "email", "language": "en"}
    )
    assert list(Victim.objects.order_by("id").values_list("chosen_channel", flat=True)) == ["text", "email"]


def test_settings_open_without_any_case(made: World) -> None:
    part(live=False)
    assert signed_in().get("/settings/").status_code == 200


def test_how_soon_and_how_often_is_chosen_for_all_cases_and_goes_back_to_the_police(made: World) -> None:
    made.send(crime("52/2", 1), victim("52/2", 1, "P1"))
    join(made)
    client = signed_in()
    html = client.get("/settings/").content.decode()
    assert 'value="daytime" checked' in html
    assert 'value="28" checked' in html
    client.post("/settings/", {"language": "en", "pace": "weekly", "update_days": "14"} | own_channels())
    assert set(Victim.objects.values_list("chosen_pace", "agreed_days")) == {("weekly", 14)}
    change = ContactChange.objects.first()
    assert change is not None
    assert {"pace", "update_days"} <= set(change.changed)
    assert (change.pace, change.agreed_days) == ("weekly", 14)
    assert 'value="weekly" checked' in client.get("/settings/").content.decode()


def test_who_leaves_it_as_it_is_goes_with_the_force(made: World) -> None:
    signed_in().post(
        "/settings/", {"language": "cy", "pace": "daytime", "update_days": "28"} | own_channels()
    )
    kept = part()
    assert (kept.chosen_pace, kept.agreed_days, kept.chosen_language) == ("", None, "cy")
    made.force.policy = {"pace": "at_once", "update_days": 21}
    made.force.save()
    html = signed_in().get("/settings/").content.decode()
    assert 'value="at_once" checked' in html
    assert 'value="21" checked' in html


def test_a_time_that_is_not_shown_is_not_taken(made: World) -> None:
    html = (
        signed_in().post("/settings/", {"language": "en", "pace": "never"} | own_channels()).content.decode()
    )
    assert "Choose one of the times that are shown" in html
    assert part().chosen_pace == ""


def test_whom_no_machine_tells_is_not_asked_how_soon(made: World) -> None:
    part(safe_channels=[])
    html = signed_in().get("/settings/").content.decode()
    assert 'name="pace"' not in html


def own_channels() -> dict[str, str]:
    return {f"channel_{one.id}": "email" for one in Victim.objects.filter(person="P1")}
