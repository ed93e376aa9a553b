"""Who may do what with the tables of OpenID."""

from trackmycrime.kernel.walls import Policy, of_force

from .crossings import FUNCTIONS

_MINE = "account_id = (select app_account())"

GRANTS = {
    "people_force_provider": {"desk": "select"},
    # officers' are seen by named functions only
    "people_identity": {"portal": "select, insert, delete"},
    "people_provider_session": {
        "desk": "select, insert, update (refresh, checked_at, asking_until), delete",
        "worker": "select, delete",
    },
}
POLICIES = {
    "people_force_provider": of_force("desk"),
    "people_identity": {"portal": [Policy(_MINE, _MINE)]},
    "people_provider_session": {"desk": [Policy(_MINE, _MINE)], "worker": [Policy("true", "true")]},
}
__all__ = ["FUNCTIONS", "GRANTS", "POLICIES"]
