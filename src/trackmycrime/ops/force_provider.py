"""``trackmycrime force provider``: the OpenID provider by which a force's staff sign in at the desk."""

from __future__ import annotations

from typing import Any

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.exits import Refused, Unreachable, WrongUse, answer


def _named(slug: str) -> Any:
    from trackmycrime.ops.commands.force import named  # it has this group of commands in its own

    return named(slug)


SCOPE = "openid email offline_access"


@click.group("provider")
def command() -> None:
    """The OpenID provider by which a force's staff sign in: set, show, off."""


def mapping(given: tuple[str, ...]) -> dict[str, str]:
    """``VALUE=ROLE`` as which value of the claim is which role. Raises WrongUse."""
    from trackmycrime.people.openid.claims import ROLES

    found: dict[str, str] = {}
    for each in given:
        value, sign, role = each.rpartition("=")
        if not sign or not value or role not in ROLES:
            raise WrongUse(f"{each!r} is not VALUE=ROLE; the roles are {', '.join(sorted(ROLES))}")
        if found.setdefault(value, role) != role:
            raise WrongUse(f"{value!r} is given two roles")
    return found


@command.command("set")
@click.argument("force")
@click.option("--issuer", required=True, help="Its address, exactly as its discovery document names it.")
@click.option("--client-id", required=True, help="What this installation is called there.")
@click.option(
    "--secret-file",
    type=click.File("r"),
    required=True,
    help="A file with the secret that was agreed with it, or with a private key (PEM); - reads standard input.",
)
@click.option("--role", "roles", multiple=True, required=True, metavar="VALUE=ROLE", help="May be repeated.")
@click.option("--role-claim", default="roles", show_default=True, help="The claim that holds the values.")
@click.option("--officer-claim", default="", help="The claim with the records system's id of the officer.")
@click.option("--scope", default=SCOPE, show_default=True, help="What is asked for.")
@click.option(
    "--acr",
    multiple=True,
    help="By which means one must have signed in to do what is dangerous; may be repeated.",
)
@click.option(
    "--adopt",
    is_flag=True,
    help="Accounts that are there become the provider's, by the email that it has verified.",
)
@json_option
@with_database("owner")
def set_provider(
    force: str,
    issuer: str,
    client_id: str,
    secret_file: Any,
    roles: tuple[str, ...],
    role_claim: str,
    officer_claim: str,
    scope: str,
    acr: tuple[str, ...],
    adopt: bool,
    as_json: bool,
) -> None:
    """Let the staff of FORCE sign in by its OpenID provider, once it answers at ISSUER.

    A claim whose value is not named by --role gives nothing. Register there as the address to come back to
    <desk>/sign-in/back/, after signing out <desk>/signed-out/, and for back-channel logout
    <desk>/sign-in/with/FORCE/logout/.
    """
    from django.db import transaction

    from trackmycrime.audit import api as audit
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.people.models import ForceProvider
    from trackmycrime.people.openid import provider as speaking

    tenant, secret = _named(force), secret_file.read().strip()
    if not secret:
        raise WrongUse("the secret's file is empty")
    if wrong := speaking.wrong_address(issuer, issuer=issuer):
        raise WrongUse(f"{issuer}: {wrong}")
    if "openid" not in scope.split():
        raise WrongUse("the scope must name openid")
    named_roles = mapping(roles)
    theirs = speaking.Provider(issuer, client_id, secret, scope)
    try:
        if theirs.signs:
            speaking.signing_key(secret)
        speaking.metadata(theirs)
    except speaking.Refused as why:
        raise WrongUse(f"the secret's file: {why}") from None
    except speaking.Unreachable as why:
        raise Unreachable(f"{issuer}: {why}") from None
    with transaction.atomic():
        row = ForceProvider.objects.filter(force=tenant).first() or ForceProvider(force=tenant)
        row.issuer, row.client_id, row.secret, row.scope = issuer, client_id, secret, scope
        row.role_claim, row.roles, row.officer_claim = role_claim, named_roles, officer_claim
        row.acr, row.adopt, row.active, row.changed_at = list(acr), adopt, True, utc_now()
        row.save()
        acts = [audit.Act("provider_set", "force", str(tenant.pk), {"issuer": issuer, "roles": named_roles})]
        audit.record(audit.SYSTEM, acts, force=tenant.pk, now=utc_now())
    answer(_as_data(force, row), f"The staff of {force} sign in by {issuer}.", as_json=as_json)


@command.command("show")
@click.argument("force")
@json_option
@with_database("owner")
def show(force: str, as_json: bool) -> None:
    """The provider of FORCE, and what its claims mean; never its secret. Exit code 1 when it has none."""
    from trackmycrime.people.models import ForceProvider

    row = ForceProvider.objects.filter(force=_named(force)).first()
    if row is None:
        raise Refused(f"{force} has no provider: trackmycrime force provider set {force}")
    lines = [f"{row.issuer}  {row.client_id}  {'in use' if row.active else 'off'}"]
    lines += [f"    {row.role_claim} = {value}: {role}" for value, role in sorted(row.roles.items())]
    answer(_as_data(force, row), "\n".join(lines), as_json=as_json)


@command.command("off")
@click.argument("force")
@json_option
@with_database("owner")
def off(force: str, as_json: bool) -> None:
    """Let nobody in by the provider of FORCE any more, and end the sessions that it vouches for, at once."""
    from django.db import transaction

    from trackmycrime.audit import api as audit
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.people.models import DeskSession, ForceProvider, ProviderSession

    tenant = _named(force)
    with transaction.atomic():
        row = ForceProvider.objects.filter(force=tenant, active=True).first()
        if row is None:
            raise Refused(f"{force} has no provider that is in use")
        row.active, row.changed_at = False, utc_now()
        row.save(update_fields=["active", "changed_at"])
        vouched = ProviderSession.objects.filter(account__staff__force=tenant)
        DeskSession.objects.filter(account__in=vouched.values("account")).delete()
        vouched.delete()
        acts = [audit.Act("provider_off", "force", str(tenant.pk))]
        audit.record(audit.SYSTEM, acts, force=tenant.pk, now=utc_now())
    answer(_as_data(force, row), f"Nobody of {force} signs in by {row.issuer} any more.", as_json=as_json)


def _as_data(force: str, row: Any) -> dict[str, Any]:
    names = ("issuer", "client_id", "scope", "role_claim", "roles", "officer_claim", "acr", "adopt", "active")
    return {"force": force, **{name: getattr(row, name) for name in names}}
