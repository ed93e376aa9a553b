"""Ten thousand guesses from two hundred addresses get nowhere and lock nobody out: real doors, a real database.

`TMC_TEST_GUESSES` says how many there are; without it there are fewer, so that it takes seconds.
"""

import os
import re
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from tests.support.installation import data_folder, rows
from trackmycrime.ops.bench import events
from trackmycrime.ops.bench.inside import PASSWORD
from trackmycrime.ops.bench.installation import Installation, installation

pytestmark = pytest.mark.processes
GUESSES = int(os.environ.get("TMC_TEST_GUESSES", "800"))
ADDRESSES = 200
CONNECTIONS = 8


@pytest.fixture(scope="module")
def place() -> Iterator[Installation]:
    """A whole installation behind a proxy of ours, with a victim who has joined."""
    with (
        data_folder() as folder,
        installation(folder.parent, folder.name, {"TMC_TRUSTED_PROXIES": "1"}, 20) as running,
    ):
        yield running


class Browser:
    """Somebody at the portal's form, from one network address."""

    def __init__(self, place: Installation, address: str) -> None:
        headers = {"X-Forwarded-For": address}
        self.client = httpx.Client(base_url=place.portal, headers=headers, trust_env=False, timeout=60)

    def sign_in(self, email: str, password: str) -> int:
        page = self.client.get("/sign-in/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if token is None:
            return 0
        form = {"csrfmiddlewaretoken": token[1], "email": email, "password": password}
        return self.client.post("/sign-in/", data=form).status_code

    def sign_out(self) -> None:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', self.client.get("/cases/").text)
        assert token
        self.client.post("/sign-out/", data={"csrfmiddlewaretoken": token[1]})


def guess(place: Installation, number: int) -> Counter[str]:
    """So many guesses at one account from all the addresses, over several connections; what was answered."""
    with httpx.Client(base_url=place.portal, trust_env=False, timeout=60) as client:
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/sign-in/").text)
        assert token
        cookie = client.cookies["portal_csrf"]

    def one(n: int) -> str:
        form = {"csrfmiddlewaretoken": token[1], "email": events.PAGE_EMAIL, "password": f"guess number {n}"}
        head = {"Cookie": f"portal_csrf={cookie}", "X-Forwarded-For": f"198.51.{n % ADDRESSES}.7"}
        return str(guessing.post("/sign-in/", data=form, headers=head).status_code)

    with (
        httpx.Client(base_url=place.portal, trust_env=False, timeout=60) as guessing,
        ThreadPoolExecutor(CONNECTIONS) as crowd,
    ):
        return Counter(crowd.map(one, range(number)))


def test_guesses_get_nowhere_and_lock_nobody_out(place: Installation) -> None:
    hers = Browser(place, "192.0.2.7")
    assert hers.sign_in(events.PAGE_EMAIL, PASSWORD) == 302
    hers.sign_out()

    answers = guess(place, GUESSES)
    assert answers.total() == GUESSES
    assert set(answers) == {"200", "429"}, "none gets in, and none breaks anything"
    looked_at = answers["200"]
    assert looked_at <= 60 + 2 * ADDRESSES, "most are not even looked at"
    data = Path(place.data)
    assert rows(data, "select count(*) from people_portal_session where account_id is not null") == [(0,)]

    # the victim: in her browser wherever she is, and with a new phone at an address that never was seen
    hers.client.headers["X-Forwarded-For"] = "203.0.113.50"
    assert hers.sign_in(events.PAGE_EMAIL, PASSWORD) == 302
    assert Browser(place, "203.0.113.51").sign_in(events.PAGE_EMAIL, PASSWORD) == 302
    # and one who guesses is not let in by the right password any more
    refused = Browser(place, "198.51.7.7")
    if GUESSES >= 10 * ADDRESSES:
        assert refused.sign_in(events.PAGE_EMAIL, PASSWORD) == 429
