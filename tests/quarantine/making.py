"""A records system whose events land in quarantine, and the commands that an administrator uses."""

import json
from typing import Any
from uuid import UUID

from click.testing import CliRunner

from tests.support.doors import role
from tests.support.events import NOW, judged
from trackmycrime import pipeline
from trackmycrime.feed.accept import Source
from trackmycrime.feed.models import Event
from trackmycrime.kernel.scope import bound
from trackmycrime.ops.feeding.quarantine import command


def send(source: Source, *events: Any, now: Any = NOW) -> list[str]:
    """Deliver as the gateway does; each status, or the type of its problem."""
    with role("gateway"), bound(force=source.force_id):
        results = pipeline.take_events(source, judged(*events, now=now), now=now)
    return [one.problem.type if one.problem else one.status for one in results]


def row(event_id: str) -> UUID:
    """The row of the event with this id that is or was in quarantine."""
    return Event.objects.get(event_id=event_id, status__in=("quarantined", "mended", "dropped")).id


def run(*words: object, code: int = 0) -> str:
    """Run `feed quarantine …`; what it writes, after its exit code is the one wanted."""
    done = CliRunner().invoke(command, [str(word) for word in words], standalone_mode=False)
    ended = getattr(done.exception, "exit_code", None) if done.exception else done.return_value or 0
    assert ended == code, (ended, done.output, done.exception)
    return done.output if done.exception is None else str(getattr(done.exception, "message", ""))


def told(*words: object, code: int = 0) -> Any:
    """The same, as a script reads it."""
    return json.loads(run(*words, "--json", code=code))
