"""How an agent stands: read from its spool, while it runs or not. Sums, names and times; nothing of any event."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from trackmycrime.feed.agent import clock, damage, lock, store
from trackmycrime.feed.agent.config import Config

_DAY = 86_400.0
_AWAY_LONG = 900.0
_STATUSES = ("applied", "duplicate", "superseded", "quarantined")
_ROWS = ("read", "turned", "skipped", "refused")


class CannotTell(Exception):
    """The spool cannot be read; the message says why."""


@dataclass
class Status:
    """What is known. `needs` is what a person should see to, in sentences; empty when all is well."""

    told: dict[str, Any]
    needs: list[str] = field(default_factory=list)

    def as_dict(self) -> dict[str, Any]:
        """For a script."""
        return self.told | {"needs": self.needs, "healthy": not self.needs}


def status(config: Config) -> Status:
    """Ask the spool of this configuration. Raises CannotTell."""
    folder = config.spool.folder
    file = folder / damage.STORE / store.FILE
    try:
        os.stat(folder)
        holder = lock.holder(folder)
        os.stat(file)
        with store.faults():
            found = store.for_reading(file)
            try:
                facts = dict(found.execute("select name, value from meta").fetchall())
                rows = found.execute(_INPUTS).fetchall()
                pages, free, size = (
                    found.execute(f"pragma {name}").fetchone()[0]
                    for name in ("page_count", "freelist_count", "page_size")
                )
            finally:
                found.close()
    except FileNotFoundError:
        raise CannotTell(f"there is no spool in {folder}; no agent has run on it yet") from None
    except OSError as why:
        raise CannotTell(f"{folder} cannot be read: {why.strerror}") from None
    except (store.Damaged, store.Stuck, sqlite3.Error) as why:
        raise CannotTell(f"the spool in {folder} cannot be read: {why}") from None
    return _judged(config, holder, facts, rows, (pages - free) * size)


_INPUTS = """
select i.name, last_read, error, error_at, read, turned, skipped, refused, made,
       applied, duplicate, superseded, quarantined, fault_at,
       count(e.id) as unsent, min(e.kept_at) as oldest, coalesce(sum(e.state = 'broken'), 0) as broken,
       coalesce(max(e.tries), 0) as tries
  from input i left join event e on e.input = i.name group by i.name
