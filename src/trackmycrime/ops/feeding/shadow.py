"""``trackmycrime feed shadow``: what a source that is tried out unseen would have led to."""

from __future__ import annotations

from collections import Counter

import click

from trackmycrime.ops.attach import json_option, with_database
from trackmycrime.ops.commands.force import named
from trackmycrime.ops.exits import WrongUse, answer


@click.group("shadow")
def command() -> None:
    """Sources that are tried out unseen (trackmycrime source shadow)."""


@command.command("report")
@click.argument("force")
@click.argument("name")
@click.option(
    "--most", default=100, show_default=True, type=click.IntRange(0), help="List so many crimes at most."
)
@json_option
@with_database("owner")
def report(force: str, name: str, most: int, as_json: bool) -> None:
    """What would be seen and sent of what the source NAME of FORCE has sent in shadow, with today's policy.

    It is done as it would be, counted, and undone: nothing of it stays. Deliveries of the force wait meanwhile.
    """
    from trackmycrime import shadow
    from trackmycrime.feed import sources
    from trackmycrime.kernel.clock import utc_now
    from trackmycrime.kernel.scope import bound

    of = named(force)
    try:
        with bound(force=of.id):
            found = shadow.report(sources.named(of, name), now=utc_now(), most=most)
    except sources.CannotDo as why:
        raise WrongUse(str(why)) from None
    told = {
        "crimes": found.crimes,
        "open": found.open,
        "events": _nested(found.events),
        "entries": _nested(found.entries),
        "days": dict(sorted(found.days.items())),
        "sent": _nested(found.sent),
        "tasks": dict(sorted(found.tasks.items())),
        "listed": [
            {"reference": reference, "published": published, "held": held}
            for reference, published, held in found.listed
        ],
    }
    lines = [f"{found.crimes:,} crimes, {found.open:,} of them could be seen by their victims"]
    for title, sums in (
        ("events", found.events), ("entries", found.entries), ("letters", found.sent)
    ):  # fmt: skip
        lines += [f"{title}: {count:,} {second} {first}" for (first, second), count in sorted(sums.items())]
    lines += [f"tasks: {count:,} {kind}" for kind, count in sorted(found.tasks.items())]
    lines += [f"{day}: {count:,} entries" for day, count in sorted(found.days.items())]
    lines += [f"{reference}: {published} shown, {held} held" for reference, published, held in found.listed]
    answer(told, "\n".join(lines), as_json=as_json)


def _nested(sums: Counter[tuple[str, str]]) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for (first, second), count in sorted(sums.items()):
        found.setdefault(first, {})[second] = count
    return found
