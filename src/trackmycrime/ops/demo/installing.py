"""What an administrator does before a force can use the service, done for the demo by the same commands.

Needs Django with the owner's login, as the commands do.
"""

from __future__ import annotations

import io
import json
import tempfile
from contextlib import redirect_stdout
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from trackmycrime.feed.connectors.police_uk.made_up import WELSH_FORCES

SOURCE = "Demo records system"

_NAMES_CY = {
    "dyfed-powys": "Heddlu Dyfed-Powys",
    "gwent": "Heddlu Gwent",
    "north-wales": "Heddlu Gogledd Cymru",
    "south-wales": "Heddlu De Cymru",
}
AT_ANY_HOUR = ('quiet_from = "00:00"', 'quiet_to = "00:00"', "gather_minutes = 0")
"""The policy of a force that tells each thing when it comes."""
_LITTLE = frozenset({"and", "of"})
_OLD_MONTHS = 360
"""How long a closed case of real extracts stays readable: they are years old, and there to be looked at."""


@dataclass(frozen=True)
class SignIn:
    """Somebody who can sign in, and where."""

    who: str
    email: str
    password: str
    door: str = "portal"


def run(*words: str) -> Any:
    """Run a command of ours in this process; what it answers with --json."""
    from trackmycrime.ops.cli import trackmycrime

    said = io.StringIO()
    with redirect_stdout(said):
        trackmycrime.main([*words, "--json"], prog_name="trackmycrime", standalone_mode=False)
    return json.loads(said.getvalue())


def name_of(slug: str) -> str:
    """A force's name for people, from how data.police.uk spells it in files."""
    words = [word if word in _LITTLE else word.capitalize() for word in slug.split("-")]
    return f"{' '.join(words)} Police"


def install(slug: str, *, old: bool) -> str:
    """Add the force and its source where they are not there yet; a token that counts. `old`: years old cases."""
    welsh = slug in WELSH_FORCES
    lines = [
        f"slug = {json.dumps(slug)}",
        f"name = {json.dumps(name_of(slug))}",
        f"languages = {json.dumps(['cy', 'en'] if welsh else ['en'])}",
    ]
    if welsh:
        lines.append(f"name_cy = {json.dumps(_NAMES_CY[slug], ensure_ascii=False)}")
    # who looks at the demo wants to see what follows from what they do, at whatever hour
    lines += ["[policy]", *AT_ANY_HOUR]
    if old:
        lines.append(f"readable_months = {_OLD_MONTHS}")
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "force.toml"
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        run("force", "apply", str(file))
    known = any(row["source"] == SOURCE for row in run("source", "list", slug))
    words = ("rotate", slug, SOURCE, "--keep-old", "0") if known else ("add", slug, SOURCE)
    return str(run("source", *words)["token"])


def add_officer(slug: str, email: str, role: str, officer_id: str, password: str) -> SignIn:
    """Put an officer on the staff and let them choose their password and add an app, whose codes the mailbox shows."""
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.ops.demo import showcase
    from trackmycrime.people import staff
    from trackmycrime.people.factors import code_app

    words = ("--officer-id", officer_id) if officer_id else ()
    url = run("officer", "add", slug, email, "--role", role, *words)["setup_url"]
    account = staff.set_up(url.rpartition("/")[2], password, now=utc_now())
    assert account is not None
    now, secret = utc_now(), showcase.APP_SECRET
    # by the code before the present one, so that the one that the page shows now is still good
    before = code_app.code_at(secret, now - timedelta(seconds=code_app.STEP))
    code_app.add("desk", account, secret, before, now=now)
    return SignIn(role, email, password, "desk")


