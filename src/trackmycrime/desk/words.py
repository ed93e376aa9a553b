"""What the records system's and the service's own vocabulary is called at the desk. Officers read words, not codes."""

from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

import phonenumbers
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from trackmycrime.kernel.clock import london_date
from trackmycrime.publish import dates, wording

FLAGS = {
    "domestic_abuse": lazy("Domestic abuse"),
    "sexual_offence": lazy("Sexual offence"),
    "stalking_harassment": lazy("Stalking or harassment"),
    "honour_based_abuse": lazy("Honour-based abuse"),
    "modern_slavery": lazy("Modern slavery or trafficking"),
    "child_victim": lazy("A victim is under 18"),
    "hate_crime": lazy("Hate crime"),
    "shared_address": lazy("Suspect and victim share an address"),
    "homicide": lazy("Homicide"),
    "do_not_publish": lazy("Not to be published"),
}
STAGES = {
    "reported": lazy("Reported"),
    "investigating": lazy("Being investigated"),
    "suspect_identified": lazy("Suspect identified"),
    "awaiting_charge_decision": lazy("Waiting for a decision on charges"),
    "charged": lazy("Charged"),
    "court": lazy("At court"),
    "closed": lazy("Closed"),
}
CHANNELS = {
    "email": lazy("Email"),
    "text": lazy("Text message"),
    "push": lazy("Push notification"),
    "letter": lazy("Letter"),
    "phone": lazy("Phone"),
    "in_person": lazy("In person"),
}
ROLES_IN_CRIME = {
    "victim": lazy("Victim"),
    "parent_guardian": lazy("Parent or guardian"),
    "bereaved_relative": lazy("Bereaved relative"),
    "spokesperson": lazy("Spokesperson"),
    "business_contact": lazy("Contact of a business"),
}
NEEDS = {
    "large_print": lazy("Large print"),
    "easy_read": lazy("Easy read"),
    "bsl": lazy("British Sign Language"),
    "interpreter": lazy("An interpreter"),
    "text_relay": lazy("Text relay"),
    "no_letters": lazy("No letters"),
}
HOLDS = {
    "milestone": lazy("Updates of this kind wait until an officer has read them."),
    "review": lazy("Whoever wrote it asked that an officer reads it first."),
    "outcome": lazy("This outcome is told by a person first."),
    "speak_first": lazy("Speak to them first: this may put them at risk."),
    "missed": lazy("It came while the case was closed to victims."),
}
CLOSED = {
    "shadow": lazy("The records system that sent it is being tried out: nobody outside can see it."),
    "withheld": lazy("This case is withheld: nobody outside can see it."),
    "do_not_publish": lazy("The records system says that this crime is not to be published."),
    "switched_off": lazy("An officer has switched this case off."),
    "offence": lazy("This kind of offence is not shown to victims in your force."),
    "protected": lazy("This case is of a protected kind: it is off until an officer switches it on."),
}
WITHDRAWN = {
    "no_crime": lazy("No crime"),
    "merged": lazy("Merged into another crime"),
    "duplicate": lazy("Duplicate"),
    "disposed": lazy("Removed from the records system"),
}
ALERTS = {
    "waiting": lazy("Waiting to be sent"),
    "sent": lazy("Sent"),
    "delivered": lazy("Delivered"),
    "opened": lazy("Opened: they have looked since"),
    "by_person": lazy("To be told by a person"),
    "failed": lazy("Failed: no way was left"),
    "cancelled": lazy("Cancelled"),
    "not_set_up": lazy("Waiting: this channel is not set up"),
}
ABOUT = {
    "update": lazy("An update"),
    "message": lazy("A message"),
    "no_news": lazy("That there is no news yet"),
    "contact_new": lazy("To the new address, that it has changed"),
    "contact_told": lazy("That an address has changed"),
    "sign_in": lazy("That their account was signed in to"),
    "frozen": lazy("That their account was closed"),
    "invitation": lazy("The invitation"),
    "alert": lazy("An alert"),
    "code": lazy("A code"),
}
ALERTS_TO_MEND = frozenset({"failed", "not_set_up"})
"""States of an alert that are no end and no step on the way: somebody has to do something"""
DISPATCHES = {
    "prepared": lazy("waits to be sent"),
    "sending": lazy("is being sent"),
    "accepted": lazy("was taken by the provider"),
    "delivered": lazy("was delivered"),
    "failed": lazy("failed for good"),
    "cancelled": lazy("was cancelled"),
}
WAYS = {
    "email": lazy("Email"),
    "text": lazy("Text message"),
    "letter": lazy("Letter in the post"),
    "desk": lazy("By hand"),
}
REASONS = {
    "cap_address": lazy("as much as is allowed in a day has gone to this address"),
    "cap_force": lazy("as much as is allowed in a day has gone out"),
    "budget_day": lazy("the day’s money for texts is used"),
    "budget_month": lazy("the month’s money for texts is used"),
    "number_not_allowed": lazy("texts may not go to numbers like this"),
    "bounced": lazy("it came back"),
    "complained": lazy("they have marked our message as unwanted"),
    "no_letter": lazy("a letter is not right for them any more"),
    "unsubscribed": lazy("they have asked for no more at this address"),
    "delivered": lazy("it had arrived already by another way"),
    "helper_frozen": lazy("it is the account of somebody who helps them"),
    "no_portal": lazy("this site is not safe for them"),
    "disguise": lazy("they asked for disguise"),
    "no_safe_channel": lazy("nothing sent by machine is safe for them"),
    "no_safe_way": lazy("no safe way is known"),
    "no_other_way": lazy("no other safe way is left"),
    "no_safe_address": lazy("no safe address is known"),
    "safe_hours_unclear": lazy("the safe hours are not clear"),
    "safe_contact_not_known": lazy("nobody has said what is safe"),
    "prefers_letter": lazy("they would like a letter"),
    "prefers_phone": lazy("they would like to be phoned"),
    "prefers_in_person": lazy("they would like to be told in person"),
    "not_invited": lazy("they have not been invited"),
    "not_live": lazy("this person is no longer part of the case"),
    "closed_to_victims": lazy("the case is closed to victims"),
    "withheld": lazy("the case is withheld"),
    "case_closed": lazy("the case is closed to victims"),
    "withdrawn": lazy("what it told of was withdrawn"),
    "address_changed": lazy("the address has changed"),
    "channel_changed": lazy("another way is right for them now"),
    "joined": lazy("they joined meanwhile"),
    "opened": lazy("they looked before it went out"),
    "invitation_over": lazy("the invitation had run out"),
    "given_by_hand": lazy("an officer gives it out"),
    "disguise_changed": lazy("they asked for disguise, or no longer do"),
    "words_changed": lazy("there was more to tell when it was to go out"),
    "news_came": lazy("there was news before it went out"),
    "quiet_hours": lazy("it waits for the end of the quiet hours"),
    "safe_hours": lazy("it waits for an hour that is safe"),
    "gathered": lazy("it waits a little for what follows"),
    "summary": lazy("it waits for the weekly summary"),
    "before_joining": lazy("who has not joined is told once a day at most"),
    "waits": lazy("waits until it is safe to send"),
    "not_now": lazy("no safe hour was left in time"),
    "over": lazy("it ran out before it could be sent"),
    "code_over": lazy("the code had run out"),
    "unclear_twice": lazy("twice nobody could say whether it was taken"),
    "cannot_be_opened": lazy("it does not open with the keys at hand"),
    "refused": lazy("the provider refused it"),
    "given_up": lazy("it was tried again and again, and given up"),
    "later": lazy("tried again later"),
    "unclear": lazy("nobody can say whether it was taken"),
    "alert_sent": lazy("the alert had been sent already"),
    "alert_opened": lazy("they looked before it went out"),
    "alert_cancelled": lazy("the alert was cancelled"),
    "alert_by_person": lazy("a person tells them instead"),
    "alert_failed": lazy("the alert had failed"),
}
TRIES = {
    "accepted": lazy("the provider took it"),
    "later": lazy("the provider could not take it just now"),
    "never": lazy("the provider refused it for good"),
    "unclear": lazy("no clear answer: it may have been taken"),
}
WHY = {
    "chosen": lazy("they chose this way here"),
    "preferred": lazy("the records system says that they would like this way"),
    "usual": lazy("it is the first way that is safe and known"),
    "named": lazy("it is the way by which they are invited"),
}
RECEIPTS = {
    "delivered": lazy("Delivered: the provider says that it arrived"),
    "failed": lazy("It came back: it cannot be delivered there"),
    "later": lazy("Not delivered yet: the provider tries again"),
    "complained": lazy("Whoever has this address called it unwanted"),
    "unsubscribed": lazy("Whoever has this address asked for no more mail"),
}
HELD = {
    "provider": lazy("The provider is in trouble"),
    "wrong_words": lazy("What goes out says the wrong thing"),
    "wrong_people": lazy("It goes to the wrong people"),
    "flood": lazy("Far too many go out"),
    "budget": lazy("It costs too much"),
    "incident": lazy("Something is being looked into"),
    "exercise": lazy("It is being tried out"),
    "other": lazy("Something else"),
}
PROVIDERS = {
    "TMC_EMAIL_URL": lazy("A mail server (SMTP)"),
    "TMC_TEXT_URL": lazy("A text gateway"),
    "TMC_NOTIFY_EMAIL_TEMPLATE": lazy("GOV.UK Notify"),
    "TMC_NOTIFY_TEXT_TEMPLATE": lazy("GOV.UK Notify"),
    "TMC_NOTIFY_LETTERS": lazy("GOV.UK Notify"),
    "TMC_VAPID_PRIVATE_KEY": lazy("The browsers’ own push services"),
}
CHECKED_HOW = {
    "in_person": lazy("I saw them in person"),
    "video": lazy("I saw them on a video call"),
    "phone": lazy("I called them, on a number that I knew before"),
}
CHECKED_WHAT = {
    "passport": lazy("Their passport"),
    "driving_licence": lazy("Their driving licence"),
    "identity_card": lazy("An identity card, a residence permit or a PASS card with a photo"),
    "known": lazy("No document: I have met them in this case and know them"),
}
INVITATIONS = {
    "open": lazy("Not opened yet"),
    "opened": lazy("Opened, not finished yet"),
    "used": lazy("Used: they have joined"),
    "locked": lazy("Locked after too many wrong codes"),
    "stopped": lazy("Stopped: somebody said «this is not for me»"),
    "revoked": lazy("Taken back"),
    "expired": lazy("Ran out without being used"),
}
ROLES = {
    "officer": lazy("Officer"),
    "supervisor": lazy("Supervisor"),
    "administrator": lazy("Administrator"),
    "auditor": lazy("Auditor"),
}


