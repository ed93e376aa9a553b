"""How fast victims sign in beside the bare hash, and what a flood of guesses does to those who read their case."""

from __future__ import annotations

import contextlib
import json
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
from argon2 import low_level

from trackmycrime.ops.bench import events, pages
from trackmycrime.ops.bench.inside import PASSWORD
from trackmycrime.ops.bench.installation import Installation, Sink, installation, own_environment
from trackmycrime.ops.bench.report import Figure, Report, machine, median, percentile
from trackmycrime.ops.bench.sizes import Size
from trackmycrime.ops.exits import Unreachable, say
from trackmycrime.ops.tether import tethered

WANTED_TIMES = 2
CONNECTIONS = (1, 3)
"""Of those who sign in; a process takes three at once."""
FLOOD = 32
"""Connections of the flood, each of which guesses again as soon as it is answered."""
ADDRESSES = 200
READERS, READS_PER_SECOND = 8, 16
_LEAD = 0.5
"""Seconds for which the flood is on before anybody reads, and after."""

Post = tuple[dict[str, str], str]


def measure(above: Path, post: Sink, size: Size, report: Report) -> dict[str, str]:
    """Sign in; then read the case in turns with and without a flood, so that what else goes on is in both.

    Returns what it ran on.
    """
    behind_a_proxy = {**post.settings, "TMC_TRUSTED_PROXIES": "1"}
    with installation(above, "signin", behind_a_proxy, size.few) as place:
        ran_on = machine(place.inside("owner", "server"))
        hashes = _bare(size.signin_seconds)
        right = {number: _sign_in(place, number, size) for number in CONNECTIONS}
        reader = pages.visit(place)
        quiet: list[dict[str, Any]] = []
        flooded: list[dict[str, Any]] = []
        floods: list[dict[str, Any]] = []
        guesses = list(_guesses(place, size))
        for number in range(size.rounds):
            say(f"bench: signin, round {number + 1} of {size.rounds}")
            quiet.append(_read(reader, size))
            share = guesses[number :: size.rounds]
            with _flood(place, share, size) as flood:
                flooded.append(_read(reader, size))
            floods.append(flood())
    report.raw["signin"] = {
        "hashes_per_second": hashes,
        "right": {str(number): _summary(run) for number, run in right.items()},
        "quiet": [_summary(run) for run in quiet],
        "flooded": [_summary(run) for run in flooded],
        "floods": [_summary(run) for run in floods],
    }
    report.figures += _figures(hashes, right, quiet, flooded, floods)
    return ran_on


def _bare(seconds: float) -> float:
    """Hashes a second of the very parameters, one after the other, with nothing around them."""
    from trackmycrime.people.hashing import COST

    done, began = 0, time.perf_counter()
    while time.perf_counter() - began < seconds:
        low_level.hash_secret(
            b"correct-horse", b"sixteen of salt.", hash_len=32, type=low_level.Type.ID, **COST
        )
        done += 1
    return done / (time.perf_counter() - began)


def _sign_in(place: Installation, connections: int, size: Size) -> dict[str, Any]:
    csrf, token = _form(place)
    post = _post(csrf, token, events.PAGE_EMAIL, PASSWORD, "192.0.2.1")
    run = _client(place, [post], connections, size.signin_seconds)
    if set(run["statuses"]) - {"302"}:
        raise Unreachable(f"signing in with the right password was answered {run['statuses']}")
    return run


def _guesses(place: Installation, size: Size) -> Iterator[Post]:
    """Wrong passwords for accounts that are there and for as many that are not, each from one of the addresses.

    So many that no limit answers for the hash, in whatever time a round takes.
    """
    csrf, token = _form(place)
    for number in range(ADDRESSES * 90):
        known = events.email(number % max(1, size.few)) if number % 2 else f"nobody.{number}@example.org"
        address = f"198.{18 + number % 2}.{number % ADDRESSES}.7"
        yield _post(csrf, token, known, f"guess number {number}", address)


def _form(place: Installation) -> tuple[str, str]:
    """The cookie and the field by which a form is known to be ours."""
    with httpx.Client(base_url=place.portal, trust_env=False, timeout=30) as browser:
        page = browser.get("/sign-in/").text
        found = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        if not found:
            raise Unreachable("the portal's sign-in page has no form")
        return browser.cookies["portal_csrf"], found[1]


