"""The feed's contract: what a records system may say, read and judged. Pure: no Django, no clock, no database.

Verbs: `read_body` turns one delivery into lines; `judge` turns a line into an `Event` or a `Refusal`.
"""

from trackmycrime.feed.contract.belongings import PropertyChanged
from trackmycrime.feed.contract.body import (
    BATCH,
    LINES,
    MOST_BYTES,
    MOST_EVENTS,
    SINGLE,
    Line,
    read_body,
    too_large,
)
from trackmycrime.feed.contract.crimes import (
    CrimeChanged,
    CrimeOutcome,
    CrimeRestored,
    CrimeWithdrawn,
    Occurred,
    Offence,
    OtherReference,
)
from trackmycrime.feed.contract.envelope import envelope_schema, subject_key
from trackmycrime.feed.contract.hearings import Court, HearingChanged, HearingResult
from trackmycrime.feed.contract.judge import canonical, judge
from trackmycrime.feed.contract.messages import MessageSent
from trackmycrime.feed.contract.moments import DateOrMoment
from trackmycrime.feed.contract.problems import TITLES, BodyProblem, Problem
from trackmycrime.feed.contract.staff import OfficerChanged, UnitChanged, UnitHours, UnitName
from trackmycrime.feed.contract.updates import UpdatePublished, UpdateText, UpdateWithdrawn
from trackmycrime.feed.contract.verdicts import MODELS, TYPES, Data, Entity, Event, Refusal
from trackmycrime.feed.contract.victims import Address, Hours, SafeContact, VictimChanged, VictimWithdrawn
from trackmycrime.feed.contract.vocabulary import (
    ATTENDANCES,
    CATEGORIES,
    CHANNELS,
    CRIME_WITHDRAWALS,
    ENTITY_KINDS,
    FLAGS,
    HEARING_STATUSES,
    MILESTONES,
    NEEDS,
    OUTCOMES,
    PROBLEM_TYPES,
    PROPERTY_STATUSES,
    REFERENCE_KINDS,
    ROLES,
    STAGES,
    STATUSES,
    UPDATE_WITHDRAWALS,
    VICTIM_WITHDRAWALS,
)

__all__ = [
    "ATTENDANCES",
    "BATCH",
    "CATEGORIES",
    "CHANNELS",
    "CRIME_WITHDRAWALS",
    "ENTITY_KINDS",
    "FLAGS",
    "HEARING_STATUSES",
    "LINES",
    "MILESTONES",
    "MODELS",
    "MOST_BYTES",
    "MOST_EVENTS",
    "NEEDS",
    "OUTCOMES",
    "PROBLEM_TYPES",
    "PROPERTY_STATUSES",
    "REFERENCE_KINDS",
    "ROLES",
    "SINGLE",
    "STAGES",
    "STATUSES",
    "TITLES",
    "TYPES",
    "UPDATE_WITHDRAWALS",
    "VICTIM_WITHDRAWALS",
    "Address",
    "BodyProblem",
    "Court",
    "CrimeChanged",
    "CrimeOutcome",
    "CrimeRestored",
    "CrimeWithdrawn",
    "Data",
    "DateOrMoment",
    "Entity",
    "Event",
    "HearingChanged",
    "HearingResult",
    "Hours",
    "Line",
    "MessageSent",
    "Occurred",
    "Offence",
    "OfficerChanged",
    "OtherReference",
    "Problem",
    "PropertyChanged",
    "Refusal",
    "SafeContact",
    "UnitChanged",
    "UnitHours",
    "UnitName",
    "UpdatePublished",
    "UpdateText",
    "UpdateWithdrawn",
    "VictimChanged",
    "VictimWithdrawn",
    "canonical",
    "envelope_schema",
    "judge",
    "read_body",
    "subject_key",
    "too_large",
]
