"""``trackmycrime officer``: who may sign in at the desk, and as what."""

from __future__ import annotations

import os
from pathlib import Path

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.embedded import record
from trackmycrime.ops.exits import WrongUse, answer, say

CHECKED = ("in_person", "video", "known_number")
ROLES = ("officer", "supervisor", "administrator", "auditor")


def desk_address() -> str:
    """Where the desk answers: as set, else where a server on this data runs it, else the default."""
    from django.conf import settings

    running = record.read(Path(os.environ.get("TMC_DATA", "data")))
    found = (running.doors.get("desk") if running else None) or settings.TMC_DESK_URL
    return str(os.environ.get("TMC_DESK_URL") or found).rstrip("/")


def email_address(address: str) -> str:
    """An email address as it was given. Raises WrongUse for what is none."""
    from django.core.exceptions import ValidationError
    from django.core.validators import validate_email

    try:
        validate_email(address)
    except ValidationError:
        raise WrongUse(f"{address!r} is not an email address") from None
    return address


@click.group("officer")
def command() -> None:
    """Who may sign in at the desk: add, list, remove."""


@command.command("add")
@click.argument("force")
@click.argument("email")
@click.option("--role", type=click.Choice(ROLES), required=True, help="What they may do at the desk.")
@click.option(
    "--officer-id",
    default="",
    help="The records system's id of this officer.  [default: found by the same email]",
)
@click.option(
    "--checked",
    type=click.Choice(CHECKED),
    default=None,
    help="For who was set up before: how you made sure that it is this officer who asks. It is written down.",
)
@json_option
@with_database("owner")
def add(force: str, email: str, role: str, officer_id: str, checked: str | None, as_json: bool) -> None:
    """Put the officer EMAIL on the staff of FORCE and show the link to choose a password and add an app or passkey.

    The link works once, for 24 hours. Done again for the same email it changes the role and makes a new link, which
    also helps an officer who forgot the password or lost their app and passkeys: using it ends these and signs them out
    everywhere. Whoever has the link is that officer: see, or call back on a number you know, who asks (--checked), and
    hand it to nobody else.
    """
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.people import staff

    try:
        made = staff.add(
            named(force),
            email_address(email),
            role,
            officer_id=officer_id,
            checked=checked or "",
            now=utc_now(),
        )
    except staff.NotOurs:
        raise WrongUse(f"{email} is on the staff of another force; one email belongs to one force") from None
    except staff.VouchedFor:
        raise WrongUse(
            f"{email} signs in by the provider of {force}: what they may do is changed there"
        ) from None
    if made.again and not checked:
        say(f"{email} was set up before, and it is written down that nobody said how it was checked who asks")
    url = f"{desk_address()}/set-up/{made.token}"
    answer(
        {"officer": str(made.staff.pk), "setup_url": url, "force": force, "email": email, "role": role},
        f"{email} is {role} at {force}. To choose a password, within 24 hours, once:\n{url}",
        as_json=as_json,
    )


@command.command("remove")
@click.argument("force")
@click.argument("email")
@json_option
@with_database("owner")
def remove(force: str, email: str, as_json: bool) -> None:
    """Take the officer EMAIL off the staff of FORCE, at once; what they did stays written down."""
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.people import staff

    if not staff.remove(named(force), email, now=utc_now()):
        raise WrongUse(f"{email} is not on the staff of {force}")
    answer(
        {"force": force, "email": email, "active": False},
        f"{email} is off the staff of {force}.",
        as_json=as_json,
    )


@command.command("list")
@click.argument("force", required=False)
@json_option
@with_database("owner")
def list_officers(force: str | None, as_json: bool) -> None:
    """The staff of FORCE, or of all forces: role, records system's id, whether they have chosen a password."""
    from trackmycrime.people.models import Staff

    found = Staff.objects.select_related("account", "force").order_by("force__slug", "account_id")
    if force is not None:
        found = found.filter(force=named(force))
    rows = [
        {
            "force": one.force.slug,
            "officer": str(one.pk),
            "email": one.account.email,
            "role": one.role,
            "officer_id": one.officer_id,
            "active": one.active,
            "set_up": one.account.has_usable_password(),
            "by_provider": one.by_provider,
        }
        for one in found
    ]
    lines = [
        f"{row['force']}  {row['email']}  {row['role']}"
        + (f"  {row['officer_id']}" if row["officer_id"] else "")
        + ("" if row["active"] else "  (off the staff)")
        + ("  (by the force's provider)" if row["by_provider"] else "")
        + ("" if row["set_up"] or row["by_provider"] else "  (no password yet)")
        for row in rows
    ]
    answer(
        rows,
        "\n".join(lines) or "Nobody yet: trackmycrime officer add FORCE EMAIL --role ROLE",
        as_json=as_json,
    )
