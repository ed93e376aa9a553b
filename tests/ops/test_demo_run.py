"""The demo as a visitor meets it: real processes, from the command to Ctrl-C."""

from __future__ import annotations

import re
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.connectors.extracts import crime_id, outcome, street, write
from tests.support.processes import (
    TRACKMYCRIME,
    Background,
    clean_environment,
    eventually,
    processes_of,
    run,
)

pytestmark = pytest.mark.processes

ANY_PORT = [
    word for door in ("portal", "desk", "gateway", "mailbox") for word in (f"--{door}", "127.0.0.1:0")
]


def started(*args: str) -> Background:
    """The demo on free ports."""
    return Background([*TRACKMYCRIME, "demo", *ANY_PORT, *args], env=clean_environment())


def introduced(demo: Background) -> str:
    """What it prints when it is ready."""
    lines: list[str] = []
    while not (lines and "Ctrl-C" in lines[-1]):
        lines.append(demo.line(timeout=180))
    return "\n".join(lines)


def address(said: str, what: str) -> str:
    """The address that was printed beside a word."""
    found = re.search(rf"^  {what} +(http://\S+)$", said, re.MULTILINE)
    assert found, said
    return found[1]


@pytest.fixture
def above() -> Iterator[Path]:
    """A folder of mode 0755 for data folders."""
    with tempfile.TemporaryDirectory(prefix="tmc-t-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


def signed_in(portal: str, email: str, password: str) -> httpx.Client:
    """A browser that has signed in at the portal."""
    client = httpx.Client(base_url=portal, trust_env=False, follow_redirects=True, timeout=30)
    page = client.get("/sign-in/").text
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert token
    form = {"csrfmiddlewaretoken": token[1], "email": email, "password": password}
    assert client.post("/sign-in/", data=form, headers={"Referer": portal}).url.path == "/cases/"
    return client


def at_the_desk(desk: str, email: str, password: str, codes: str) -> None:
    """Sign in as an officer: password, then the code that the page beside the mailbox shows."""
    with httpx.Client(base_url=desk, trust_env=False, follow_redirects=True, timeout=30) as client:
        page = _sent(client, "/sign-in/", email=email, password=password)
        assert page.url.path == "/sign-in/app/"
        shown = re.search(r'tmc-code">(\d{3}) (\d{3})<', httpx.get(codes, trust_env=False).text)
        assert shown
        assert _sent(client, "/sign-in/app/", code="".join(shown.groups())).url.path == "/"


def _sent(client: httpx.Client, path: str, **fields: str) -> httpx.Response:
    """Where the form of a page leads."""
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get(path).text)
    assert token
    form = {"csrfmiddlewaretoken": token[1], **fields}
    return client.post(path, data=form, headers={"Referer": str(client.base_url)})


