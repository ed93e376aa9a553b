"""Phones that are told by push: browsers that have asked for it, of the account that is signed in on them.

A browser belongs to whoever asked last, and an account has at most a few. They are told only where that is allowed
(`MAY_BE_PUSHED`), which is looked at again before each letter; rows of accounts that may not be told so any more go.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from trackmycrime.audit import api as audit
from trackmycrime.delivery.api import Finished, Subscription
from trackmycrime.kernel import crypto, setwise
from trackmycrime.kernel.ids import new_id

from .models import PushDevice

MOST = 10
"""How many browsers one account has; a further one takes the place of the oldest."""

MAY_BE_PUSHED = """
v.live and not v.disguise and not v.no_portal and case
  when v.safe_channels is not null then 'push' = any(v.safe_channels)
  else not exists (select from cases_crime c where c.force_id = v.force_id and c.id = v.crime_id and c.switched_on) end
"""
"""Whether the victim ``v`` may be told by push. Where somebody has said which channels are safe, push must be one of
them. Where nobody has, not in a case that an officer had to switch on (of a protected kind), and never in disguise: a
phone shows with each notification whose website it is from, and it lies where others can see it."""

OF_VICTIM = f"""
(select jsonb_agg(jsonb_build_array(d.id, encode(d.endpoint_hash, 'hex'), encode(d.detail, 'hex'))
   order by d.created_at desc, d.id desc)
 from people_push_device d where d.account_id = v.account_id and {MAY_BE_PUSHED})
"""  # noqa: S608 (constants of ours)
"""What a statement reads of the devices of its victim ``v``, the newest first; null where there is none, or may be."""


@dataclass(frozen=True)
class Device:
    """One browser, as its owner may see it."""

    id: UUID
    browser: str
    system: str
    created_at: datetime
    endpoint: str


def hash_of(endpoint: str) -> bytes:
    """By what the browser with this address is found."""
    return crypto.blind("push", endpoint)


def add(account_id: UUID, to: Subscription, *, browser: str, system: str, now: datetime) -> None:
    """Tell this account by this browser from now on, in a transaction bound to it; nobody else is told there.

    `browser` and `system` are names as coarse as «Chrome» and «Android».
    """
    found = hash_of(to.endpoint)
    # another account's row cannot be seen, and must not stay: this browser is not in that person's hands
    setwise.fetch("select people_push_forget(%s)", [found])
    PushDevice.objects.create(
        id=new_id(),
        account_id=account_id,
        endpoint_hash=found,
        detail={
            "endpoint": to.endpoint, "public": to.public, "secret": to.secret, "browser": browser, "system": system,
        },
        created_at=now,
    )  # fmt: skip
    kept = PushDevice.objects.filter(account_id=account_id).order_by("-created_at", "-id")
    PushDevice.objects.filter(id__in=list(kept.values_list("id", flat=True)[MOST:])).delete()
    _write_down(account_id, "push.on", now)


def remove(account_id: UUID, device_id: UUID, *, now: datetime) -> bool:
    """Tell this account by that browser no more; says whether it was there."""
    gone, _ = PushDevice.objects.filter(account_id=account_id, id=device_id).delete()
    if gone:
        _write_down(account_id, "push.off", now)
    return bool(gone)


def mine(account_id: UUID) -> list[Device]:
    """The browsers of the signed-in account, the newest first."""
    found = PushDevice.objects.filter(account_id=account_id).order_by("-created_at", "-id")
    return [
        Device(one.id, one.detail["browser"], one.detail["system"], one.created_at, one.detail["endpoint"])
        for one in found
    ]


def allowed() -> set[UUID]:
    """The victims of the signed-in account that may be told by push."""
    return {row["id"] for row in setwise.fetch("select unnest(my_push_victims()) as id")}


def heard(ended: Sequence[Finished], *, now: datetime) -> None:
    """Take note of pushes that ended: what a push service says is gone is forgotten (worker)."""
    pushes = [each for each in ended if each.channel == "push"]
    if gone := [each.address_hash for each in pushes if each.gone]:
        setwise.fetch("delete from people_push_device where endpoint_hash = any(%s) returning id", [gone])
    if took := [each.address_hash for each in pushes if each.state == "accepted"]:
        setwise.fetch(
            "update people_push_device set ok_at = %s where endpoint_hash = any(%s) returning id", [now, took]
        )


def forget_unsafe(now: datetime) -> int:
    """Forget the browsers of accounts of which no part may be told by push (any more); says how many (worker)."""
    rows = setwise.fetch(
        "delete from people_push_device d where not exists (select from people_victim v"  # noqa: S608 (constants of ours)
        f" where v.account_id = d.account_id and {MAY_BE_PUSHED}) returning d.account_id"
    )
    for account in {row["account_id"] for row in rows}:
        acts = [audit.Act("push.off", "account", str(account), {"reason": "not safe"})]
        audit.record(audit.SYSTEM, acts, force=None, now=now)
    return len(rows)


def _write_down(account_id: UUID, action: str, now: datetime) -> None:
    who = audit.Actor("victim", str(account_id))
    audit.record(who, [audit.Act(action, "account", str(account_id))], force=None, now=now)
