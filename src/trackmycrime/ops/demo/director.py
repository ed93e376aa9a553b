"""Runs the demo: sets the forces up, loads their cases, lets three people sign in, and then lets things happen.

    python -m trackmycrime.ops.demo.director '{"gateway": URL, …}'

Runs with the owner's settings, because it does what an administrator does with commands. What happens in
cases goes through the gateway, as from a records system.
"""

from __future__ import annotations

import json
import logging
import os
import random
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from trackmycrime.feed.agent.gateway import Away, Denied, Gateway, Unreadable
from trackmycrime.feed.connectors import police_uk
from trackmycrime.feed.connectors.events import as_line
from trackmycrime.feed.connectors.police_uk.made_up import staff_of
from trackmycrime.ops.demo import installing, showcase
from trackmycrime.ops.demo.generate import write_extracts
from trackmycrime.ops.demo.installing import SignIn
from trackmycrime.ops.demo.live import TRACKED, Case, Happening, Police
from trackmycrime.ops.demo.loading import Loading, happening_now, load
from trackmycrime.ops.exits import say
from trackmycrime.ops.push.run import Sums

_PATIENCE = 3600.0
_VISITORS_TURN = 20
"""So many things happen in a force's real cases before one does in the case of the visitor's sign-in."""
_SHOWCASE_EVERY, _LATER_EVERY = 8, 40
"""After so many things that happen anywhere comes one in a case of somebody who can sign in; in the end fewer."""


@dataclass(frozen=True)
class Plan:
    """What the demo was asked for. `police_data` is a folder with real extracts, or "" for generated ones."""

    data: str
    police_data: str
    share: float
    portal: str
    desk: str
    gateway: str
    mailbox: str
    out: int
    """A descriptor for what a person is to read."""
    pace: tuple[float, float] = (1.0, 2.0)
    """Seconds between two things that happen, from and to."""


