"""What happens to each milestone unless the force says otherwise (CONTRACT, table of milestones). Pure data."""

PUBLISH, HOLD, NEVER = "publish", "hold", "never"

HELD = frozenset(
    {
        "suspect_identified",
        "prosecutor_decided_no_charge",
        "prosecution_stopped",
        "verdict",
        "sentence",
        "appeal_lodged",
        "appeal_result",
        "offender_scheme_referred",
    }
)
DANGER = frozenset(
    {
        "released_on_bail",
        "bail_changed",
        "released_under_investigation",
        "released_no_action",
        "warrant_issued",
        "verdict",
        "sentence",
        "appeal_lodged",
        "appeal_result",
    }
)
"""What changes how safe somebody is. In an enhanced or flagged case an officer speaks to the victim before these are
read (rights 6, 8 and 9)."""

HELD_OUTCOMES = frozenset({"5", "13"})
"""Somebody has died or is too ill: a person tells first."""

TOLD_BY_OUTCOME = frozenset({"no_further_action", "closed", "out_of_court_disposal"})


def rule(milestone: str, outcome: str, *, guarded: bool, policy: dict[str, str]) -> tuple[str, str]:
    """(``publish``, ``hold`` or ``never``; the reason of a hold) for one entry.

    `guarded`: the case is flagged or has a victim with enhanced rights. A force's own rule stands over the default,
    but «publish» does not loosen what guards a person.
    """
    if outcome in HELD_OUTCOMES and milestone in TOLD_BY_OUTCOME:
        return (NEVER, "") if policy.get(milestone) == NEVER else (HOLD, "outcome")
    default = HOLD if milestone in HELD else PUBLISH
    act = policy.get(milestone, default)
    if milestone in DANGER and guarded and act != NEVER:
        return HOLD, "speak_first"
    return act, "milestone" if act == HOLD else ""
