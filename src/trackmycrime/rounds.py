"""What follows from what where a worker carries it on: what the portal started, what waits for its hour, what was sent.

Each function calls the rooms in order, as those of `pipeline` do for the gateway and the desk, in one transaction.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from itertools import groupby

from trackmycrime.alerts import api as alerts
from trackmycrime.alerts import helping
from trackmycrime.delivery import caps, providers, receipts, replies
from trackmycrime.delivery.api import Finished, Upstairs
from trackmycrime.delivery.channels.smtp import replies as mail
from trackmycrime.delivery.channels.smtp import reports
from trackmycrime.delivery.letters import Receipt
from trackmycrime.forces.models import Force
from trackmycrime.kernel import limits
from trackmycrime.kernel.locks import force_lock
from trackmycrime.messages import api as messages
from trackmycrime.people import choices, devices, invitations, once, own_addresses
from trackmycrime.people.helping import ending
from trackmycrime.people.helping.inviting import BELL as HELPING
from trackmycrime.people.look.asking import BELL as LOOKS
from trackmycrime.people.models import Victim
from trackmycrime.people.sessions import clear_expired, own
from trackmycrime.publish import looks
from trackmycrime.publish.models import Case
from trackmycrime.publish.promises import BELL as PROMISES
from trackmycrime.publish.promises import due_promises
from trackmycrime.publish.refresh import protected_crimes
from trackmycrime.publish.speaking import unspoken
from trackmycrime.returns import api as returns
from trackmycrime.tasks import api as tasks


def _take_messages(now: datetime) -> int:
    """Victims' messages become tasks with a clock, and go back to the records system."""
    untaken = messages.untaken(now)
    returns.add(returns.of_messages(untaken), now=now)
    messages.take(untaken, now=now)
    return len(untaken)


def _take_contact_changes(now: datetime) -> int:
    """How victims have chosen to be told goes back to the records system."""
    untaken = choices.untaken(now)
    returns.add(returns.of_contacts(untaken), now=now)
    choices.take(untaken, now=now)
    return len(untaken)


def _change_addresses(now: datetime) -> int:
    """Addresses that victims change here get a code; those that were proved are made, told of, and sent back to the
    records system, or wait for an officer where no other route is left."""
    wanted = own_addresses.codes_wanted(now)
    for one in wanted:
        alerts.send_address_code(one, now=now)
    done = len(wanted) + own_addresses.end_old(now)
    for force in own_addresses.forces_to_do():
        force_lock(force)
        changes = own_addresses.to_do(force)
        allowed = {one.id for one in changes if one.state == "allowed"}
        waits = alerts.ask_officers_first(force, changes, allowed, now=now)
        own_addresses.wait([one for one in changes if one.id in waits], now=now)
        made = own_addresses.make([one for one in changes if one.id not in waits], now=now)
        alerts.tell_of_own_changes(force, made, allowed, now=now)
        done += len(changes)
    return done


def _tell_of_sign_ins(now: datetime) -> int:
    """Victims are told that somebody signed in to their account, by another way; what is old is forgotten."""
    untaken = own.untaken(now)
    emails = [one for one in untaken if one.how == own.EMAIL]
    told = alerts.tell_of_sign_ins([one for one in untaken if one.how != own.EMAIL], now=now)
    own.take(told | alerts.tell_of_new_emails(emails, now=now), now=now)
    return len(untaken)


def letters_ended(ended: Sequence[Finished], now: datetime) -> None:
    """Letters were accepted, arrived or failed for good; of whom no way reached, officer and records system hear."""
    devices.heard(ended, now=now)
    returns.add(returns.of_undelivered(alerts.finished(ended, now), now=now), now=now)


UPSTAIRS = Upstairs(alerts.recheck, letters_ended, alerts.address_lost, alerts.over_cap)
"""What `delivery` asks and tells."""


def _take_receipts(now: datetime) -> int:
    """What providers said to the gateway, and holders of addresses to the portal, is applied."""
    counts = receipts.carry_on(now=now, upstairs=UPSTAIRS)
    return counts.total() - counts["kept"]


def mail_came(raw: bytes, rcpt: str, *, sender: str | None, now: datetime) -> str:
    """A mail came back to an address of ours; in the caller's transaction. `sender` is the envelope's, None: not known.

    A report becomes receipts. A person's reply is counted, and answered with where to write instead, where that is
    safe. Says in one word what it was, or why it is not answered. Nothing of it is kept.
    """
    returning = providers.returning()
    if returning is None:
        return "nobody's"
    if said := reports.read(raw, rcpt, returning=returning, now=now, sender=sender):
        receipts.take(said, now=now, upstairs=UPSTAIRS)
        return "report"
    reply = mail.read(raw, rcpt, returning=returning, sender=sender)
    letter = replies.letter_of(reply) if reply else None
    if reply is None or letter is None:
        return "nobody's"
    if (counted := replies.record(reply, letter, now=now)) is None:
        return "again"
    if reply.kind == "unsubscribe":
        no_more = Receipt("email", letter.id, "", "unsubscribed", "by mail", now)
        receipts.take([no_more], now=now, upstairs=UPSTAIRS)
        return "unsubscribe"
    if why := replies.why_not(reply, letter, now=now) or alerts.answer(letter, now=now):
        replies.not_answered(counted, why)
    return why or "answered"