def join(slug: str, person: str, email: str, password: str, language: str) -> bool:
    """Let a person join all of their crimes, as with a code that an officer handed over; False when there is none."""
    from django.db import transaction

    from trackmycrime.audit.api import SYSTEM
    from trackmycrime.forces.models import Force
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.people import invitations, joining
    from trackmycrime.people.models import Victim

    force = Force.objects.get(slug=slug)
    parts = Victim.objects.filter(force=force, person=person, live=True)
    joined = next((part.account_id for part in parts if part.account_id), None)
    for part in parts:
        if part.joined_at is None:
            with transaction.atomic():
                invited = invitations.invite_in_person(force, part, by=SYSTEM, now=utc_now())
            started = invited and joining.open_code(invited.token, "127.0.0.1", now=utc_now())
            if not started:
                continue
            if joined:
                joining.join(started, joined, now=utc_now())
                continue
            made = joining.join_with(started, email, password, "127.0.0.1", language=language, now=utc_now())
            joined = made[0].pk if made else None
    return joined is not None


def let_in_helpers() -> list[SignIn]:
    """Let Sam's sister in to one of the two cases and an organisation to the other, as Sam and its administrator do."""
    from django.db import transaction

    from trackmycrime.kernel.clock import london_date, utc_now
    from trackmycrime.ops.demo import showcase
    from trackmycrime.people.helping import giving, organisations
    from trackmycrime.people.models import Member, Victim

    now, force = utc_now(), showcase.ENGLISH
    day = london_date(now) + timedelta(days=90)
    parts = Victim.objects.filter(force__slug=force, person=showcase.SAM.victim).order_by("told_at", "id")
    burglary, bicycle = list(parts)
    sam = burglary.account_id
    assert sam is not None
    # in one transaction each: the worker sends no mail for what is taken up already
    with transaction.atomic():
        given = giving.give(
            sam, burglary.id, name="Nia Carter", email=showcase.NIA, may_write=True, day=day, language="en",
            now=now,
        )  # fmt: skip
        _take_up(given.code, showcase.NIA, access_id=given.access_id)
    with transaction.atomic():
        words = ("--administrator", "Ada Bowen", "--email", showcase.ADA)
        made = run("organisation", "add", force, showcase.ADVOCATES, *words)
        of = Member.objects.get(organisation_id=made["organisation"])
        ada = _take_up(made["code"], showcase.ADA, member_id=of.id)
        code = organisations.add_member(
            ada.pk, of.organisation_id, who="Ivo Lane", email=showcase.IVO, administrator=False, language="en",
            now=now,
        )  # fmt: skip
        worker = Member.objects.get(organisation_id=of.organisation_id, account=None)
        _take_up(code, showcase.IVO, member_id=worker.id)
        giving.give_organisation(sam, bicycle.id, of.organisation_id, may_write=False, day=day, now=now)
    return helpers()


def helpers() -> list[SignIn]:
    """Who helps somebody, once `let_in_helpers` has let them in."""
    from trackmycrime.ops.demo import showcase

    return [
        SignIn("Sam's sister, who helps", showcase.NIA, showcase.PASSWORD),
        SignIn(f"works for {showcase.ADVOCATES}", showcase.IVO, showcase.PASSWORD),
        SignIn(f"says who works for {showcase.ADVOCATES}", showcase.ADA, showcase.PASSWORD),
    ]


def _take_up(code: str, email: str, **of: Any) -> Any:
    """Take an invitation up as its mail and its code let somebody; the account that it makes."""
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.ops.demo import showcase
    from trackmycrime.people import codes
    from trackmycrime.people.helping import inviting, taking_up
    from trackmycrime.people.models import HelpInvitation

    now, link = utc_now(), codes.link_token()
    HelpInvitation.objects.filter(state="waiting", **of).update(
        state="open", token_hash=inviting.link_hash(link)
    )
    found = taking_up.open_link(link, "127.0.0.1", now=now)
    assert found is not None
    _, proved = taking_up.prove(found, code, "127.0.0.1", now=now)
    assert proved is not None
    account = taking_up.take_up_with(proved, email, showcase.PASSWORD, "127.0.0.1", language="en", now=now)
    assert account is not None
    return account