def _post(csrf: str, token: str, email: str, password: str, address: str) -> Post:
    form = {"csrfmiddlewaretoken": token, "email": email, "password": password}
    return {"Cookie": f"portal_csrf={csrf}", "X-Forwarded-For": address}, urlencode(form)


def _read(reader: pages.Visitor, size: Size) -> dict[str, Any]:
    asked = {
        "url": reader.url, "headers": reader.headers(), "cookies": [reader.sends(reader.cookie)],
        "connections": READERS, "seconds": size.signin_seconds, "pause": READERS / READS_PER_SECOND,
    }  # fmt: skip
    run = _ended(_started(asked))
    if set(run["statuses"]) - {"200"}:
        raise Unreachable(f"{reader.url} answered {run['statuses']}")
    return run


def _client(place: Installation, posts: Sequence[Post], connections: int, seconds: float) -> dict[str, Any]:
    return _ended(_started(_asked(place, posts, connections, seconds)))


def _asked(place: Installation, posts: Sequence[Post], connections: int, seconds: float) -> dict[str, Any]:
    return {
        "url": f"{place.portal}/sign-in/", "headers": {"Accept-Language": "en"}, "cookies": [],
        "connections": connections, "seconds": seconds, "posts": posts,
    }  # fmt: skip


@contextlib.contextmanager
def _flood(place: Installation, posts: Sequence[Post], size: Size) -> Iterator[Any]:
    """Guesses from all sides during the block; what is yielded waits for their end and says what they met."""
    running = _started(_asked(place, posts, FLOOD, size.signin_seconds + 2 * _LEAD))
    try:
        time.sleep(_LEAD)
        yield lambda: _ended(running)
    finally:
        if running.poll() is None and sys.exc_info()[0]:
            running.kill()
            running.wait()


def _started(asked: Mapping[str, Any]) -> subprocess.Popen[str]:
    """A client of its own process; what it is to ask comes by standard input when it is long."""
    argv = [sys.executable, "-m", "trackmycrime.ops.bench.client", "-"]
    running = subprocess.Popen(
        tethered(argv), env=own_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert running.stdin is not None
    running.stdin.write(json.dumps(asked) + "\n")
    running.stdin.flush()
    return running


def _ended(running: subprocess.Popen[str]) -> dict[str, Any]:
    assert running.stdout is not None
    said = running.stdout.read()
    if running.wait():
        raise Unreachable(f"a client of the sign-in ended with {running.returncode}")
    run: dict[str, Any] = json.loads(said)
    return run


def _summary(run: Mapping[str, Any]) -> dict[str, Any]:
    millis = {f"p{share}": percentile(run["millis"], share / 100) for share in (50, 95, 99)}
    return {"per_second": run["per_second"], "statuses": run["statuses"], **millis}


def _figures(
    hashes: float,
    right: Mapping[int, dict[str, Any]],
    quiet: Sequence[dict[str, Any]],
    flooded: Sequence[dict[str, Any]],
    floods: Sequence[dict[str, Any]],
) -> list[Figure]:
    made = [
        Figure(
            f"signin: with email and password, {number} connection(s)",
            f"{run['per_second']:,.1f} a second, p50 {percentile(run['millis'], 0.5):.0f},"
            f" p95 {percentile(run['millis'], 0.95):.0f} ms",
            f"bare argon2 hash {hashes:,.1f} a second: {run['per_second'] / hashes:.2f}",
        )
        for number, run in right.items()
    ]
    answers = sum((Counter(run["statuses"]) for run in floods), Counter())
    rate = median([run["per_second"] for run in floods])
    before = percentile([each for run in quiet for each in run["millis"]], 0.95)
    during = percentile([each for run in flooded for each in run["millis"]], 0.95)
    middle = [percentile([each for run in runs for each in run["millis"]], 0.5) for runs in (quiet, flooded)]
    said = ", ".join(f"{count / answers.total():.0%} {status}" for status, count in sorted(answers.items()))
    made += [
        Figure(
            f"signin: a flood of guesses from {ADDRESSES} addresses over {FLOOD} connections",
            f"{rate:,.0f} answered a second ({said})",
            "200: looked at and wrong; 429: turned away before that",
        ),
        Figure(
            "signin: the case page during the flood, p95",
            f"{during:.1f} ms (median {middle[1]:.1f})",
            f"without the flood {before:.1f} ms (median {middle[0]:.1f}): {during / before:.2f} times",
            f"≤ {WANTED_TIMES} times",
            during <= WANTED_TIMES * before,
        ),
    ]
    return made