def said(words: dict[str, Any], code: str) -> str:
    """The words for a code; a code that is not known yet reads as itself, without underscores."""
    return str(words[code]) if code in words else code.replace("_", " ")


def reason(code: str) -> str:
    """Why no machine reached somebody, or what ended something; a provider's code stands behind the words."""
    key = code.replace(" ", "_")
    if key in REASONS:
        return str(REASONS[key])
    for ours in ("unclear", "refused", "given up", "later", "bounced"):
        if code.startswith(f"{ours} "):
            return f"{REASONS[ours.replace(' ', '_')]}: {code.removeprefix(ours).strip()}"
    return said(REASONS, key)


def with_reason(state: str, reason_code: str) -> str:
    """A state in words, with why it is so behind it where that is known."""
    return f"{state} ({reason(reason_code)})" if reason_code else state


def checked(how: str, what: Iterable[str], who: str, when: str) -> str:
    """That somebody made sure who a victim is, in a sentence."""
    looked = "; ".join(said(CHECKED_WHAT, one) for one in what)
    return _("%(who)s made sure who it is, %(when)s. %(how)s. %(what)s.") % {
        "who": who, "when": when, "how": said(CHECKED_HOW, how), "what": looked,
    }  # fmt: skip


def moment(at: datetime, now: datetime) -> str:
    """«Thursday 26 November, 4.40pm», in the language of the page."""
    return dates.moment(at, language(), today=london_date(now))