def test_a_visitor_finds_everything_by_what_the_screen_says_and_ctrl_c_leaves_nothing(above: Path) -> None:
    data = above / "data"
    with started("--data", str(data), "--share", "0.01") as demo:
        said = introduced(demo)
        mailbox, portal = address(said, "Mailbox"), address(said, "Portal")
        email, password = re.search(r"(\S+@\S+)  (\S+)  \(victim\)", said).groups()  # type: ignore[union-attr]
        assert said.count("correct-horse-demo") == 7
        assert "(officer)" in said
        assert "(supervisor)" in said
        officer = re.search(r"(\S+@\S+)  \S+  \(officer\)", said)
        assert officer
        at_the_desk(address(said, "Desk"), officer[1], password, address(said, "Codes"))
        sam = signed_in(portal, email, password)
        cases = sam.get("/cases/").text
        assert "Kestrel Close" in cases
        assert "Canal Walk" in cases
        for who, sees, not_theirs in (
            ("Sam's sister, who helps", "Kestrel Close", "Canal Walk"),
            ("works for Harbour Advocates", "Canal Walk", "Kestrel Close"),
        ):
            found = re.search(rf"(\S+@\S+)  \S+  \({who}\)", said)
            assert found
            helper = signed_in(portal, found[1], password)
            page = helper.get("/cases/").text
            helper.close()
            assert sees in page
            assert not_theirs not in page
        with httpx.Client(base_url=mailbox, trust_env=False, timeout=30) as post:
            eventually(lambda: "Start here" in post.get("/").text, what="Alex Morgan's invitation")
            alex = post.get("/", params={"to": "alex.morgan@example.org"}).text
            link = re.search(rf'href="({re.escape(portal)}/start/[^"]{{32}})"', alex)
            code = re.search(r'post__code">([A-Z0-9]{4}-[A-Z0-9]{4})<', alex)
            assert link
            assert code
            assert "What the officer told Alex Morgan" in alex
            assert httpx.get(link[1], trust_env=False).status_code == 200
            # Things happen by themselves, and Sam is told.
            eventually(lambda: email in post.get("/").text, timeout=60, what="a mail to Sam")
            assert "Kestrel" not in post.get("/", params={"to": email}).text
        sam.close()
        assert demo.end(signal.SIGINT) == 0
        eventually(lambda: processes_of(above) == [], what="the end of all processes")
    assert "is in quarantine" not in "\n".join(demo.complained)
    again = started("--data", str(data))
    with again as demo:
        said = introduced(demo)
        signed_in(address(said, "Portal"), email, password).close()
        assert demo.end(signal.SIGTERM) == 0
    assert "south-wales: loaded before" in "\n".join(demo.complained)


def test_on_real_extracts_streets_are_history_outcomes_happen_and_a_force_with_neither_stands_still(
    above: Path,
) -> None:
    folder = above / "in"
    crimes = range(30)
    write(folder, "2021-05-kent-street.csv", [street(crime_id(n), status="Suspect charged") for n in crimes])
    write(folder, "2021-06-kent-outcomes.csv", [outcome(crime_id(n)) for n in crimes])
    write(folder, "2021-11-gwent-street.csv", [street(crime_id(n), "2021-11") for n in crimes])
    data = str(above / "data")
    with started("--police-data", str(folder), "--data", data) as demo:
        said = introduced(demo)
        assert re.search(r"kent: 30 crimes; \d+ outcomes and changes will happen", said)
        assert "gwent: 30 crimes; stands still" in said
        email, password = re.search(r"(\S+@\S+)  (\S+)  \(victim\)", said).groups()  # type: ignore[union-attr]
        victim = signed_in(address(said, "Portal"), email, password)
        cases = victim.get("/cases/").text
        assert "Larch Close" in cases
        case = re.search(r'href="(/cases/[0-9a-f-]{36}/)"', cases)
        assert case
        url = case[1]
        eventually(lambda: "has been charged" in victim.get(url).text, timeout=60, what="the charge")
        victim.close()
        assert demo.end() == 0
    with started("--police-data", str(folder), "--data", data) as demo:
        introduced(demo)
        time.sleep(5)  # what happened before does not happen again
        assert demo.end() == 0
    assert "not sent" not in "\n".join(demo.complained)
    assert "is in quarantine" not in "\n".join(demo.complained)


def test_the_demo_keeps_away_from_data_that_is_not_its_own(above: Path) -> None:
    (above / "keys").mkdir()
    done = run("demo", "--data", str(above))
    assert done.returncode == 2
    assert "is no demo's folder" in done.stderr
    done = run("demo", env=clean_environment(TMC_DATABASE_URL="postgresql://x@127.0.0.1:1/x"))
    assert done.returncode == 2
    assert "TMC_DATABASE_URL" in done.stderr


def test_police_data_without_a_street_file_is_wrong_use(above: Path) -> None:
    done = run("demo", "--police-data", str(above))
    assert done.returncode == 2
    assert "holds no street file" in done.stderr
