"""News, changes of a victim, sends and failures in any order: each entry is told once, and never where it is not safe.

What may go out is said by a model that shares no rule with `alerts`: it looks at the victim as they are stored at the
very moment at which a letter is handed over. `TMC_TEST_LONGER=100` looks a hundred times as long (docs/proof.md).
"""

import contextlib
import itertools
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.support.doors import role
from trackmycrime.alerts.api import UPSTAIRS, seen, tell
from trackmycrime.alerts.models import Alert, Told
from trackmycrime.delivery.letters import Letter, Outcome
from trackmycrime.delivery.models import Dispatch
from trackmycrime.delivery.work import Holder, Tried, claim, complete
from trackmycrime.kernel.clock import LONDON
from trackmycrime.kernel.crypto import blind
from trackmycrime.kernel.ids import new_id
from trackmycrime.kernel.scope import bound
from trackmycrime.publish.models import Entry

from . import making

pytestmark = pytest.mark.django_db
LONGER = int(os.environ.get("TMC_TEST_LONGER", "1"))
WORKER = new_id()
STARTS = [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC), making.NOW]
"""Before either night on which the clocks change, and any other day"""
CLOCKS = {"suspect_arrested", "hearing_listed"}

CHANGES: list[dict[str, Any]] = [
    {"safe_channels": None},
    {"safe_channels": ["email"]},
    {"safe_channels": ["text", "phone"]},
    {"safe_channels": []},
    {"safe_from": time(9), "safe_to": time(17)},
    {"safe_from": time(23), "safe_to": time(2, 30)},
    {"safe_from": None, "safe_to": None},
    {"disguise": True, "safe_channels": ["email"]},
    {"disguise": False},
    {"no_portal": True},
    {"no_portal": False},
    {"chosen_channel": "text"},
    {"chosen_channel": "email"},
    {"chosen_channel": "phone"},
    {"chosen_pace": "weekly"},
    {"chosen_pace": "at_once"},
    {"chosen_pace": ""},
    {"email": "another@example.org"},
    {"email": "rhian@example.org"},
    {"block": "email"},
]
NEWS = st.tuples(
    st.just("news"), st.sampled_from(["note", "note", "suspect_arrested", "hearing_listed", "message"])
)
HAPPENS = st.one_of(
    NEWS,
    NEWS,
    NEWS,
    NEWS,
    st.tuples(st.just("change"), st.sampled_from(CHANGES)),
    st.tuples(st.just("meanwhile"), st.sampled_from(CHANGES)),
    st.tuples(st.just("correct"), st.booleans()),
    st.tuples(st.just("withdraw"), st.none()),
    st.tuples(st.just("looks"), st.none()),
)
# What happens; after how many minutes a worker looks; what a provider answers, if it does before the next thing;
# and how many minutes pass.
steps = st.tuples(
    HAPPENS,
    st.sampled_from([0, 0, 0, 600]),
    st.sampled_from(["accepted", "accepted", "accepted", "later", "never", "unclear", "", ""]),
    st.sampled_from([1, 2, 9, 11, 500]),
)


class Over(Exception):
    """A story has come to its end, and is forgotten."""


