"""Write docs/roles.md from `desk/rights.py`: who may do what at the desk. `--check` exits 1 when the page is \
stale."""

from __future__ import annotations

import argparse
import ast
import sys
from itertools import pairwise
from pathlib import Path

from trackmycrime.desk import rights
from trackmycrime.desk.rights import DANGEROUS, ROLES, Act, may

PAGE = Path(__file__).resolve().parents[1] / "docs" / "roles.md"
INTRO = """# Roles at the desk: who may do what

Made by `scripts/make_roles_page.py` from [`desk/rights.py`](../src/trackmycrime/desk/rights.py); do not edit it \
by hand. What is not named there is not allowed, and every page of the desk names what it is. \
`tests/desk/test_rights.py` holds each cell of this table, and `tests/desk/test_walk.py` opens each page as each \
role.

"""
OUTRO = """
**Once more**: it can put somebody at risk, or reaches everybody at once, so it opens only within ten minutes of \
a sign-in, or after it was asked once more who sits there: the password with the second step, or a passkey; for \
whom the force's provider vouches, a sign-in there (`max_age=0`, and the force's own `acr`).

A role belongs to one person at one force. It is given by `trackmycrime officer add`, or by the claims of the \
force's OpenID provider (`trackmycrime force provider set`, [0024](decisions/0024-openid.md)), which must give \
exactly one; officer and supervisor together are a supervisor. An administrator runs the force's side of the \
service, for which nobody's case is needed; an auditor reads and changes nothing.

## Who cannot get in any more

An officer with a password of their own who lost it, their app or all their passkeys has one way: whoever runs \
the installation makes a new set-up link, `trackmycrime officer add FORCE EMAIL --role ROLE --checked in_person` \
(or `video`, `known_number`: called back on a number that was known before). It is in the audit as \
`staff_let_in_again`, with how it was checked, and its use as `staff_set_up`. Using it ends the password, the \
app, passkeys, recovery codes and every session, so the officer notices at once if it was not them, and a new \
app or passkey is added before anything opens. No role at the desk can make one: the desk's login may not write \
there, so a colleague or a supervisor cannot. Whoever holds the link is that officer for 24 hours: hand it over \
in person, or read it out on the known number; making another one ends it.

Whom the force's provider vouches for has nothing to lose here: a lost second step is mended by the force's own \
IT, and no set-up link is made for them.

## By the force's own provider

```
trackmycrime force provider set south-wales --issuer https://login.example.org --client-id trackmycrime \\
    --secret-file secret.txt --role-claim roles --role "TMC officers=officer" --role "TMC auditors=auditor"
```

Register at the provider the address to come back to, `TMC_DESK_URL/sign-in/back/`, the one to come back to \
after signing out, `TMC_DESK_URL/signed-out/`, and for back-channel logout \
`TMC_DESK_URL/sign-in/with/<force>/logout/`. It should give `auth_time` (without it nobody whom it vouches for \
does what is dangerous), an `end_session_endpoint` (else officers are told that they may still be signed in \
there), a refresh token (`offline_access`; else the browser is sent to ask every quarter of an hour), and \
`email_verified`. `--officer-claim` names the claim that holds the records system's id of the officer. \
`trackmycrime force provider off` ends it, and the sessions that it vouches for, at once.
"""


def about() -> dict[Act, str]:
    """What the source says of each act: the sentence below it, or its name."""
    tree = ast.parse(Path(rights.__file__).read_text("utf-8"))
    body = next(node for node in tree.body if isinstance(node, ast.ClassDef) and node.name == "Act").body
    found = {act: act.value.replace("_", " ").capitalize() for act in Act}
    for one, after in pairwise(body):
        if (
            isinstance(one, ast.Assign)
            and isinstance(after, ast.Expr)
            and isinstance(after.value, ast.Constant)
        ):
            found[Act(ast.literal_eval(one.value))] = str(after.value.value)
    return found


def page() -> str:
    """The whole page."""
    lines = ["| | " + " | ".join(ROLES) + " | once more |", "| --- |" + " :---: |" * (len(ROLES) + 1)]
    for act, sentence in about().items():
        cells = ["yes" if may(role, act) else "–" for role in ROLES]
        lines.append(f"| {sentence} | " + " | ".join([*cells, "yes" if act in DANGEROUS else ""]) + " |")
    return INTRO + "\n".join(lines) + "\n" + OUTRO


def main() -> int:
    """Write it, or check it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    if parser.parse_args().check:
        if PAGE.exists() and PAGE.read_text("utf-8") == page():
            return 0
        print("docs/roles.md is stale: run scripts/make_roles_page.py", file=sys.stderr)
        return 1
    PAGE.write_text(page(), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