@dataclass
class Director:
    """One run of the demo."""

    plan: Plan
    loadings: list[Loading] = field(default_factory=list)
    gateways: dict[str, Gateway] = field(default_factory=dict)
    # The demo's dice decide nothing that must not be guessed.
    dice: random.Random = field(default_factory=random.Random)

    @property
    def folder(self) -> Path:
        """Where the demo keeps its own things, in the data folder."""
        return Path(self.plan.data) / "demo"

    def run(self) -> None:
        """All of it; ends with a signal only."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._find()
        for loading in self.loadings:
            (force,) = loading.forces
            token = installing.install(force, old=bool(self.plan.police_data))
            self.gateways[force] = Gateway(self.plan.gateway, token, _PATIENCE)
        say(f"demo: loading the cases of {', '.join(self.gateways)}")
        began = time.monotonic()
        with ThreadPoolExecutor(len(self.loadings)) as pool:
            for loading, sums in zip(self.loadings, pool.map(self._load, self.loadings), strict=True):
                told = sums.as_text().replace("\n", "; ") if sums else "loaded before"
                say(f"demo: {loading.forces[0]}: {told}")
        say(f"demo: loaded in {time.monotonic() - began:.0f} seconds")
        people = self._real_people() if self.plan.police_data else self._showcase_people()
        self._introduce(people)
        self._go_on()

    def _find(self) -> None:
        folder = Path(self.plan.police_data) if self.plan.police_data else self.folder / "extracts"
        if not self.plan.police_data and not (folder / "written").exists():
            write_extracts(folder, date.today(), share=self.plan.share)  # noqa: DTZ011 (the day here)
            (folder / "written").touch()
        files = police_uk.find([folder])
        for force in sorted({file.force for file in files}):
            own = [file for file in files if file.force == force]
            if any(file.kind == "street" for file in own):
                self.loadings.append(Loading([], own, True, keep_back=bool(self.plan.police_data)))

    def _load(self, loading: Loading) -> Sums | None:
        (force,) = loading.forces
        sender = Gateway(self.plan.gateway, self.gateways[force].token, _PATIENCE)
        try:
            return load(loading, sender, self.folder)
        finally:
            sender.close()

    # who signs in

    def _showcase_people(self) -> list[SignIn]:
        marker = self.folder / "showcase"
        english, welsh = showcase.ENGLISH, showcase.WELSH
        if not marker.exists():
            now = _now()
            for force in (english, welsh):
                self.send(force, list(showcase.beginning(force, now)))
            for force, person in ((english, showcase.SAM), (welsh, showcase.MEGAN)):
                installing.join(force, person.victim, person.email, showcase.PASSWORD, person.language)
            marker.touch()
        helping = self.folder / "helping"
        if helping.exists():
            helpers = installing.helpers()
        else:
            helpers = installing.let_in_helpers()
            helping.touch()
        officer, supervisor = showcase.officer(english)["email"], f"jo.price.{english}@example.org"
        password = showcase.PASSWORD
        return [
            SignIn("victim", showcase.SAM.email, password),
            SignIn("victim, in Wales", showcase.MEGAN.email, password),
            *helpers,
            installing.add_officer(english, officer, "officer", showcase.OFFICER_ID, password),
            installing.add_officer(english, supervisor, "supervisor", "", password),
        ]

    def _real_people(self) -> list[SignIn]:
        """The victim of a case in which something is going to happen, and that case's officer."""
        password = showcase.PASSWORD
        for loading in self.loadings:
            (force,) = loading.forces
            case = _coming_case(loading)
            if case is None:
                continue
            email = f"victim.{force}@example.org"
            if installing.join(force, case.victim, email, password, "en"):
                officer = case.data["officer"]
                address = staff_of(force).officers[officer]["email"]
                return [
                    SignIn("victim", email, password),
                    installing.add_officer(force, address, "officer", officer, password),
                    installing.add_officer(
                        force, f"jo.price.{force}@example.org", "supervisor", "", password
                    ),
                ]
        return []

    def _introduce(self, people: Sequence[SignIn]) -> None:
        lines = ["", "TrackMyCrime demo. Everybody in it is made up.", ""]
        for title, url, door in (
            ("Portal ", self.plan.portal, "portal"),
            ("Desk   ", self.plan.desk, "desk"),
        ):
            lines.append(f"  {title}  {url}")
            for person in people:
                if person.door == door:
                    lines.append(f"             {person.email}  {person.password}  ({person.who})")
        lines.append(f"  Mailbox  {self.plan.mailbox}")
        lines.append("             every email and text that is sent, and what officers told people")
        lines.append(f"  Codes    {self.plan.mailbox}/codes")
        lines.append(
            "             the second step of officers at the desk: what the apps on their phones show"
        )
        lines.append("")
        if self.plan.police_data:
            lines += [self._told_of(loading) for loading in self.loadings]
        else:
            lines.append("To join as somebody new: open the mailbox and follow «Start here».")
        lines += ["Every second or two something happens in some case. Ctrl-C ends the demo.", ""]
        os.write(self.plan.out, "\n".join(lines).encode())

    def _told_of(self, loading: Loading) -> str:
        (force,) = loading.forces
        begin = f"  {force}: {loading.crimes:,} crimes"
        if loading.later:
            return f"{begin}; {len(loading.later):,} outcomes and changes will happen, one after the other"
        return f"{begin}; stands still: no outcomes files and no second release of the same months"

    # what happens

    def _go_on(self) -> None:
        happenings = self._real() if self.plan.police_data else self._made_up()
        for force, events in happenings:
            self.send(force, events)
            time.sleep(self.dice.uniform(*self.plan.pace))
        while True:  # nothing more happens; what is there can be looked at
            time.sleep(3600)

    def _made_up(self) -> Iterator[Happening]:
        cases = [case for loading in self.loadings for case in loading.cases]
        police = Police(cases, list(self.gateways), self.dice)
        to_come = showcase.to_come()
        told, due = 0, 0
        for number, happening in enumerate(police.happenings(_now)):
            yield happening
            if number >= due:
                story, sentence = next(to_come)
                yield showcase.happening(story, sentence, _now(), police.sequence)
                told += 1
                due = number + (_SHOWCASE_EVERY if told < showcase.SCRIPTED else _LATER_EVERY)

    def _real(self) -> Iterator[Happening]:
        """The kept events of all forces, each force's in its order, the forces in turns."""
        waiting = []
        for loading in self.loadings:
            done = self.folder / f"{loading.forces[0]}.happened"
            count = int(done.read_text()) if done.exists() else 0
            waiting.append((loading.forces[0], done, enumerate(loading.later[count:], count + 1)))
        while waiting:
            for force, done, later in list(waiting):
                number, kept = next(later, (0, None))
                if kept is None:
                    waiting.remove((force, done, later))
                else:
                    done.write_text(str(number))  # before it happens: twice would be worse than never
                    yield force, [happening_now(kept[2], _now())]

    def send(self, force: str, events: Sequence[dict[str, Any]]) -> None:
        """Send events of one force; what cannot be sent is said and not tried again."""
        lines = [as_line(event) for event in events]
        try:
            results = self.gateways[force].send([event["id"] for event in events], lines)
        except (Away, Denied, Unreadable) as why:
            say(f"demo: not sent to {force}: {why}")
            return
        for event, result in zip(events, results, strict=True):
            if result.status == "quarantined":
                say(f"demo: {event['type']} is in quarantine: {result.problem}")


def _coming_case(loading: Loading) -> Case | None:
    """A tracked crime in which something is going to happen, about when a visitor has found their way in."""
    (force,) = loading.forces
    found = None
    for number, (_, _, line) in enumerate(loading.later):
        event = json.loads(line)
        data = event["data"]
        if event["type"] == "crime.changed" and data["offence"]["category"] in TRACKED:
            found = Case(force, event["subject"], data, loading.victims[event["subject"]])
            if number >= _VISITORS_TURN:
                break
    return found


def _now() -> datetime:
    return datetime.now(UTC)


def main() -> None:
    """Run the plan that was given as JSON."""
    import django

    django.setup()
    logging.getLogger("httpx").setLevel(logging.WARNING)
    told = json.loads(sys.argv[1])
    told["pace"] = tuple(told["pace"])
    Director(Plan(**told)).run()


if __name__ == "__main__":
    main()