def _mend_alerts(now: datetime) -> int:
    """No alert waits whose letter has ended, and no printed letter that nobody takes."""
    return alerts.mend(now, heard=letters_ended) + alerts.mend_posts(now)


def _send_codes(now: datetime) -> int:
    """The codes that people who are joining have asked for go out by text."""
    wanted = invitations.codes_wanted(now)
    for one in wanted:
        alerts.send_code(
            one.victim.force_id, one.victim.id, one.invitation_id, one.code, one.expires_at, now=now
        )
    return len(wanted)


def _send_look_codes(now: datetime) -> int:
    """Who asked to see where a case stands gets a code at the contact that police have; others wait in vain."""
    wanted = looks.codes_wanted(now)
    for one in wanted:
        alerts.send_code(
            one.force_id, one.victim_id, one.look_id, one.code, one.expires_at, channel=one.channel, now=now
        )
    return len(wanted) + looks.tidy(now)


def _send_sign_in_codes(now: datetime) -> int:
    """The codes that people who sign in have asked for go out, where that is safe."""
    wanted = once.wanted(now)
    alerts.send_sign_in_codes([one for one in wanted if not one.new_email], now=now)
    alerts.send_new_email_codes([one for one in wanted if one.new_email], now=now)
    return len(wanted)


def _renew_invitations(now: datetime) -> int:
    """Unused invitations are renewed on days 3 and 10, then an officer is asked; those of closed cases end."""
    due = sorted(invitations.due_for_renewal(now), key=lambda one: one.force_id)
    for force_id, several in groupby(due, key=lambda one: one.force_id):
        group = list(several)
        force = Force.objects.get(id=force_id)
        crimes = [one.crime_id for one in group]
        readable = set(
            Case.objects.filter(force=force, crime_id__in=crimes, open=True).values_list(
                "crime_id", flat=True
            )
        )
        invitations.revoke([one.victim_id for one in group if one.crime_id not in readable], now=now)
        invitations.hand_over(force, [one for one in group if one.last and one.crime_id in readable], now=now)
        again = [one.victim_id for one in group if not one.last and one.crime_id in readable]
        shielded = protected_crimes(force, crimes)
        victims = list(Victim.objects.filter(id__in=again))
        flagged = {victim.id for victim in victims if victim.crime_id in shielded}
        invited = invitations.renew(force, victims, flagged=flagged, now=now)
        alerts.send_invitations(force_id, invited, now=now)
    return len(due)


def _help(now: datetime) -> int:
    """Who was let in to a case is invited; access whose time is over ends; who asked to is told of news."""
    return helping.send_invitations(now) + ending.end_what_is_over(now) + helping.tell_of_news(now)


def _ask_for_updates(now: datetime) -> int:
    """An officer is asked for the update that a victim was promised, before its day."""
    needs = due_promises(now)
    return sum(tasks.open_tasks(force, several, now=now) for force, several in needs.items())


def _say_no_news(now: datetime) -> int:
    """Who has heard nothing for as long as was agreed is told that there is no news yet."""
    return alerts.say_no_news(now)


def _ask_supervisors(now: datetime) -> int:
    """A supervisor is asked where an officer has not spoken in time with somebody whose safety changes."""
    needs = unspoken(now)
    return sum(tasks.open_tasks(force, several, now=now) for force, several in needs.items())


def _send_returns(now: datetime) -> int:
    """Returns get their numbers, and a post for each webhook that wants them."""
    return returns.number(now) + returns.spread(now)


PASSES: tuple[tuple[str, Callable[[datetime], int]], ...] = (
    ("messages", _take_messages),
    (own_addresses.BELL, _change_addresses),
    ("contacts", _take_contact_changes),
    (own.BELL, _tell_of_sign_ins),
    (receipts.BELL, _take_receipts),
    ("alerts", _mend_alerts),
    (returns.BELL, _send_returns),
    ("codes", _send_codes),
    (LOOKS, _send_look_codes),
    (once.BELL, _send_sign_in_codes),
    ("invitations", _renew_invitations),
    (HELPING, _help),
    ("of_age", ending.say_who_is_grown_up),
    ("unanswered", messages.mend),
    (PROMISES, _ask_for_updates),
    ("unspoken", _ask_supervisors),
    ("quiet", _say_no_news),
    ("sessions", clear_expired),
    ("old sign-ins", own.forget),
    ("old addresses", own_addresses.forget),
    ("old codes", once.forget),
    ("limits", limits.clear_ended),
    ("budgets", caps.tidy),
    ("devices", devices.forget_unsafe),
)
"""What a worker carries on, in order: (what the bell calls it, what is done). Each is a transaction, repeatable."""

SELDOM = frozenset(
    {
        PROMISES,
        "of_age",
        "unspoken",
        "quiet",
        "devices",
        "budgets",
        "old addresses",
        "old sign-ins",
        "old codes",
    }
)
"""Passes that look for days to come and not for moments: done now and then, or when rung for. Promises and silence are
looked for in all open cases; an index on a date that changes with almost every entry would cost more each time one is
published."""
