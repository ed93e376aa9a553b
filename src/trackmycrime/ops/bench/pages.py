"""How fast a signed-in victim reads their case, beside a bare Django view under the same server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx

from trackmycrime.ops import doors
from trackmycrime.ops.bench.figures import Report
from trackmycrime.ops.bench.people import PASSWORD, join
from trackmycrime.ops.bench.place import Place, place, progress
from trackmycrime.ops.bench.traffic import Sender, Traffic, body
from trackmycrime.ops.exits import Unreachable

ENTRIES = 12


def run(*, crimes: int, seconds: float) -> Report:
    """Measure the same page in a small and in a large installation, in turns, and the bare view."""
    report = Report("pages")
    few = min(1_000, crimes // 2)
    with ExitStack() as both:
        small, large = (both.enter_context(place()) for _ in range(2))
        pages = {few: _case(small, few), crimes: _case(large, crimes)}
        bare = both.enter_context(_bare())
        for connections in (1, 8, 16):
            seen: dict[int, list[dict[str, Any]]] = {few: [], crimes: []}
            plain = []
            for _ in range(3):
                for size, (url, headers) in pages.items():
                    seen[size].append(_hammer(url, connections, seconds, headers))
                plain.append(_hammer(bare, connections, seconds, []))
            _tell(report, connections, few, crimes, seen, plain)
        url, headers = pages[crimes]
        tag = httpx.get(url, headers=dict(h.split(": ", 1) for h in headers), trust_env=False).headers["ETag"]
        unchanged = _hammer(url, 8, seconds, [*headers, f"If-None-Match: {tag}"])
        report.say(
            "unchanged (304), 8 connections",
            f"{unchanged['per_second']:.0f} requests/s",
            not_modified=unchanged,
        )
    return report


def _tell(
    report: Report,
    connections: int,
    few: int,
    many: int,
    seen: dict[int, list[dict[str, Any]]],
    plain: list[dict[str, Any]],
) -> None:
    page, other, bare = (_middle(each) for each in (seen[many], seen[few], plain))
    if any(set(one["statuses"]) != {"200"} for one in [*seen[many], *seen[few]]):
        raise Unreachable("the case page did not answer 200 each time")
    ratio = page["per_second"] / bare["per_second"]
    apart = abs(page["per_second"] - other["per_second"]) / other["per_second"] * 100
    report.say(
        f"case page, {connections} connection(s), {many:,} crimes",
        f"**{page['per_second']:.0f} requests/s** (p50 {page['p50_ms']:.1f} ms, p95 {page['p95_ms']:.1f} ms)",
        **{f"page_{connections}": page, f"page_small_{connections}": other, f"bare_{connections}": bare},
    )
    report.say(
        "· with few crimes", f"{few:,} crimes: {other['per_second']:.0f} requests/s, {apart:.0f} % apart"
    )
    report.say(
        "· yardstick: bare view", f"{bare['per_second']:.0f} requests/s; the page is {ratio:.2f} of it"
    )


def _middle(rounds: list[dict[str, Any]]) -> dict[str, Any]:
    """The round in the middle by requests a second."""
    return sorted(rounds, key=lambda one: float(one["per_second"]))[len(rounds) // 2]


def _hammer(url: str, connections: int, seconds: float, headers: list[str]) -> dict[str, Any]:
    argv = [
        sys.executable,
        "-m",
        "trackmycrime.ops.bench.hammer",
        url,
        str(connections),
        str(seconds),
        *headers,
    ]
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _case(here: Place, crimes: int) -> tuple[str, list[str]]:
    """Load the crimes, one with a timeline of twelve, and sign its victim in: address and headers of the page."""
    here.command("force", "add", "bench", "--name", "Bench Police", "--languages", "en")
    sender = Sender(here.gateway, here.source("bench", live_from="now"))
    traffic = Traffic("bench", datetime(2026, 1, 5, 9, tzinfo=UTC))
    while len(traffic.known) < crimes:
        sender.send(body([event for _ in range(min(500, crimes)) for event in traffic.report()]))
        if len(traffic.known) % 10_000 == 0:
            progress(f"pages: {len(traffic.known):,} crimes loaded")
    mine = traffic.known[0]
    sender.send(body([traffic.update(mine) for _ in range(ENTRIES)]))
    join(here, ["bench.0@example.org"])
    here.settle()
    with httpx.Client(base_url=here.portal, trust_env=False, follow_redirects=True) as browser:
        form = browser.get("/sign-in/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        assert token
        answer = {"email": "bench.0@example.org", "password": PASSWORD, "csrfmiddlewaretoken": token.group(1)}
        cases = browser.post("/sign-in/", data=answer, headers={"Referer": here.portal + "/sign-in/"}).text
        found = re.search(r'href="(/cases/[0-9a-f-]{36}/)"', cases)
        if found is None:
            raise Unreachable("the victim of the bench could not sign in")
        cookies = "; ".join(f"{name}={value}" for name, value in browser.cookies.items())
    return here.portal + found.group(1), [f"Cookie: {cookies}"]


@contextmanager
def _bare() -> Iterator[str]:
    """The bare view under gunicorn with the settings of our doors."""
    listener = doors.listen("portal", "127.0.0.1:0")
    program = doors.program(listener, dict(os.environ))
    argv = [
        word.replace("trackmycrime.config.wsgi_portal", "trackmycrime.ops.bench.bare")
        for word in program.argv
    ]
    descriptor = listener.socket.fileno()
    os.set_inheritable(descriptor, True)
    server = subprocess.Popen(argv, pass_fds=[descriptor], stderr=subprocess.DEVNULL)
    try:
        for _ in range(100):
            try:
                httpx.get(listener.url, trust_env=False)
                break
            except (OSError, httpx.HTTPError):
                pass
        yield listener.url
    finally:
        server.terminate()
        server.wait(10)
        listener.socket.close()
