"""Who may do what at the desk, as one table. Pure. What is not named is not allowed."""

from enum import StrEnum

OFFICER, SUPERVISOR, ADMINISTRATOR, AUDITOR = "officer", "supervisor", "administrator", "auditor"
ROLES = (OFFICER, SUPERVISOR, ADMINISTRATOR, AUDITOR)


class Act(StrEnum):
    """Something that can be done at the desk."""

    START = "start"
    """See the first page, with the figures of the force"""
    OWN_SIGN_IN = "own_sign_in"
    """See and change how one signs in oneself; confirm that it is still oneself"""
    SEE_CASES = "see_cases"
    """Open cases, what their victims see, and their messages; each opening is written down"""
    SEE_RECORD = "see_record"
    """Read who has opened or changed a case"""
    WRITE_UPDATE = "write_update"
    """Write an update for the victims of a case"""
    DECIDE_HELD = "decide_held"
    """Release a held update, keep it back, or say that it is never shown"""
    SET_DATE = "set_date"
    """Promise the date of the next update"""
    ANSWER = "answer"
    """Answer messages; opening a thread then counts as read"""
    DO_TASK = "do_task"
    """Finish a task, with a note of what was done"""
    INVITE = "invite"
    """Send an invitation again, take it back, show and print its code"""
    RECOVER = "recover"
    """Write down that one has made sure who somebody is who had joined, so that they can be let in again"""
    SWITCH = "switch"
    """Open or close a case of a protected kind after a conversation about risk"""
    WITHHOLD = "withhold"
    """Close any case to its victims at once: it only protects, so whoever works a case may"""
    LIFT = "lift"
    """Open again what was withheld"""
    QUARANTINE = "quarantine"
    """Work on events that could not be applied, with what is personal masked; each opening is written down"""
    DELIVERY_LOG = "delivery_log"
    """Read and take away the log of what was sent to whom; masked addresses only with the right to see cases"""
    SEE_CHANNELS = "see_channels"
    """See how email, text and push are doing in the force"""
    HOLD_CHANNELS = "hold_channels"
    """Hold a channel, so that nothing goes out by it, and let it go again"""
    WORDS = "words"
    """Change the force's own words for what leaves the machine; each save is written down"""
    ORGANISATIONS = "organisations"
    """Name the advocate organisations that victims can let in, and invite the first who says who works there"""


_OWN = {Act.START, Act.OWN_SIGN_IN}
_WORK = {
    *_OWN,
    Act.SEE_CASES,
    Act.WRITE_UPDATE,
    Act.DECIDE_HELD,
    Act.SET_DATE,
    Act.ANSWER,
    Act.DO_TASK,
    Act.INVITE,
    Act.RECOVER,
    Act.SWITCH,
    Act.WITHHOLD,
}

MAY: dict[str, frozenset[Act]] = {
    OFFICER: frozenset(_WORK),
    SUPERVISOR: frozenset(_WORK | {Act.SEE_RECORD, Act.LIFT, Act.DELIVERY_LOG, Act.SEE_CHANNELS}),
    # Runs the force's side of the service, for which nobody's case is needed: figures, quarantine, channels, words.
    ADMINISTRATOR: frozenset(
        _OWN
        | {
            Act.QUARANTINE,
            Act.DELIVERY_LOG,
            Act.SEE_CHANNELS,
            Act.HOLD_CHANNELS,
            Act.WORDS,
            Act.ORGANISATIONS,
        }
    ),
    AUDITOR: frozenset(_OWN | {Act.SEE_CASES, Act.SEE_RECORD, Act.DELIVERY_LOG}),
}

DANGEROUS = frozenset(
    {Act.INVITE, Act.RECOVER, Act.SWITCH, Act.LIFT, Act.HOLD_CHANNELS, Act.WORDS, Act.ORGANISATIONS}
)
"""What can put somebody at risk, or reaches everybody at once: a code that opens a case, a protected or withheld case
that opens, a channel that falls silent, the words of all letters. It is asked once more who sits there."""


def may(role: str, act: Act) -> bool:
    """Whether a member of staff with this role may do this. An unknown role may do nothing."""
    return act in MAY.get(role, frozenset())
