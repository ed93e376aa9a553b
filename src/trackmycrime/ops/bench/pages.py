"""How fast the page of a crime is, beside a bare view under the same server, with few and with many crimes."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from trackmycrime.ops.bench import events
from trackmycrime.ops.bench.inside import PASSWORD
from trackmycrime.ops.bench.installation import Installation, own_environment
from trackmycrime.ops.bench.report import Figure, Report, median, percentile
from trackmycrime.ops.bench.sizes import Size
from trackmycrime.ops.exits import Unreachable, say
from trackmycrime.ops.tether import tethered
from trackmycrime.portal.kept import MOST

WANTED_STATEMENTS, WANTED_SHARE, AIM, WANTED_WITHIN = 8, 10, 3, 15
CONNECTIONS = (1, 8, 16)
_COMPARED = 8
"""Connections at which few and many crimes are compared."""
_PAIRS = 3
"""How often they are compared in the time of a round."""
_BROWSERS = MOST + 100
"""More than the portal keeps pages for, asked in turn: each page is given up before its browser asks again."""


@dataclass(frozen=True)
class Visitor:
    """Somebody who is signed in: the address of their crime's page, their cookies, and the page's tag."""

    url: str
    path: str
    cookie: str
    csrf: str
    tag: str
    bytes: int
    entries: int

    def headers(self, *, tagged: bool = False) -> dict[str, str]:
        """What their browser sends."""
        more = {"If-None-Match": self.tag} if tagged else {}
        return {"Accept-Language": "en", **more}

    def sends(self, session: str) -> str:
        """The cookies that their browser sends in that session."""
        return f"portal={session}; portal_csrf={self.csrf}"


def visit(installation: Installation) -> Visitor:
    """Sign in with email and password at the portal's own form, and look at the crime."""
    with httpx.Client(
        base_url=installation.portal, follow_redirects=True, trust_env=False, timeout=30
    ) as browser:
        form = browser.get("/sign-in/").text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form)
        fields = {"email": events.PAGE_EMAIL, "password": PASSWORD}
        page = browser.post(
            "/sign-in/", data={**fields, "csrfmiddlewaretoken": token[1] if token else ""}
        ).text
        found = re.search(r'href="(/cases/[0-9a-f-]{36}/)"', page)
        if not found:
            raise Unreachable("the victim could not sign in, or does not see the crime")
        browser.get(found[1])
        answer = browser.get(found[1])
        answer.raise_for_status()
        entries = answer.text.count("<time ")
        return Visitor(
            installation.portal + found[1],
            found[1],
            browser.cookies["portal"],
            browser.cookies["portal_csrf"],
            answer.headers["ETag"],
            len(answer.content),
            entries,
        )


def measure(many: Installation, few: Installation, bare: str, size: Size, report: Report) -> None:
    """Rounds in which each kind of request has its turn, so that what else the machine does meets all alike."""
    here, there = visit(many), visit(few)
    counted = many.inside("portal", "statements", path=here.path, cookie=here.cookie)
    report.raw["statements"] = counted
    crowd = {
        who.path: [
            who.sends(session)
            for session in place.inside("portal", "sessions", cookie=who.cookie, count=_BROWSERS)
        ]
        for place, who in ((many, here), (few, there))
    }
    runs: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for number in range(size.rounds):
        say(f"bench: pages, round {number + 1} of {size.rounds}")
        for connections in CONNECTIONS:
            runs[f"bare {connections}"].append(_run(bare, {}, [], connections, size, "200"))
            for name, cookies in (("anew", crowd[here.path]), ("kept", [here.sends(here.cookie)])):
                runs[f"{name} {connections}"].append(
                    _run(here.url, here.headers(), cookies, connections, size, "200")
                )
            runs[f"unchanged {connections}"].append(
                _run(here.url, here.headers(tagged=True), [here.sends(here.cookie)], connections, size, "304")
            )
    pairs = size.rounds * _PAIRS
    say(f"bench: pages, {pairs} times with few and with many crimes")
    for number in range(pairs):
        pair = [("few", there), ("many", here)]
        for name, who in pair if number % 2 else reversed(pair):  # neither is always first
            runs[name].append(_run(who.url, who.headers(), crowd[who.path], _COMPARED, size, "200"))
    report.raw["pages"] = {
        "bytes": here.bytes,
        "runs": {
            name: [{**run, "millis": _summary(run["millis"])} for run in several]
            for name, several in runs.items()
        },
    }
    report.figures += _figures(counted, here, runs, many.crimes, few.crimes)


