"""Whether the OpenID providers of this installation answer as they must: for ``check --production``.

It runs as a process of its own, with the owner's login, and prints what it found as JSON.
"""

from __future__ import annotations

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from trackmycrime.people.openid.provider import Provider

AT_ONCE = 8


def problem(provider: Provider) -> str:
    """What is wrong with a provider, in one line without a secret; empty when nothing is."""
    from trackmycrime.people.openid import provider as speaking

    if urlsplit(provider.issuer).scheme != "https":
        return f"{provider.issuer}: it does not begin with https://"
    try:
        if provider.signs:
            speaking.signing_key(provider.secret)
        speaking.look(provider)
    except (speaking.Unreachable, speaking.Refused) as why:
        return f"{provider.issuer}: {why}"
    return ""


def faults() -> list[tuple[str, str]]:
    """Of GOV.UK One Login where it is set, and of each force's provider in use: whose it is, and the problem."""
    from trackmycrime.people.models import ForceProvider
    from trackmycrime.people.openid.provider import Provider

    whose: list[tuple[str, Provider]] = []
    issuer, client, key = (
        os.environ.get(f"TMC_ONE_LOGIN_{each}", "") for each in ("ISSUER", "CLIENT_ID", "KEY")
    )
    if issuer and client and key:
        whose.append(("TMC_ONE_LOGIN_ISSUER", Provider(issuer, client, key)))
    for row in ForceProvider.objects.filter(active=True).select_related("force").order_by("force__slug"):
        whose.append(
            (f"provider of {row.force.slug}:", Provider(row.issuer, row.client_id, row.secret, row.scope))
        )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        found = pool.map(problem, [provider for _, provider in whose])
    return [(name, said) for (name, _), said in zip(whose, found, strict=True) if said]


if __name__ == "__main__":
    import django

    django.setup()
    sys.stdout.write(json.dumps(faults()))