@dataclass
class Story:
    """One victim, what has happened to them, and what is on its way."""

    made: making.Made
    now: datetime
    entries: dict[str, int] = field(default_factory=dict)
    """Entries that can be read, with their revision"""
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(1))
    flying: list[Letter] = field(default_factory=list)
    taken: Counter[UUID] = field(default_factory=Counter)
    """By alert, how many letters a provider took"""
    doubts: set[UUID] = field(default_factory=set)
    """Alerts of which nobody can say whether a letter was taken"""
    last: datetime | None = None
    """When a provider last took a letter"""

    def news(self, kind: str) -> None:
        key = f"{'message' if kind == 'message' else 'update'}:{next(self.numbers)}"
        if kind != "message":
            self.made.entry(key, milestone=kind, happened_at=self.now)
        self.entries[key] = 1
        self._tell(key, "message" if kind == "message" else "update")

    def _tell(self, key: str, about: str = "update", words: str = "") -> None:
        words = words or f"{key}:{self.entries[key]}"
        item = making.News(
            self.made.victim.id, self.made.case.id, key, self.entries[key], blind("words", words), about
        )
        tell(self.made.force.id, [item, item], now=self.now)

    def correct(self, other_words: bool) -> None:
        for key in [key for key in self.entries if key.startswith("update")][:1]:
            before = f"{key}:{self.entries[key]}"
            if other_words:
                self.entries[key] += 1
            self._tell(key, words="" if other_words else before)

    def withdraw(self, _: None) -> None:
        for key in [key for key in self.entries if key.startswith("update")][:1]:
            Entry.objects.filter(case=self.made.case, key=key).update(state="gone")
            del self.entries[key]

    def wait(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    def take(self, channel: str) -> None:
        with role("worker"):
            taken, _more = claim(Holder(WORKER, channel), most=10, now=self.now, upstairs=UPSTAIRS)
        for letter in taken:
            self._may_go(letter)
        self.flying += taken
        alerts = [letter.owner_id for letter in self.flying]
        assert len(alerts) == len(set(alerts)) <= 1, "one alert is on its way to them, by one letter"

    def _may_go(self, letter: Letter) -> None:
        victim = self.made.victim
        victim.refresh_from_db()
        assert victim.live
        assert not victim.no_portal
        assert victim.safe_channels is None or letter.channel in victim.safe_channels
        assert letter.address == (victim.email if letter.channel == "email" else victim.mobile)
        assert letter.address_hash not in [bytes(each) for each in victim.blocked_hashes]
        assert letter.disguised == victim.disguise
        if victim.disguise:
            assert letter.channel == "email"
            assert victim.safe_channels
            assert "police" not in letter.body.lower()
            assert "crime" not in letter.body.lower()
        wall = self.now.astimezone(LONDON).time()
        safe, start, end = True, victim.safe_from, victim.safe_to
        if start and end:
            safe = start <= wall < end if start < end else not (end <= wall < start)
        assert safe, f"{wall} is not between {start} and {end}"
        told = Told.objects.filter(alert_id=letter.owner_id).values_list("entry", flat=True)
        standing = [key for key in told if key in self.entries]
        assert standing, "what it tells of is there"
        has_clock = Entry.objects.filter(case=self.made.case, key__in=standing, milestone__in=CLOCKS).exists()
        at_night = wall >= time(21) or wall < time(8)
        only_at_night = start is not None and start >= time(21)
        if at_night and not only_at_night and victim.chosen_pace != "at_once":
            assert has_clock, "the night is quiet"
        if self.last is not None and letter.tries == 1:
            assert self.now - self.last >= timedelta(minutes=10)

    def answer(self, result: Any) -> None:
        if not self.flying:
            return
        letter = self.flying.pop()
        if result == "unclear":
            self.doubts.add(letter.owner_id)
        if result == "accepted":
            self.taken[letter.owner_id] += 1
            self.last = self.now
        with role("worker"):
            complete([Tried(letter, Outcome(result, "code"), self.now)], now=self.now, upstairs=UPSTAIRS)

    def looks(self, _: None) -> None:
        account = self.made.victim.account
        assert account is not None
        with role("portal"), bound(account=account.id):
            seen(self.made.case.id, now=self.now)

    def change(self, values: dict[str, Any]) -> None:
        self.made.victim.refresh_from_db()
        if "block" in values:
            self.made.change(blocked_hashes=[self.made.victim.email_hash])
        else:
            self.made.change(**values)

    def meanwhile(self, values: dict[str, Any]) -> None:
        """A change comes when news is on its way, before any worker has looked."""
        self.news("note")
        self.change(values)

    def end(self) -> None:
        """Time passes, and providers take what they get: every alert comes to an end."""
        self.change({"safe_from": None, "safe_to": None})
        for _ in range(12):
            while self.flying:
                self.answer("accepted")
            for channel in ("email", "text"):
                self.take(channel)
                while self.flying:
                    self.answer("accepted")
            self.wait(900)
        left = Alert.objects.filter(victim=self.made.victim, state__in=["waiting", "not_set_up"])
        assert not left, [(alert.state, alert.reason, alert.due_at) for alert in left]
        assert not Dispatch.objects.filter(force=self.made.force, state__in=["prepared", "sending"]).exists()
        self._told_once()

    def _told_once(self) -> None:
        for alert, count in self.taken.items():
            assert count == 1 or alert in self.doubts, "told twice"
        for key, revision in self.entries.items():
            told = Told.objects.filter(victim=self.made.victim, entry=key, revision=revision)
            states = [each.alert.state for each in told.select_related("alert")]
            assert len(states) == 1, f"{key} was lost"
            assert states[0] in ("sent", "opened", "by_person", "failed"), f"{key} is {states[0]}"


@settings(
    max_examples=30 * LONGER,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    start=st.sampled_from(STARTS),
    values=st.sampled_from(
        [{}, {}, {}, {"disguise": True, "safe_channels": ["email"]}, {"chosen_pace": "weekly"}]
    ),
    happens=st.lists(steps, min_size=8, max_size=16),
)
def test_each_entry_is_told_once_and_never_where_it_is_not_safe(
    settings: Any, start: datetime, values: dict[str, Any], happens: list[Any]
) -> None:
    settings.TMC_EMAIL_URL = "smtp://127.0.0.1:1"
    settings.TMC_TEXT_URL = "http://127.0.0.1:1/"
    settings.TMC_EMAIL_FROM_NEUTRAL = "Post <post@letters.example>"
    with contextlib.suppress(Over), transaction.atomic():
        made = making.made(email="rhian@example.org", mobile="+447700900123", **values)
        story = Story(made, start)
        for (name, value), before, answer, after in [(("news", "note"), 0, "accepted", 1), *happens]:
            getattr(story, name)(value)
            story.wait(before)
            for channel in ("email", "text"):
                story.take(channel)
            if answer:
                story.answer(answer)
            story.wait(after)
        story.end()
        raise Over
