"""Recovery codes: ten, shown once, each good once. A new set ends the old one."""

from datetime import datetime
from uuid import UUID

from trackmycrime.kernel import crypto
from trackmycrime.people import codes

from .models import RecoveryCode
from .owner import owned

HOW_MANY = 10


def left(door: str, account: UUID) -> int:
    """How many codes of the account are still good."""
    with owned(door, account):
        return RecoveryCode.objects.filter(account_id=account, used_at=None).count()


def renew(door: str, account: UUID, *, now: datetime) -> list[str]:
    """A new set of codes, to be shown this once; those before end."""
    made: list[str] = []
    while len(made) < HOW_MANY:
        code = codes.start_code()
        if code not in made:
            made.append(code)
    with owned(door, account) as owner:
        RecoveryCode.objects.filter(account_id=account).delete()
        RecoveryCode.objects.bulk_create(
            RecoveryCode(account_id=account, code_hash=_hash(account, code), created_at=now) for code in made
        )
        owner.record("recovery_codes_made", now=now)
    return made


def use(door: str, account: UUID, code: str, *, now: datetime) -> bool:
    """Whether this is one of the account's codes that has not been used; it is used by that."""
    with owned(door, account) as owner:
        unused = RecoveryCode.objects.filter(code_hash=_hash(account, code), account_id=account, used_at=None)
        if not unused.update(used_at=now):
            return False
        owner.record("recovery_code_used", now=now)
    return True


def _hash(account: UUID, code: str) -> bytes:
    return crypto.blind("recovery-code", f"{account}:{codes.plain(code)}")
