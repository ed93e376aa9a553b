"""Later crimes of a person who has joined: offered to their account, and joined only after a proof.

What police say is the same person (force and id) is offered to the account that has joined as that person. Which crime
it is shows only after the second proof of its invitation, and nothing is offered in a case of a protected kind, to a
child, or where disguise or no portal is asked: whoever knows the password of an account must not learn there that its
owner has gone to the police about them. Their own invitation is on its way to them all the same.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection

from . import joining, limits


@dataclass(frozen=True)
class Offer:
    """Another crime of the person that the signed-in account is; nothing of what it is."""

    invitation: UUID
    force_id: int
    sent_at: datetime


OFFERS = """
create or replace function people_offers(at timestamptz)
returns table (invitation uuid, token bytea, force_id smallint, sent_at timestamptz)
language plpgsql stable security definer set search_path = pg_catalog, public, pg_temp as $$
#variable_conflict use_column
begin return query
    select distinct i.id, i.token_hash, i.force_id, i.created_at
    from people_victim mine
    join people_victim v on v.person = mine.person and v.force_id = mine.force_id and v.account_id is null and v.live
    join people_invitation i on i.victim_id = v.id and i.state in ('open', 'opened') and i.expires_at > at
    where mine.account_id = (select app_account()) and mine.live
      and i.way in ('email', 'text') and i.recovers is null
      and not (v.no_portal or v.disguise or v.under_age or coalesce(v.enhanced, false)
               or mine.no_portal or mine.disguise)
      and exists (select from cases_crime c
                  where c.force_id = v.force_id and c.id = v.crime_id and c.switched_on is null);
end $$"""
FUNCTION = ("people_offers(timestamptz)", OFFERS, ("portal",))


def _offers(now: datetime) -> list[tuple[UUID, bytes, int, datetime]]:
    with connection.cursor() as cursor:
        cursor.execute("select * from people_offers(%s) order by sent_at, invitation", [now])
        rows: list[tuple[UUID, bytes, int, datetime]] = cursor.fetchall()
    return rows


def mine(now: datetime) -> list[Offer]:
    """What is offered to the signed-in account, the oldest first."""
    return [Offer(invitation, force, sent) for invitation, _, force, sent in _offers(now)]


def take(invitation: UUID, address: str, *, now: datetime) -> joining.Joining | None:
    """Begin to join an offered crime: from here on it is as if its invitation had been opened, and its second proof is
    still to come. None when it is not offered (any more). Raises limits.TooManyTries."""
    limits.count(limits.OPENING, address, now=now)
    token = next((bytes(token) for id_, token, _, _ in _offers(now) if id_ == invitation), None)
    return joining.opened(token, now) if token else None