def tongue(code: str) -> str:
    """In which language, or both, a letter was written."""
    return {"en": _("English"), "cy": _("Welsh"), "cy+en": _("Welsh and English")}.get(code, code)


def language() -> str:
    """``en`` or ``cy``: the language of the page."""
    return "cy" if get_language() == "cy" else "en"


def task(kind: str, part: str) -> str:
    """``title``, ``why``, ``do`` or ``done`` of a kind of task; empty where there are no such words."""
    try:
        return wording.text(f"task.{kind}.{part}", language())
    except wording.WordingError:
        return said({}, kind).capitalize() if part == "title" else ""


def milestone(code: str) -> str:
    """The title that a milestone has on a victim's page."""
    try:
        return wording.entry_words(code, None, language(), unit=None).title
    except wording.WordingError:
        return said({}, code).capitalize()


def listed(items: Iterable[str]) -> str:
    """«Email, letter and British Sign Language»: what begins with a capital by itself keeps it."""
    found = [item if n == 0 or not item[1:].islower() else item.lower() for n, item in enumerate(items)]
    *first, last = found or [""]
    return _("%(first)s and %(last)s") % {"first": ", ".join(first), "last": last} if first else last


def _clock(at: time) -> str:
    half = _("am") if at.hour < 12 else _("pm")
    return f"{at.hour % 12 or 12}{f'.{at.minute:02}' if at.minute else ''}{half}"


