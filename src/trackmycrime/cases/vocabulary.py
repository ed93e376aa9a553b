"""What stages, outcomes and milestones mean to each other. Pure data."""

CLOSED = "closed"

# The milestone that a stage stands for when it is reached and no officer wrote of it. The others say nothing by
# themselves: «awaiting a charge decision» does not say who decides, «court» not that a date is set.
STAGE_MILESTONE = {"suspect_identified": "suspect_identified", "charged": "suspect_charged"}

CHARGED_OUTCOMES = frozenset({"1", "1A"})
OUT_OF_COURT_OUTCOMES = frozenset({"2", "2A", "3", "3A", "6", "7", "8", "22"})

PROTECTED_FLAGS = frozenset(
    {
        "domestic_abuse",
        "sexual_offence",
        "stalking_harassment",
        "honour_based_abuse",
        "modern_slavery",
        "child_victim",
        "shared_address",
        "homicide",
    }
)
"""Off until an officer switches the case on after a conversation about risk."""

# Seven stages of the feed are five to a victim (the look's «stage»).
PUBLIC_STAGES = ("reported", "investigating", "decision", "court", "finished")
PUBLIC_STAGE = {
    "reported": "reported",
    "investigating": "investigating",
    "suspect_identified": "investigating",
    "awaiting_charge_decision": "decision",
    "charged": "decision",
    "court": "court",
    "closed": "finished",
}


def outcome_milestone(outcome: str, stage: str) -> str:
    """The milestone that a newly decided outcome stands for, by the stage that it came with."""
    if stage == CLOSED:
        return "closed"
    if outcome in CHARGED_OUTCOMES:
        return "suspect_charged"
    if outcome in OUT_OF_COURT_OUTCOMES:
        return "out_of_court_disposal"
    return "no_further_action"
