"""Numbers without gaps that later fill.

A number from a sequence, or one that a writer takes itself, is taken before the commit: a reader that has seen 5 might
find a 4 later, and never look for it. So rows are committed without a number, and this pass numbers what it can see,
one transaction after the other for each force. Whoever sees a number sees all that were given before it.
"""

from datetime import datetime

from trackmycrime.kernel import setwise

MOST = 1000
"""How many rows of a force are numbered in one transaction"""

_NUMBER = """
with next as (
    select id, row_number() over (order by created_at, happened_at, id) as n from returns_return
    where force_id = %s and number is null order by created_at, happened_at, id limit %s)
update returns_return r set number = %s + next.n from next where r.id = next.id returning r.id
"""


def number(now: datetime, *, most: int = MOST) -> int:
    """Give the rows that have none their numbers; says how many there were. For the worker, in its transaction."""
    waiting = setwise.fetch(
        "select distinct force_id from returns_return where number is null order by force_id"
    )
    return sum(_number(row["force_id"], most) for row in waiting)


def _number(force: int, most: int) -> int:
    setwise.insert(
        "returns_numbering",
        ("force_id", "last"),
        [{"force_id": force, "last": 0}],
        conflict="on conflict (force_id) do nothing",
    )
    # the lock comes first: what is numbered is looked for by a statement of its own, which sees what others committed
    row = setwise.fetch("select last from returns_numbering where force_id = %s for update", [force])[0]
    done = setwise.fetch(_NUMBER, [force, most, row["last"]])
    setwise.fetch(
        "update returns_numbering set last = last + %s where force_id = %s returning last", [len(done), force]
    )
    return len(done)
