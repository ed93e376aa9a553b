"""What follows from what: for each thing that can happen, one function that calls the next rooms in order.

The gateway (`feed`) and the desk (`desk`) call these in their own transaction, bound to one force; what a worker
carries on is in `rounds`. All of it is in that transaction or none. What leaves the machine is only prepared here
(DESIGN, «The way of the data»).
"""

from trackmycrime.feed.accept import Result

from .desk import (
    ABOUT_ADDRESSES,
    NotPossible,
    Staff,
    address_confirmed,
    address_refused,
    answer_message,
    keep_hold,
    letter_posted,
    lift,
    never,
    officer_update,
    release,
    set_next_update,
    switch_look,
    switch_on,
    told_in_person,
    withhold,
)
from .feed import publish_anew, republish, take_events
from .inviting import check_identity, invite_again, invite_by_letter, invite_in_person

__all__ = [
    "ABOUT_ADDRESSES",
    "NotPossible",
    "Result",
    "Staff",
    "address_confirmed",
    "address_refused",
    "answer_message",
    "check_identity",
    "invite_again",
    "invite_by_letter",
    "invite_in_person",
    "keep_hold",
    "letter_posted",
    "lift",
    "never",
    "officer_update",
    "publish_anew",
    "release",
    "republish",
    "set_next_update",
    "switch_look",
    "switch_on",
    "take_events",
    "told_in_person",
    "withhold",
]
