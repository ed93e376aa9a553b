"""The closed lists of the feed's contract: what a records system may say, word for word.

Each list is a `Literal` (for the models and the type checker) and a tuple of the same words in the
contract's order (for everybody who needs to walk them). Adding a word is free; taking one away needs a
new version of the contract.
"""

from typing import Literal, get_args

Category = Literal[
    "bicycle-theft",
    "burglary",
    "criminal-damage-arson",
    "drugs",
    "other-crime",
    "other-theft",
    "possession-of-weapons",
    "public-order",
    "robbery",
    "shoplifting",
    "theft-from-the-person",
    "vehicle-crime",
    "violence-and-sexual-offences",
    "anti-social-behaviour",
    "fraud",
]
Stage = Literal[
    "reported",
    "investigating",
    "suspect_identified",
    "awaiting_charge_decision",
    "charged",
    "court",
    "closed",
]
# Home Office outcome types; 1A, 2A and 3A are the «alternate offence» forms of 1, 2 and 3.
Outcome = Literal[
    "1", "1A", "2", "2A", "3", "3A", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15",
    "16", "17", "18", "19", "20", "21", "22",
]  # fmt: skip
Flag = Literal[
    "domestic_abuse",
    "sexual_offence",
    "stalking_harassment",
    "honour_based_abuse",
    "modern_slavery",
    "child_victim",
    "hate_crime",
    "shared_address",
    "homicide",
    "do_not_publish",
]
ReferenceKind = Literal["urn", "incident", "receipt", "custody"]
CrimeWithdrawal = Literal["no_crime", "merged", "duplicate", "disposed", "withheld"]
Role = Literal["victim", "parent_guardian", "bereaved_relative", "spokesperson", "business_contact"]
Need = Literal["large_print", "easy_read", "bsl", "interpreter", "text_relay", "no_letters"]
# The last three are tasks for a person, done when somebody records it.
Channel = Literal["email", "text", "push", "letter", "phone", "in_person"]
VictimWithdrawal = Literal["not_a_victim", "declined", "deceased", "safety"]
UpdateWithdrawal = Literal["mistake", "wrong_case", "replaced", "safety"]
Milestone = Literal[
    "recorded",
    "support_referred",
    "officer_assigned",
    "still_working",
    "note",
    "property_recovered",
    "reopened",
    "transferred",
    "not_investigated",
    "suspect_identified",
    "suspect_arrested",
    "suspect_interviewed",
    "voluntary_interview",
    "released_on_bail",
    "bail_changed",
    "released_under_investigation",
    "released_no_action",
    "warrant_issued",
    "suspect_charged",
    "charge_changed",
    "out_of_court_disposal",
    "sent_to_prosecutor",
    "prosecutor_decided_no_charge",
    "prosecution_stopped",
    "hearing_listed",
    "hearing_result",
    "witness_required",
    "verdict",
    "sentence",
    "appeal_lodged",
    "appeal_result",
    "offender_scheme_referred",
    "no_further_action",
    "closed",
]
Attendance = Literal["required", "may_attend", "not_needed"]
HearingStatus = Literal["listed", "adjourned", "cancelled", "held"]
PropertyStatus = Literal[
    "reported_stolen",
    "reported_damaged",
    "lost",
    "recovered",
    "held",
    "held_as_evidence",
    "ready_to_collect",
    "returned",
    "disposed",
    "not_recovered",
]
ProblemType = Literal[
    "unknown-type",
    "invalid-data",
    "unknown-field",
    "id-reused",
    "sequence-reused",
    "waiting-for-crime",
    "not-allowed",
]
Status = Literal["applied", "duplicate", "superseded", "quarantined"]
EntityKind = Literal["crime", "victim", "update", "hearing", "property", "message", "officer", "unit"]
Precision = Literal["moment", "day", "month"]

CATEGORIES: tuple[str, ...] = get_args(Category)
STAGES: tuple[str, ...] = get_args(Stage)
OUTCOMES: tuple[str, ...] = get_args(Outcome)
FLAGS: tuple[str, ...] = get_args(Flag)
REFERENCE_KINDS: tuple[str, ...] = get_args(ReferenceKind)
CRIME_WITHDRAWALS: tuple[str, ...] = get_args(CrimeWithdrawal)
ROLES: tuple[str, ...] = get_args(Role)
NEEDS: tuple[str, ...] = get_args(Need)
CHANNELS: tuple[str, ...] = get_args(Channel)
VICTIM_WITHDRAWALS: tuple[str, ...] = get_args(VictimWithdrawal)
UPDATE_WITHDRAWALS: tuple[str, ...] = get_args(UpdateWithdrawal)
MILESTONES: tuple[str, ...] = get_args(Milestone)
ATTENDANCES: tuple[str, ...] = get_args(Attendance)
HEARING_STATUSES: tuple[str, ...] = get_args(HearingStatus)
PROPERTY_STATUSES: tuple[str, ...] = get_args(PropertyStatus)
PROBLEM_TYPES: tuple[str, ...] = get_args(ProblemType)
STATUSES: tuple[str, ...] = get_args(Status)
ENTITY_KINDS: tuple[str, ...] = get_args(EntityKind)
