"""``trackmycrime organisation``: the advocate organisations that a force works with."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import LANGUAGES, named
from trackmycrime.ops.commands.officer import email_address
from trackmycrime.ops.exits import WrongUse, answer

if TYPE_CHECKING:
    from trackmycrime.forces.models import Force
    from trackmycrime.people.models import Organisation

LONGEST = 200


@click.group("organisation")
def command() -> None:
    """The advocate organisations that a force works with: add, list, close. Victims let them in to their case."""


@command.command("add")
@click.argument("force")
@click.argument("name")
@click.option("--administrator", required=True, help="Who says who works there: what they are called.")
@click.option("--email", required=True, help="Their email address; the invitation goes there.")
@click.option(
    "--language",
    type=click.Choice(LANGUAGES),
    default="en",
    show_default=True,
    help="In which they are written to.",
)
@json_option
@with_database("owner")
def add(force: str, name: str, administrator: str, email: str, language: str, as_json: bool) -> None:
    """Begin to work with the organisation NAME at FORCE, and invite the person who says who works there.

    A link goes to their mailbox, for 72 hours; it needs the code that this command shows, which you tell them yourself.
    Done again for the same NAME it invites another administrator.
    """
    from django.db import transaction

    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.people.helping import organisations

    of_force, now = named(force), utc_now()
    name, who, address = name.strip(), administrator.strip(), email_address(email)
    if not name or len(name) > LONGEST:
        raise WrongUse(f"an organisation has a name, of {LONGEST} letters at most")
    if not who:
        raise WrongUse("--administrator is the name of a person")
    with transaction.atomic():
        known = next((one for one in _live(of_force) if one.name.casefold() == name.casefold()), None)
        if known is None:
            made, code = organisations.add(
                of_force.pk, None, name=name, who=who, email=address, language=language, now=now
            )
        else:
            made, code = (
                known,
                organisations.invite_administrator(
                    of_force.pk, known.id, None, who=who, email=address, language=language, now=now
                ),
            )
    answer(
        {"organisation": str(made.id), "force": force, "name": made.name, "new": known is None, "code": code},
        f"{'' if known else f'{force} works with {made.name}. '}A link goes to {address}, good for 72 hours."
        f" Tell {who} this code yourself, by phone or in person:\n{code}",
        as_json=as_json,
    )


@command.command("list")
@click.argument("force", required=False)
@json_option
@with_database("owner")
def list_organisations(force: str | None, as_json: bool) -> None:
    """The organisations that FORCE, or any force, works with: how many work there, how many cases they may see."""
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.people.helping import organisations
    from trackmycrime.people.models import Organisation

    found = Organisation.objects.select_related("force").filter(ended_at=None).order_by("force__slug", "name")
    if force is not None:
        found = found.filter(force=named(force))
    counted = organisations.counts([one.id for one in found], utc_now())
    rows: list[dict[str, object]] = [
        {
            "force": one.force.slug,
            "organisation": str(one.id),
            "name": one.name,
            "since": one.created_at.isoformat(),
            **counted[one.id],
        }
        for one in found
    ]
    lines = [
        f"{row['force']}  {row['name']}  {row['workers']} work there, {row['invited']} invited,"
        f" let in to {row['cases']} cases  {row['organisation']}"
        for row in rows
    ]
    none = "None yet: trackmycrime organisation add FORCE NAME --administrator WHO --email EMAIL"
    answer(rows, "\n".join(lines) or none, as_json=as_json)


@command.command("close")
@click.argument("force")
@click.argument("organisation")
@json_option
@with_database("owner")
def close(force: str, organisation: str, as_json: bool) -> None:
    """FORCE does not work with ORGANISATION (its name or id) any more: nobody there sees any case by it, at once."""
    from django.db import transaction

    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.people.helping import organisations

    of_force = named(force)
    with transaction.atomic():
        wanted = organisation.strip().casefold()
        known = [one for one in _live(of_force) if wanted in (one.name.casefold(), str(one.id))]
        if not known:
            names = ", ".join(one.name for one in _live(of_force))
            raise WrongUse(
                f"{force} works with no organisation {organisation!r}; it works with: {names or 'none'}"
            )
        if len(known) > 1:
            raise WrongUse(
                f"{force} works with {len(known)} called that; give the id: trackmycrime organisation list"
            )
        closed: UUID = organisations.close(of_force.pk, known[0].id, None, now=utc_now()).id
    answer(
        {"organisation": str(closed), "force": force, "name": known[0].name, "open": False},
        f"{force} does not work with {known[0].name} any more.",
        as_json=as_json,
    )


def _live(force: Force) -> list[Organisation]:
    from trackmycrime.people.models import Organisation

    return list(Organisation.objects.filter(force=force, ended_at=None).order_by("name", "id"))