def _run(
    url: str, headers: Mapping[str, str], cookies: list[str], connections: int, size: Size, status: str
) -> dict[str, Any]:
    asked = {
        "url": url,
        "headers": headers,
        "cookies": cookies,
        "connections": connections,
        "seconds": size.page_seconds,
    }
    argv = [sys.executable, "-m", "trackmycrime.ops.bench.client", json.dumps(asked)]
    done = subprocess.run(tethered(argv), check=False, env=own_environment(), stdout=subprocess.PIPE)
    if done.returncode:
        raise Unreachable(f"the client of the pages ended with {done.returncode}")
    run: dict[str, Any] = json.loads(done.stdout)
    if set(run["statuses"]) != {status}:
        raise Unreachable(f"{url} answered {run['statuses']} instead of {status}")
    return run


def _summary(millis: list[float]) -> dict[str, float]:
    return {f"p{share}": percentile(millis, share / 100) for share in (50, 95, 99)}


def _rate(runs: list[dict[str, Any]]) -> float:
    """The median of the rounds, in requests a second."""
    return median([run["per_second"] for run in runs])


def _figures(
    counted: Mapping[str, Any], here: Visitor, runs: Mapping[str, list[dict[str, Any]]], many: int, few: int
) -> list[Figure]:
    number = counted["anew"]["statements"]
    made = [
        Figure(
            f"page: SQL statements ({here.entries} entries, {here.bytes / 1024:.0f} KiB); when kept",
            f"{number}; {counted['kept']['statements']}",
            "besides: begin and commit",
            f"≤ {WANTED_STATEMENTS}",
            number <= WANTED_STATEMENTS,
        )
    ]
    for connections in CONNECTIONS:
        yardstick = _rate(runs[f"bare {connections}"])
        for kind, name, wanted, asked in (
            ("anew", "page, written anew each time", f"≥ 1/{WANTED_SHARE}", True),
            ("kept", "page, kept since it was read before", f"aim: 1/{AIM}", False),
            ("unchanged", "page, 304 by If-None-Match", "", False),
        ):
            several = runs[f"{kind} {connections}"]
            rate = _rate(several)
            millis = [each for run in several for each in run["millis"]]
            times = f"p50 {percentile(millis, 0.5):.1f}, p95 {percentile(millis, 0.95):.1f} ms"
            made.append(
                Figure(
                    f"{name}, {connections} connection(s)",
                    f"{rate:,.0f} req/s, {times}",
                    f"bare view {yardstick:,.0f} req/s: {rate / yardstick:.2f}",
                    wanted,
                    rate * WANTED_SHARE >= yardstick if asked else None,
                )
            )
    with_few, with_many = _rate(runs["few"]), _rate(runs["many"])
    # of each pair, so that what else the machine does in the meantime is in both
    shares = [b["per_second"] / a["per_second"] for a, b in zip(runs["few"], runs["many"], strict=True)]
    change = (median(shares) - 1) * 100
    made.append(
        Figure(
            f"page with {many:,} crimes instead of {few:,}, {_COMPARED} connections",
            f"{change:+.1f} %",
            f"{with_many:,.0f} against {with_few:,.0f} req/s, runs alternating",
            f"within {WANTED_WITHIN} %",
            abs(change) <= WANTED_WITHIN,
        )
    )
    return made
