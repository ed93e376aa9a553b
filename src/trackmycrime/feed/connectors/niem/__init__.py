"""NIEM incident XML (NIBRS and N-DEx) dropped in a folder. `incident_files` is the factory; needs the extra «xml»."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree.ElementTree import Element

from trackmycrime.feed.connectors.events import problem_with
from trackmycrime.feed.connectors.files.claims import Clock
from trackmycrime.feed.connectors.files.folder import Folder, folder
from trackmycrime.feed.connectors.files.pieces import Piece
from trackmycrime.feed.connectors.lines import BrokenOff
from trackmycrime.feed.connectors.mapping.compiling import zone_of
from trackmycrime.feed.connectors.niem.offences import NIBRS, Offence
from trackmycrime.feed.connectors.niem.reading import reports_in
from trackmycrime.feed.connectors.niem.telling import Terms, events_of
from trackmycrime.feed.connectors.options import Options, meant
from trackmycrime.feed.connectors.protocol import Settings
from trackmycrime.feed.connectors.refusals import Refusal, Wrong
from trackmycrime.feed.contract import CATEGORIES, CRIME_WITHDRAWALS, FLAGS

__all__ = ["incident_files"]


def incident_files(settings: Settings, clock: Clock | None = None) -> Folder:
    """XML files of incident reports. Raises Unfit."""
    options = Options(settings.options, settings.name, settings.base)
    zone = zone_of(options.text("timezone", settings.timezone), options)
    reasons = [reason for reason in CRIME_WITHDRAWALS if reason != "merged"]
    deleted = options.choice("deleted", reasons, "withheld")
    victims = options.value("victims")
    if victims is not None and not isinstance(victims, bool):
        raise options.unfit("victims", "must be true or false")
    terms = Terms(settings.source, zone, _offences(options), deleted, victims is not False)

    def read(path: Path, name: str) -> Iterator[Piece]:
        return incidents_in(path, name, terms)

    return folder(options, settings, read, ["*.xml", "*.xml.gz"], clock)


def incidents_in(path: Path, name: str, terms: Terms) -> Iterator[Piece]:
    """The reports of one file, told. In refusals a report's place in the file stands for the line."""
    number = 0
    try:
        for number, (report, moment) in enumerate(reports_in(path), start=1):
            yield _told(report, moment, terms, name, number)
    except BrokenOff as why:
        reason = f"the file broke off after report {number}: {why}"
        yield Piece(refused=[Refusal(name, number, "", reason, "the whole file, as plain XML", "file", 0)])
        return
    if not number:
        right = "Report of NIBRS, or DataItemPackage of N-DEx"
        yield Piece(
            refused=[Refusal(name, 0, "", "there is no report in it that is known here", right, "file", 0)]
        )


def _told(report: Element, moment: str, terms: Terms, name: str, number: int) -> Piece:
    events = []
    wrongs = []
    try:
        for event in events_of(report, moment, terms):
            problem = problem_with(event)
            if problem is None:
                events.append(event)
            else:
                reason = f"no {event['type']}: it is not as the contract says"
                wrongs.append(Wrong(problem.pointer, reason, problem.detail))
    except Wrong as wrong:
        wrongs.append(wrong)
    refused = [
        Refusal(name, number, wrong.column, wrong.reason, wrong.right, "row", 0 if nth else 1)
        for nth, wrong in enumerate(wrongs)
    ]
    return Piece(events, refused)


def _offences(options: Options) -> dict[str, Offence]:
    """NIBRS' offences, and those that the configuration names besides, by code and by name."""
    found = {offence.code.casefold(): offence for offence in NIBRS.values()}
    found |= {offence.name.casefold(): offence for offence in NIBRS.values()}
    said = options.value("offences") or {}
    if not isinstance(said, dict):
        raise options.unfit("offences", 'must be a table like { "13A" = { name = "…", category = "…" } }')
    for code, table in said.items():
        own = Options(table if isinstance(table, dict) else {}, f"offences «{code}»")
        category = own.text("category")
        if category not in CATEGORIES:
            raise own.unfit("category", f"is no category of the contract{meant(category, CATEGORIES)}")
        flags = own.texts("flags")
        for flag in flags:
            if flag not in FLAGS:
                raise own.unfit("flags", f"«{flag}» is no flag of the contract{meant(flag, FLAGS)}")
        known = found.get(code.casefold())
        rank = known.rank if known else -1  # what is not known needs most care
        flags = [*(known.flags if known else ()), *flags]  # a flag is never taken off
        found[code.casefold()] = Offence(
            rank, own.text("code", code[:16]), own.text("name"), category, tuple(flags)
        )
        own.done()
    return found
