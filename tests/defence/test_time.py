"""Whether there is an account cannot be told by how long the answer takes: measured, with a statistic.

Requests to each kind of address take turns, so that whatever else the machine does meets all alike. What is looked at
is the shift between them (Hodges-Lehmann: the median of all differences) with its confidence interval (Moses, from the
Mann-Whitney statistic). It fails where the interval shows that the shift is a third of a bare hash at least; and so
that it is known to see one, the same statistic must find the shift in a door that hashes nothing for nobody.
"""

import math
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.hashers import check_password, make_password

from tests.people.making import make_account, make_force, make_officer, sign_in
from tests.support.doors import door_client
from trackmycrime.people import accounts
from trackmycrime.people.models import Account

pytestmark = pytest.mark.django_db
ROUNDS = 30
Z = 3.29
"""Of 99.9 %, two-sided: of a thousand runs on an honest door one says otherwise."""


def shift(one: list[float], other: list[float]) -> tuple[float, float, float]:
    """How much longer `other` takes than `one`: the estimate, and between what it lies."""
    differences = sorted(b - a for a in one for b in other)
    n, m = len(one), len(other)
    spread = Z * math.sqrt(n * m * (n + m + 1) / 12)
    low = max(0, math.floor(n * m / 2 - spread))
    return differences[len(differences) // 2], differences[low], differences[-1 - low]


@pytest.fixture(autouse=True)
def hashed_as_in_earnest(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["trackmycrime.people.hashing.Argon2"]


def bare_hash() -> float:
    made, taken = make_password("wooden kettle orbit"), []
    for _ in range(7):
        began = time.perf_counter()
        check_password("not the password", made)
        taken.append(time.perf_counter() - began)
    return sorted(taken)[3]


def measured(door: str, kinds: dict[str, Callable[[int], str]]) -> dict[str, list[float]]:
    """Seconds of each try with a wrong password, in turns; every try is from an address of its own, as in earnest."""
    taken: dict[str, list[float]] = {name: [] for name in kinds}
    client = door_client(door)
    for number in range(-2, ROUNDS):  # the first two find everything cold
        for place, (name, email) in enumerate(kinds.items()):
            client.cookies.clear()
            began = time.perf_counter()
            answer = sign_in(
                door,
                email(number),
                "not the password",
                client=client,
                REMOTE_ADDR=f"198.{place}.{number % 256}.1",
            )[1]
            if number >= 0:
                taken[name].append(time.perf_counter() - began)
            assert answer.status_code == 200
    return taken


@pytest.fixture
def kinds(request: pytest.FixtureRequest) -> dict[str, Callable[[int], str]]:
    force = make_force()
    for name in ("there", "closed", "careful"):
        made = (
            make_account(f"{name}@example.org")
            if request.param == "portal"
            else make_officer(force, f"{name}@example.org")
        )
        changed: dict[str, dict[str, Any]] = {
            "there": {"second_step": ""},
            "closed": {"is_active": False},
            "careful": {"second_step": "app"},
        }
        Account.objects.filter(pk=made.pk).update(**changed[name])
    named = ("there", "closed", "careful")
    return {name: (lambda _, name=name: f"{name}@example.org") for name in named} | {
        "nobody": lambda n: f"nobody.{n}@example.org"
    }


@pytest.mark.parametrize(("door", "kinds"), [("portal", "portal"), ("desk", "desk")], indirect=["kinds"])
def test_whether_there_is_an_account_cannot_be_told_by_the_time(
    door: str, kinds: dict[str, Callable[[int], str]]
) -> None:
    bound = bare_hash() / 3
    taken = measured(door, kinds)
    for name in kinds:
        if name != "nobody":
            _, low, high = shift(taken["nobody"], taken[name])
            assert low < bound, f"{name} takes {low * 1000:.1f} ms longer at least than nobody"
            assert high > -bound, f"{name} takes {-high * 1000:.1f} ms less at least than nobody"


@pytest.mark.parametrize("kinds", ["portal"], indirect=True)
def test_the_statistic_sees_a_door_that_hashes_nothing_for_nobody(
    kinds: dict[str, Callable[[int], str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    honest, bare = accounts.whose, bare_hash()
    monkeypatch.setattr(accounts, "whose", lambda known, *rest: honest(known, *rest) if known else None)
    taken = measured("portal", {name: kinds[name] for name in ("there", "nobody")})
    _, low, _ = shift(taken["nobody"], taken["there"])
    # what else the machine does may have made one of them longer
    assert low > min(bare, bare_hash()) / 3
