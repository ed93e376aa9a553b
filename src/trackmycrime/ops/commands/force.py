"""``trackmycrime force``: the police forces of this installation and what each decides for itself."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from trackmycrime.forces.policy import DEFAULT
from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.exits import WrongUse, answer
from trackmycrime.ops.force_provider import command as provider

if TYPE_CHECKING:
    from trackmycrime.forces.models import Force

LANGUAGES = ("cy", "en")
OWN = ("name", "name_cy", "languages", "phone")
LONGEST = {"name": 120, "name_cy": 120, "phone": 40}
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@click.group("force")
def command() -> None:
    """The police forces of this installation: add, set, apply, list; and by what their staff sign in: provider."""


command.add_command(provider)


def named(slug: str) -> Force:
    """The force of that name. Raises WrongUse that says which there are."""
    from trackmycrime.forces.models import Force

    force = Force.objects.filter(slug=slug).first()
    if force is None:
        known = ", ".join(Force.objects.order_by("slug").values_list("slug", flat=True))
        raise WrongUse(
            f"there is no force {slug!r}; there are: {known or 'none yet (trackmycrime force add)'}"
        )
    return force


def languages(given: object) -> list[str]:
    """The languages that a force writes in, Welsh before English. Raises WrongUse for any other."""
    wanted = given.split(",") if isinstance(given, str) else given
    if not isinstance(wanted, list) or not wanted or not all(isinstance(each, str) for each in wanted):
        raise WrongUse("languages are en, or en and cy")
    found = {each.strip() for each in wanted}
    if not found <= set(LANGUAGES) or "en" not in found:
        raise WrongUse(f"languages are en, or en and cy; not {', '.join(sorted(found))}")
    return [each for each in LANGUAGES if each in found]


def with_values(force: Force, values: dict[str, Any]) -> list[str]:
    """Put values on the force (not saved): its own fields, and its policy by key or ``key.part``; says which changed.

    None takes a policy's value back to the default. Raises WrongUse that names the value and what would be right.
    """
    changed, policy = [], dict(force.policy)
    for key, value in values.items():
        name, _, part = key.partition(".")
        if key == "languages":
            new: Any = languages(value)
            before = force.languages
            force.languages = new
        elif key in OWN:
            new, before = str(value or ""), getattr(force, key)
            if key in ("name", "phone") and not new:
                raise WrongUse(f"{key} must not be empty")
            if len(new) > LONGEST[key]:
                raise WrongUse(f"{key} is longer than {LONGEST[key]} characters")
            setattr(force, key, new)
        elif not hasattr(DEFAULT, name):
            raise WrongUse(
                f"{name!r} is not part of a force; known: {', '.join([*OWN, *sorted(vars(DEFAULT))])}"
            )
        else:
            before = policy.get(name)
            new = {**policy.get(name, {}), part: value} if part else value
            if part and value is None:
                new.pop(part)
            policy.pop(name, None)
            if new not in (None, {}):
                policy[name] = new
        if new != before:
            changed.append(key)
    try:
        DEFAULT.changed(policy)
    except (ValueError, AttributeError) as wrong:
        raise WrongUse(str(wrong)) from None
    force.policy = policy
    return changed


def read(text: str) -> tuple[str, Any]:
    """``KEY=VALUE`` as a key and a value of the key's own kind. An empty value means the default.

    A list is written ``a,b``; one part of a table ``key.part=value``; anything may be written as JSON.
    """
    key, sign, raw = text.partition("=")
    if not sign or not key:
        raise WrongUse(f"{text!r} is not KEY=VALUE")
    if key in OWN or not raw:
        return key, raw if key in OWN else None
    default = getattr(DEFAULT, key.partition(".")[0], None)
    if isinstance(default, tuple) and not raw.startswith("["):
        return key, [each.strip() for each in raw.split(",") if each.strip()]
    try:
        return key, json.loads(raw)
    except ValueError:
        return key, raw


def _save(force: Force, changed: list[str], act: str) -> None:
    from django.db import transaction

    from trackmycrime.audit import api as audit
    from trackmycrime.kernel.clock import utc_now

    with transaction.atomic():
        # only what a person decides: the state of its words (words_revision) is the database's
        force.save(update_fields=None if force._state.adding else [*OWN, "policy"])
        acts = [audit.Act(act, "force", str(force.pk), {"keys": changed})]
        audit.record(audit.SYSTEM, acts, force=force.pk, now=utc_now())


def _as_data(force: Force) -> dict[str, Any]:
    return {
        "force": force.slug,
        "name": force.name,
        "name_cy": force.name_cy,
        "languages": force.languages,
        "phone": force.phone,
        "policy": force.policy,
    }


@command.command("add")
@click.argument("slug")
@click.option("--name", required=True, help="As victims read it: «Avon and Somerset Police».")
@click.option("--name-cy", default="", help="The same in Welsh.")
@click.option("--languages", "given", default="en", show_default=True, help="en, or en,cy.")
@json_option
@with_database("owner")
def add(slug: str, name: str, name_cy: str, given: str, as_json: bool) -> None:
    """Add a force. SLUG is its name in commands and addresses, like avon-and-somerset.

    It tracks the ordinary property and public-order categories until `force set` says otherwise.
    """
    from trackmycrime.forces.models import Force
    from trackmycrime.kernel.clock import utc_now

    if not _SLUG.fullmatch(slug) or len(slug) > 64:
        raise WrongUse(f"{slug!r} is not a slug: small letters and digits with single hyphens, at most 64")
    if Force.objects.filter(slug=slug).exists():
        raise WrongUse(
            f"there is a force {slug!r} already; change it with: trackmycrime force set {slug} KEY=VALUE"
        )
    force = Force(slug=slug, created_at=utc_now())
    with_values(force, {"name": name, "name_cy": name_cy, "languages": given})
    _save(force, [], "force_added")
    answer(_as_data(force), f"{force.name} is added as {slug}.", as_json=as_json)


def _republish(force: Force, changed: list[str]) -> None:
    """Make what victims can see agree with a changed policy. Killed in the middle, the same command goes on."""
    from trackmycrime import pipeline
    from trackmycrime.kernel.clock import utc_now

    if set(changed) <= set(OWN):
        return
    done = 0
    for done in pipeline.republish(force.id, now=utc_now()):
        click.echo(f"\r{force.slug}: {done:,} crimes looked at", nl=False, err=True)
    if done:
        click.echo(err=True)


@command.command("set")
@click.argument("slug")
@click.argument("values", nargs=-1, required=True, metavar="KEY=VALUE…")
@json_option
@with_database("owner")
def set_values(slug: str, values: tuple[str, ...], as_json: bool) -> None:
    """Change what a force is called or decides: all of the values, or none when one is wrong.

    KEY is name, name_cy, languages, phone, or a part of the policy, like update_days=28, categories=burglary,robbery
    or milestones.arrest=hold. KEY= takes a part of the policy back to the default.
    """
    force = named(slug)
    changed = with_values(force, dict(read(each) for each in values))
    _save(force, changed, "force_changed")
    _republish(force, changed)
    answer(_as_data(force), f"{slug}: changed {', '.join(changed) or 'nothing'}.", as_json=as_json)


@command.command("apply")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@json_option
@with_database("owner")
def apply(file: Path, as_json: bool) -> None:
    """Make a force be what a TOML file says; it is added when it is not there. Done twice it changes nothing.

    \b
    slug = "south-wales"
    name = "South Wales Police"
    name_cy = "Heddlu De Cymru"
    languages = ["cy", "en"]
    phone = "101"
    [policy]
    update_days = 28
    """
    from trackmycrime.forces.models import Force
    from trackmycrime.kernel.clock import utc_now

    try:
        said = tomllib.loads(file.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as wrong:
        raise WrongUse(f"{file}: {wrong}") from None
    slug, policy = said.pop("slug", ""), said.pop("policy", {})
    if not isinstance(slug, str) or not _SLUG.fullmatch(slug) or len(slug) > 64:
        raise WrongUse(f"{file}: slug is missing or is not small letters and digits with single hyphens")
    if unknown := sorted(set(said) - set(OWN)):
        raise WrongUse(
            f"{file}: {', '.join(unknown)} is not part of a force; known: slug, policy, {', '.join(OWN)}"
        )
    if not isinstance(policy, dict):
        raise WrongUse(f"{file}: policy must be a table")
    force = Force.objects.filter(slug=slug).first() or Force(slug=slug, created_at=utc_now())
    if force._state.adding and not {"name", "languages"} <= set(said):
        raise WrongUse(f"{file}: a new force needs name and languages")
    new, before = force._state.adding, force.policy
    force.policy = {}
    changed = with_values(force, said | policy)
    changed = [key for key in changed if key in OWN or policy.get(key) != before.get(key)]
    changed += sorted(set(before) - set(policy))
    if new or changed:
        _save(force, changed, "force_added" if new else "force_changed")
        _republish(force, changed)
    text = f"{slug}: {'added' if new else 'changed ' + (', '.join(changed) or 'nothing')}."
    answer(_as_data(force), text, as_json=as_json)


@command.command("list")
@json_option
@with_database("owner")
def list_forces(as_json: bool) -> None:
    """All forces, with what each decides differently from the defaults."""
    from trackmycrime.forces.models import Force

    forces = list(Force.objects.order_by("slug"))
    lines = [
        f"{f.slug}  {f.name}  {' '.join(f.languages)}"
        + "".join(
            f"\n    {key} = {json.dumps(value, ensure_ascii=False)}"
            for key, value in sorted(f.policy.items())
        )
        for f in forces
    ]
    text = "\n".join(lines) or "No forces yet: trackmycrime force add SLUG --name NAME"
    answer([_as_data(force) for force in forces], text, as_json=as_json)
