"""Victims who have joined, without two thousand walks through the joining pages.

`python -m trackmycrime.ops.bench.people DATA` reads their addresses from standard input: Django can be set up once in a
process, and a bench has more than one installation.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from trackmycrime.ops.bench.place import Place, clean_environment

PASSWORD = "correct horse battery"  # noqa: S105 (of an installation that lives for minutes)


def join(here: Place, emails: Sequence[str]) -> None:
    """Give the victims with these addresses an account each, and end their invitations, as if they had joined."""
    argv = [sys.executable, "-m", "trackmycrime.ops.bench.people", str(here.data)]
    subprocess.run(argv, check=True, input=json.dumps(list(emails)), text=True, env=clean_environment())


def _join(data: Path, emails: Sequence[str]) -> None:
    from trackmycrime.ops.attach import django_on

    with django_on(data, "owner"):
        from django.contrib.auth.hashers import make_password

        from trackmycrime.kernel import crypto
        from trackmycrime.kernel.clock import utc_now
        from trackmycrime.people.models import Account, Invitation, Victim

        now, password = utc_now(), make_password(PASSWORD)
        hashes = {crypto.blind_email(email): email for email in emails}
        accounts = {
            hashed: Account(
                kind="victim",
                email=email,
                email_hash=hashed,
                password=password,
                language="en",
                created_at=now,
            )
            for hashed, email in hashes.items()
        }
        Account.objects.bulk_create(accounts.values())
        for victim in Victim.objects.filter(email_hash__in=list(hashes)):
            account = accounts[bytes(victim.email_hash)]
            Victim.objects.filter(pk=victim.pk).update(account=account, joined_at=now)
        Invitation.objects.update(state="used", finished_at=now)


if __name__ == "__main__":
    _join(Path(sys.argv[1]), json.load(sys.stdin))
