"""Made-up secrets go through every flow of a real installation; none of them turns up where it must not be.

Not in a log, not in a column that is not encrypted, not in a file of the data folder. What the design keeps readable
(a reference, a place) may stand in the tables that are named here, and nowhere else.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from tests.support.events import belonging, crime, event, hearing, message, update, victim
from tests.support.installation import FEED, SECONDS, Installation, installation, links, now
from tests.support.processes import eventually
from trackmycrime.people.factors import code_app

pytestmark = pytest.mark.processes
SLUG = "avon-and-somerset"

SECRETS = {
    "name": "Zephyrine Quillfeather",
    "email": "zephyrine.canary@example.org",
    "mobile": "7700900987",
    "born_on": "1971-02-28",
    "house": "Heronry Cottage",
    "safe note": "the lodger opens letters",
    "account's email": "quill.canary@example.org",
    "password": "plover sandpiper curlew",
    "message": "I saw the dunlin by the weir",
    "answer": "Thank you for the avocet",
    "update": "We have found the bittern",
    "desk's update": "We have spoken to the osprey",
    "reason": "The godwit has told us",
    "officer's name": "Peregrine Nightjar",
    "officer's email": "peregrine.canary@police.example.org",
    "officer's password": "wigeon gadwall teal",
    "court's result": "The case was put back for the lapwing",
    "property": "A brass turnstile with a redshank on it",
    "serial": "CANARY-SHOVELER-77",
    "where to collect": "The garganey room",
    "message from the records system": "Please bring the curlew's receipt",
    "unknown field": "a suspect called Kestrel",
    "wrong value": "smew-is-no-channel",
    "broken body": "whimbrel-in-a-broken-body",
    "unknown email": "nobody.canary@example.org",
}
"""What is readable nowhere but on a page of somebody who may read it."""
PLAIN = {
    "52/CANARY/26": {"cases_crime", "feed_event", "feed_entity", "returns_return"},
    "Turnstone Lane": {"cases_crime"},
    "Sanderling Team": {"forces_unit"},
}
"""What is kept readable, and in which tables: a reference and a place alone name nobody."""
REFERENCE = "52/CANARY/26"


class Guest(httpx.Client):
    """A browser without a screen: sends the form that a page has, with its token."""

    def fill(self, path: str, action: str = "", **fields: str) -> httpx.Response:
        """Open a page and send its form (to `action`, if it goes elsewhere); gives where that led."""
        page = self.get(path).text
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
        once = re.search(r'name="once" value="([^"]+)"', page)
        assert token, page
        said = {"csrfmiddlewaretoken": token.group(1), **({"once": once.group(1)} if once else {}), **fields}
        answer = self.post(action or path, data=said)
        assert answer.status_code < 400, (path, answer.status_code)
        return answer


def guest(address: str) -> Guest:
    return Guest(
        base_url=address, follow_redirects=True, trust_env=False, timeout=30, headers={"Referer": address}
    )


@pytest.fixture(scope="module")
def running() -> Iterator[Installation]:
    with installation() as made:
        made.add_force(SLUG, "Avon and Somerset Police")
        feed(made)
        victims_way(made)
        desks_way(made)
        yield made


def told(made: Installation, times: int) -> None:
    """The victim was told so often: what they then see, or may no longer see, is not told any more."""
    eventually(lambda: len(made.mails_to(SECRETS["email"])) >= times, SECONDS, f"alert {times}")


def feed(made: Installation) -> None:
    """What the records system says, and what it says wrongly."""
    safe = {
        "channels": None,
        "hours": None,
        "disguise": False,
        "no_portal": False,
        "note": SECRETS["safe note"],
    }
    person = {
        "name": SECRETS["name"], "email": SECRETS["email"], "mobile": "0" + SECRETS["mobile"],
        "born_on": SECRETS["born_on"], "address": {"lines": [SECRETS["house"]], "postcode": "BS1 1AA"},
        "safe_contact": safe,
    }  # fmt: skip
    officer = {"name": SECRETS["officer's name"], "email": SECRETS["officer's email"], "unit": "U1"}
    made.send(
        SLUG,
        event("unit.changed", "U1", 1, {"name": {"en": "Sanderling Team"}}, time=now()),
        event("officer.changed", "O1", 1, officer, time=now()),
        crime(REFERENCE, 1, reported_at=now().date().isoformat(), place="Turnstone Lane", officer="O1", unit="U1",
              time=now()),
        victim(REFERENCE, 1, **person, time=now()),
    )  # fmt: skip
    strange = victim(REFERENCE, 2, time=now())
    strange["data"]["suspect"] = SECRETS["unknown field"]
    wrong = victim(REFERENCE, 3, preferred_channel=SECRETS["wrong value"], time=now())
    wrong_too = victim(REFERENCE, 4, mobile=SECRETS["mobile"] + "x", email=SECRETS["email"] + "@", time=now())
    assert made.post(SLUG, strange, wrong, wrong_too) == ["quarantined"] * 3
    broken = httpx.post(
        made.serving.gateway + FEED, content=b'[{"id": "' + SECRETS["broken body"].encode(), trust_env=False,
        headers={"Authorization": f"Bearer {made.tokens[SLUG]}", "Content-Type": "application/cloudevents-batch+json"},
    )  # fmt: skip
    assert broken.status_code == 400
    assert SECRETS["broken body"] not in broken.text


def victims_way(made: Installation) -> None:
    """Joining, with mistakes, and writing."""
    (link,) = [link for link in links(made.wait_for_mail(SECRETS["email"], 1)) if "/start/" in link]
    path = link.removeprefix(made.serving.portal)
    person = guest(made.serving.portal)
    person.fill("/sign-in/", email=SECRETS["unknown email"], password=SECRETS["password"])
    person.fill(path, start="1")
    person.fill("/start/code/", action="/start/text/")
    code = made.wait_for_code("+44" + SECRETS["mobile"])
    person.fill("/start/code/", code=code)
    joined = person.fill("/start/account/", email=SECRETS["account's email"], password=SECRETS["password"])
    case = re.search(r"/cases/([0-9a-f-]{36})/", joined.text)
    assert case, joined.text
    sent = person.fill(f"/cases/{case.group(1)}/messages/", text=SECRETS["message"])
    assert SECRETS["message"] in sent.text
    made.send(SLUG, update(REFERENCE, 9, "u1", "note", text={"en": SECRETS["update"]}, time=now()))
    made.wait_for_mail(SECRETS["email"], 2)
    made.send(
        SLUG,
        hearing(REFERENCE, 10, status="held", result={"en": SECRETS["court's result"]}, time=now()),
        belonging(
            REFERENCE, 11, "ready_to_collect", description=SECRETS["property"], serial=SECRETS["serial"],
            collect_from=SECRETS["where to collect"], time=now(),
        ),
        message(REFERENCE, 12, SECRETS["message from the records system"], time=now()),
    )  # fmt: skip
    told(made, 3)
    page = html.unescape(person.get(f"/cases/{case.group(1)}/").text)
    for secret in ("update", "court's result", "property", "serial", "where to collect"):
        assert SECRETS[secret] in page, secret
    thread = html.unescape(person.get(f"/cases/{case.group(1)}/messages/").text)
    assert SECRETS["message from the records system"] in thread


def desks_way(made: Installation) -> None:
    """Setting up, with a mistake, looking for the case, answering, writing an update, closing the case."""
    set_up = made.add_officer(SLUG, SECRETS["officer's email"], "supervisor")
    desk = guest(made.serving.desk)
    desk.fill(set_up.removeprefix(made.serving.desk), password=SECRETS["officer's password"])
    key = re.search(r'tmc-code-line">([A-Z2-7 ]+)<', desk.get("/account/app/").text)
    assert key
    SECRETS["key of the officer's app"] = secret = key[1].replace(" ", "")
    desk.fill("/account/app/", code=code_app.code_at(secret, now() - timedelta(seconds=code_app.STEP)))
    codes = re.findall(r'tmc-mono">([A-Z0-9-]{14})<', desk.fill("/account/recovery/").text)
    SECRETS["recovery code"], SECRETS["other recovery code"] = codes[0], codes[1]
    desk = guest(made.serving.desk)
    desk.fill("/sign-in/", email=SECRETS["officer's email"], password=SECRETS["unknown email"])
    desk.fill("/sign-in/", email=SECRETS["officer's email"], password=SECRETS["officer's password"])
    desk.fill("/sign-in/recovery/", code=SECRETS["other recovery code"] + "X")
    desk.fill("/sign-in/recovery/", code=SECRETS["recovery code"])
    found = desk.fill("/", action="/cases/find/", reference=REFERENCE)
    assert SECRETS["name"] in found.text
    case = found.url.path
    thread = re.search(r"/messages/[0-9a-f-]{36}/", found.text)
    assert thread, found.text
    desk.fill(thread.group(), text=SECRETS["answer"])
    said = {"milestone": "note", "en": SECRETS["desk's update"]}
    preview = desk.fill(f"{case}update/", step="preview", **said)
    assert SECRETS["desk's update"] in preview.text
    before = len(made.mails_to(SECRETS["email"]))
    desk.fill(f"{case}update/", step="publish", **said)
    told(made, before + 1)
    desk.fill(f"{case}withhold/", reason=SECRETS["reason"])


def shapes(secret: str) -> set[str]:
    """How a secret looks in text, and in bytes that are shown as numbers; large and small letters are one."""
    return {secret.lower(), secret.lower().encode().hex(), secret.encode().hex()}


def everything(running: Installation) -> dict[str, str]:
    """All rows of all tables, as text in small letters."""
    tables = running.rows("select table_name from information_schema.tables where table_schema = 'public'"
                          " and table_type = 'BASE TABLE'")  # fmt: skip
    return {
        table: "\n".join(row for (row,) in running.rows(f"select lower(t::text) from {table} t"))
        for (table,) in tables
    }


def test_no_table_holds_a_secret_that_can_be_read(running: Installation) -> None:
    tables = everything(running)
    for table in ("audit_record", "feed_event", "tasks_task", "delivery_attempt", "people_portal_session",
                  "people_desk_session", "messages_message", "publish_entry", "kernel_counter"):  # fmt: skip
        assert tables[table], f"nothing is in {table}: the flows do not go where they should"
    found = {
        (table, what)
        for table, text in tables.items()
        for what, secret in SECRETS.items()
        if any(shape in text for shape in shapes(secret))
    }
    assert not found


def test_what_is_kept_readable_is_only_where_it_is_said(running: Installation) -> None:
    tables = everything(running)
    for secret, allowed in PLAIN.items():
        assert {
            table for table, text in tables.items() if any(s in text for s in shapes(secret))
        } == allowed, secret


def test_no_log_names_anybody_or_anything(running: Installation) -> None:
    said = "\n".join([*running.serving.complained, *running.serving.said]).lower()
    for path in running.serving.data.rglob("*.log"):
        said += path.read_text("utf-8", "replace").lower()
    assert not [what for what, secret in SECRETS.items() if secret.lower() in said]
    assert not [secret for secret in PLAIN if secret.lower() in said]
    tokens = {
        link.rpartition("/")[2] for mail in running.mail.mails for link in links(mail) if "/start/" in link
    }
    assert tokens
    assert not [token for token in [*tokens, *running.tokens.values()] if token.lower() in said]


def test_no_file_of_the_data_folder_holds_a_secret(running: Installation) -> None:
    """Not in the database's files, its log of what was written, its own log, nor anything beside it."""
    running.rows("select 1")
    wanted = {what: secret.encode() for what, secret in SECRETS.items()}
    found = set()
    for path in running.serving.data.rglob("*"):
        held = content(path)
        for what, secret in wanted.items():
            if secret in held:
                found.add((str(path.relative_to(running.serving.data)), what))
    assert not found


def content(path: Path) -> bytes:
    """The bytes of a file; none for what is no file, or has gone meanwhile."""
    try:
        return path.read_bytes() if path.is_file() else b""
    except OSError:
        return b""