"""


def _judged(
    config: Config, holder: lock.Holder | None, facts: dict[str, str], rows: Iterable[sqlite3.Row], used: int
) -> Status:
    now = clock.wall()
    types = {each.name: each.type for each in config.inputs}
    inputs = [_input(row, types, now) for row in rows]
    inputs += [
        {"name": name, "type": type_, "last_read": None}
        for name, type_ in types.items()
        if name not in {one["name"] for one in inputs}
    ]
    known = [one for one in inputs if "events" in one]
    free = shutil.disk_usage(config.spool.folder).free
    unsent = sum(one["events"]["unsent"] for one in known)
    error_at = float(facts.get("error_at") or 0)
    result = Status(
        {
            "running": holder is not None,
            "process": holder.process if holder else None,
            "waits_for": (holder.waits_for if holder else "") or None,
            "last_alive": clock.moment(float(facts["alive_at"])) if "alive_at" in facts else None,
            "gateway": {
                "url": config.gateway.url,
                "reachable_since": clock.moment(float(facts["reachable_since"]))
                if facts.get("reachable_since")
                else None,
                "last_error": facts.get("error") or None,
                "last_error_at": clock.moment(error_at) if error_at else None,
            },
            "spool": {
                "folder": str(config.spool.folder),
                "events": unsent,
                "bytes": used,
                "most_bytes": config.spool.most_bytes,
                "disk_free_bytes": free,
                "keep_free_bytes": config.spool.keep_free_bytes,
                "put_aside": [str(path) for path in damage.put_aside(config.spool.folder)],
            },
            "inputs": inputs,
            "totals": {
                "rows": {name: sum(one["rows"][name] for one in known) for name in _ROWS},
                "events": {
                    name: sum(one["events"][name] for one in known) for name in ("made", *_STATUSES, "unsent")
                },
            },
            "hold": all(one["hold"] for one in known),
        }
    )
    result.needs = _needs(result.told, facts, now, unsent)
    return result


def _input(row: sqlite3.Row, types: dict[str, str], now: float) -> dict[str, Any]:
    rows = {name: row[name] for name in _ROWS}
    events = {name: row[name] for name in ("made", *_STATUSES, "unsent")}
    return {
        "name": row["name"],
        "type": types.get(row["name"]),
        "last_read": clock.moment(row["last_read"]),
        "last_error": row["error"] or None,
        "last_error_at": clock.moment(row["error_at"]),
        "lag_seconds": round(max(0.0, now - row["oldest"]), 1) if row["oldest"] is not None else 0.0,
        "rows": rows,
        "events": events,
        "broken": row["broken"],
        "tries": row["tries"],
        "fault_at": clock.moment(row["fault_at"]),
        "faults_lately": row["fault_at"] is not None and now - row["fault_at"] < _DAY,
        "hold": rows["read"] == rows["turned"] + rows["skipped"] + rows["refused"]
        and events["made"] == sum(events[name] for name in (*_STATUSES, "unsent")),
    }


def _needs(told: dict[str, Any], facts: dict[str, str], now: float, unsent: int) -> list[str]:
    """What a person should see to."""
    needs = []
    spool = told["spool"]
    if not told["running"]:
        alone = facts.get("alive") == "once" and now - float(facts.get("alive_at") or 0) < _DAY
        if not alone:
            needs.append(f"no agent runs on this spool; the last was alive at {told['last_alive']}")
    if facts.get("denied"):
        needs.append(f"nothing is sent: {facts['denied']}")
    elif unsent and not told["gateway"]["reachable_since"] and _oldest(told) > _AWAY_LONG:
        needs.append(f"the gateway has not taken anything for long: {told['gateway']['last_error']}")
    if told["waits_for"]:
        needs.append(told["waits_for"])
    for path in spool["put_aside"]:
        needs.append(f"a damaged spool was put aside as {path}; see docs/agent.md, then remove it")
    for one in told["inputs"]:
        if one.get("last_error"):
            needs.append(f"input {one['name']} cannot be read: {one['last_error']}")
        if one.get("faults_lately"):
            needs.append(
                f"input {one['name']}: something was refused or quarantined within a day; see the report"
            )
        if one.get("broken"):
            needs.append(f"input {one['name']}: {one['broken']} events in the spool do not open any more")
        if one.get("tries"):
            needs.append(f"input {one['name']}: the gateway fails at some of its events; they wait")
    if not told["hold"]:
        needs.append(
            "the sums do not hold; that is a fault of this program or of a connector, please report it"
        )
    return needs


def _oldest(told: dict[str, Any]) -> float:
    return float(max((one.get("lag_seconds", 0.0) for one in told["inputs"]), default=0.0))


def as_text(found: Status) -> str:
    """For a person."""
    told = found.told
    gateway, spool = told["gateway"], told["spool"]
    since = gateway["reachable_since"]
    lines = [
        f"agent: runs as process {told['process']}"
        if told["running"]
        else f"agent: does not run; last alive {told['last_alive']}",
        f"gateway {gateway['url']}: " + (f"answers since {since}" if since else "has not answered"),
        f"spool: {spool['events']:,} events, {spool['bytes']:,} of {spool['most_bytes']:,} bytes;"
        f" disk has {spool['disk_free_bytes']:,} bytes free",
    ]
    if gateway["last_error"]:
        lines.append(f"last error, {gateway['last_error_at']}: {gateway['last_error']}")
    for one in told["inputs"]:
        lines.append(f"input {one['name']} ({one['type']}): last read {one['last_read'] or 'never'}")
        if "rows" in one:
            rows, events = one["rows"], one["events"]
            lines += [
                f"  oldest unsent {one['lag_seconds']:.0f} s",
                f"  rows read {rows['read']:,} = turned {rows['turned']:,} + skipped {rows['skipped']:,}"
                f" + refused {rows['refused']:,}",
                f"  events made {events['made']:,} = "
                + " + ".join(f"{name} {events[name]:,}" for name in (*_STATUSES, "unsent")),
            ]
            if one["last_error"]:
                lines.append(f"  last error, {one['last_error_at']}: {one['last_error']}")
    lines += [f"NEEDS A PERSON: {need}" for need in found.needs]
    return "\n".join(lines)
