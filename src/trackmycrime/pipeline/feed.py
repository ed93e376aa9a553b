"""What follows from a delivery of the feed, and from whatever else changes what is published."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import transaction

from trackmycrime.alerts import api as alerts
from trackmycrime.cases.models import Crime
from trackmycrime.feed.accept import Result as Result
from trackmycrime.feed.accept import Source, accept
from trackmycrime.feed.contract import Event, Refusal
from trackmycrime.feed.records.messages import dealt_with, unshown
from trackmycrime.forces.models import Force
from trackmycrime.kernel import setwise
from trackmycrime.kernel.locks import force_lock
from trackmycrime.messages import api as messages
from trackmycrime.people import invitations
from trackmycrime.people.models import Victim
from trackmycrime.publish.contacts import publish_contacts
from trackmycrime.publish.published import News, Published
from trackmycrime.publish.refresh import Refresh, refresh
from trackmycrime.tasks import api as tasks


def take_events(
    source: Source, judged: Sequence[Event | Refusal], *, now: datetime, again: Sequence[UUID] = ()
) -> list[Result]:
    """A delivery of the feed: keep every event, apply what can be, publish, invite, tell.

    `again`: the rows of events that are in quarantine already, and are judged once more.
    """
    force_lock(source.force_id)
    force = Force.objects.get(id=source.force_id)
    with setwise.ahead():
        with accept(source, judged, now=now, again=again) as accepted:
            publish_contacts(force, accepted.contacts)
            publishing = Refresh(
                force,
                accepted.crimes,
                new=accepted.new_crimes,
                came=accepted.came,
                known=accepted.known,
                restated=accepted.restated,
                now=now,
            )
        setwise.check_keys()
        follow(force, publishing.run(), now, written=accepted.messages, came=accepted.came)
        alerts.tell_of_change(force.id, accepted.readdressed, now=now)
    return accepted.results


def publish_anew(force: Force, crimes: Sequence[UUID], *, now: datetime) -> None:
    """Publish crimes that nobody could see until now as if they had just come, with all that follows."""
    follow(force, refresh(force, crimes, new=set(crimes), now=now), now, written=crimes)


def follow(
    force: Force,
    published: Published,
    now: datetime,
    *,
    written: Collection[UUID] = (),
    came: Collection[UUID] = (),
) -> None:
    """What follows from what was published: nothing more goes out about what closed; victims are invited or told.

    `written`: crimes about which an officer may have written to a victim in the records system. `came`: victims who
    have a part since now; who of them was invited before is told what stands there.
    """
    _close(force, published.closed, now)
    tasks.open_tasks(force.id, published.needs, now=now)
    sent = _sent_messages(force, published, written, now)
    uninvited = {
        part.id: crime
        for crime, parts in published.victims.items()
        for part in parts
        if part.live and not part.joined and not part.invited
    }
    live = [news for news in published.news if news.live]
    told = _told(live, published, but=set(uninvited))
    told += [news for news in sent if news.victim_id not in uninvited]
    if back := set(came) - set(uninvited):
        standing = [item for crime in published.victims for item in published.entries.get(crime, ())]
        told += _told(standing, published, only=back)
    known = alerts.people({*uninvited, *(news.victim_id for news in told)})
    flagged = {victim for victim, crime in uninvited.items() if crime in published.protected}
    victims = [known[victim].victim for victim in uninvited if victim in known]
    invited = invitations.invite(force, victims, flagged=flagged, now=now)
    crimes = {one.victim.id: uninvited[one.victim.id] for one in invited}
    at_once = [item for crime in dict.fromkeys(crimes.values()) for item in published.entries[crime]]
    alerts.invite_and_tell(
        known,
        [(one, published.cases[crimes[one.victim.id]]) for one in invited],
        _told(at_once, published, only=set(crimes)),
        told,
        force=force.id,
        now=now,
    )


def _sent_messages(
    force: Force, published: Published, written: Collection[UUID], now: datetime
) -> list[alerts.News]:
    """What officers wrote in the records system comes into the threads of open cases; says what of it is news.

    What was written while a case was closed to its victims goes out by an officer's hand only: a task says so.
    """
    crimes = [crime for crime in published.cases if crime in written or crime in published.opened]
    waiting = unshown(force.id, crimes)
    missed = [one for one in waiting if one.crime_id in published.opened]
    tasks.open_tasks(force.id, [one.not_shown(now) for one in missed], now=now)
    sent = [one for one in waiting if one.crime_id not in published.opened]
    shown = messages.show(force.id, sent, published.cases, now=now)
    dealt_with([one.id for one in missed] + [one.sent.id for one in shown])
    return [
        alerts.News(
            one.victim_id,
            one.case_id,
            f"message:{one.sent.ref}",
            one.sent.sequence,
            one.words_hash,
            "message",
        )
        for one in shown
        if one.sent.live
    ]


def _close(force: Force, crimes: Sequence[UUID], now: datetime) -> None:
    """Nothing more goes out about these crimes, and nobody joins them."""
    if crimes:
        alerts.cancel_for_crimes(force.id, crimes, "closed to victims", now=now)
        shut = Victim.objects.filter(force=force, crime_id__in=crimes).values_list("id", flat=True)
        invitations.revoke(list(shut), now=now)


def _told(
    news: Iterable[News], published: Published, *, only: set[UUID] | None = None, but: Collection[UUID] = ()
) -> list[alerts.News]:
    """The news by victim: whom each concerns, of those who have a part in it."""
    return [
        alerts.News(part.id, item.case_id, item.entry, item.revision, item.words_hash)
        for item in news
        for part in published.victims.get(item.crime_id, ())
        if part.live
        and (item.victims is None or part.id in item.victims)
        and part.id not in but
        and (only is None or part.id in only)
    ]


def republish(force_id: int, *, now: datetime, most: int = 500) -> Iterator[int]:
    """Make what is published agree with a policy that has changed; yields how many crimes are done, batch by batch.

    Each batch is a transaction of its own. Nothing is sent: what closes is cancelled, what opens waits for an officer.
    """
    force = Force.objects.get(id=force_id)
    last, done = UUID(int=0), 0
    while ids := list(
        Crime.objects.filter(force=force, id__gt=last).order_by("id").values_list("id", flat=True)[:most]
    ):
        with transaction.atomic():
            force_lock(force_id)
            published = refresh(force, ids, now=now)
            _close(force, published.closed, now)
            tasks.open_tasks(force_id, published.needs, now=now)
            _sent_messages(force, published, (), now)
        last, done = ids[-1], done + len(ids)
        yield done