NO_LETTER = {
    "no_letters": lazy("They want no letters."),
    "disguise": lazy("Nothing may show that police are writing."),
    "not_safe": lazy("A letter is not among what is safe for them."),
    "not_known": lazy("Nobody has said yet what is safe for them. Ask, and put it into the records system."),
    "no_address": lazy("There is no address on file."),
}
"""Why no letter is sent (`people.letters.why_not`)."""


def safe_contact(victim: Any) -> list[tuple[str, str]]:
    """What may be used to reach this victim, in plain words: (what, words). The strictest comes first.

    `victim` is a `people.models.Victim`.
    """
    found: list[tuple[str, str]] = []
    if victim.no_portal:
        found.append((_("Not safe"), _("This site. Tell them yourself.")))
    if victim.disguise:
        found.append((_("Disguise"), _("Nothing may show that police are writing. Tell them yourself.")))
    if victim.safe_channels is not None and not victim.safe_channels:
        found.append((_("Not safe"), _("Any message sent by machine. Tell them yourself.")))
    elif victim.safe_channels is not None:
        found.append((_("Safe"), listed(said(CHANNELS, channel) for channel in victim.safe_channels)))
        if others := [str(words) for code, words in CHANNELS.items() if code not in victim.safe_channels]:
            found.append((_("Not safe"), listed(others)))
    elif victim.safe_known:
        found.append((_("Safe"), _("Every way that is on file")))
    else:
        found.append(
            (
                _("Not known"),
                _("Nobody has said yet what is safe for them. Ask, and put it into the records system."),
            )
        )
    start, end = victim.safe_from, victim.safe_to
    if start and end:
        found.append((_("Only"), _("from %(from)s to %(to)s") % {"from": _clock(start), "to": _clock(end)}))
    if victim.safe_note:
        found.append((_("Note"), victim.safe_note))
    return found


def number(stored: str) -> str:
    """A phone number as it is read out: «07700 900123», abroad with the country."""
    try:
        parsed = phonenumbers.parse(stored, "GB")
    except phonenumbers.NumberParseException:
        return stored
    kind = phonenumbers.PhoneNumberFormat
    return str(
        phonenumbers.format_number(parsed, kind.NATIONAL if parsed.country_code == 44 else kind.INTERNATIONAL)
    )


def needs_large_print(victim: Any) -> bool:
    """Whether they have said that they need it."""
    return "large_print" in ((victim.detail or {}).get("needs") or ())


def reach(victim: Any) -> list[tuple[str, str]]:
    """The addresses on file and what they would like."""
    found = []
    if victim.email:
        found.append((_("Email"), victim.email))
    if victim.mobile:
        found.append((_("Mobile"), number(victim.mobile)))
    preferred = victim.chosen_channel or victim.preferred_channel
    if preferred:
        found.append(
            (_("Chose here") if victim.chosen_channel else _("Would like"), said(CHANNELS, preferred))
        )
    tongue = victim.chosen_language or victim.language
    if tongue:
        found.append((_("Language"), {"en": _("English"), "cy": _("Welsh")}.get(tongue, tongue)))
    if needs := (victim.detail or {}).get("needs"):
        found.append((_("Needs"), listed(said(NEEDS, need) for need in needs)))
    return found
