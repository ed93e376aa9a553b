"""What stands in a letter, in each of its languages. Words only: how it looks is in `letter.typ`."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from trackmycrime.kernel.clock import london_date
from trackmycrime.people.invitations import Invited, Sheet
from trackmycrime.publish import dates, wording
from trackmycrime.publish.wording import Language


@dataclass(frozen=True)
class Part:
    """One language's part of a letter, from the title on. `steps` are numbered."""

    language: Language
    sender: str
    date: str
    title: str
    intro: Sequence[str]
    code_label: str
    code: str
    steps_title: str
    steps: Sequence[str]
    qr_alt: str
    qr_hint: str
    more_title: str
    more: Sequence[str]
    danger: str


@dataclass(frozen=True, repr=False)
class Letter:
    """A whole letter. `to` are the lines in the window of the envelope; none for one that is handed over. `qr` is the
    address that the square leads to; none for somebody for whom the portal is not safe."""

    to: Sequence[str]
    parts: Sequence[Part]
    qr: str = ""
    large: bool = False

    def plain(self) -> dict[str, Any]:
        """As the typesetter takes it."""
        return asdict(self)


@dataclass(frozen=True)
class From:
    """Who writes: force and team in each language, and the portal's bare address."""

    force: dict[Language, str]
    unit: dict[Language, str]
    address: str
    on: date


def steps(way: str) -> tuple[str, ...]:
    """How somebody joins who was invited that way (an invitation's `way`) and reads a sheet, as the words' keys."""
    first = {
        "email": ("step_email", "step_code"),
        "text": ("step_address", "step_text_code", "step_code"),
        "letter": ("step_letter", "step_code"),
        "desk": ("step_address", "step_first_code"),
    }[way]
    return (*first, "step_password")


def posted(
    made: Invited, who: From, languages: Sequence[Language], *, to: Sequence[str], large: bool
) -> Letter:
    """An invitation in the post: half of what it takes. The square leads to where the code is typed, and types it."""
    start = f"{who.address}/start/"

    def part(language: Language) -> Part:
        def said(key: str, of: str = "activation") -> str:
            until = dates.day(london_date(made.expires_at), language)
            values = {"address": start, "unit": who.unit[language], "code": made.token, "until": until}
            return wording.text(f"{of}.{key}", language, **values)

        return Part(
            language=language,
            sender=who.force[language],
            date=dates.day(who.on, language),
            title=said("title"),
            intro=[said("intro")],
            code_label=said("code_label"),
            code=made.token,
            steps_title=said("steps_title"),
            steps=[
                said(step)
                for step in ("step_address", "step_letter_code", f"step_{made.second}", "step_password")
            ],
            qr_alt=said("qr_code_alt", "letter"),
            qr_hint=said("qr_code_hint", "letter"),
            more_title="",
            more=[said("until"), said("choice"), said("not_for_you", "letter")],
            danger=said("danger"),
        )

    return Letter(list(to), [part(language) for language in languages], f"{start}?code={made.token}", large)


def invitation(
    sheet: Sheet, who: From, languages: Sequence[Language], *, to: Sequence[str] = (), large: bool = False
) -> Letter:
    """The officer's code and how to join with it. The square leads to the portal's bare address: the code is typed."""

    def part(language: Language) -> Part:
        def said(key: str, of: str = "activation") -> str:
            values = {"address": f"{who.address}/start/", "unit": who.unit[language], "code": sheet.code}
            return wording.text(f"{of}.{key}", language, **values)

        return Part(
            language=language,
            sender=who.force[language],
            date=dates.day(who.on, language),
            title=said("title"),
            intro=[said("intro")],
            code_label=said("code_label"),
            code=sheet.code,
            steps_title=said("steps_title"),
            steps=[said(step) for step in steps(sheet.way)],
            qr_alt=wording.text("letter.qr_alt", language, address=who.address),
            qr_hint=wording.text("letter.qr_hint", language, address=who.address),
            more_title="",
            more=[
                said("keep_safe"),
                said("lost"),
                said("choice"),
                *([said("not_for_you", "letter")] if to else []),
            ],
            danger=said("danger"),
        )

    return Letter(list(to), [part(language) for language in languages], who.address, large)


def news(
    who: From, languages: Sequence[Language], *, to: Sequence[str], online: bool, large: bool = False
) -> Letter:
    """That there is something new, and nothing of what. `online`: whether the portal may be named to them."""

    def part(language: Language) -> Part:
        def said(key: str) -> str:
            return wording.text(f"letter.{key}", language, address=who.address, unit=who.unit[language])

        return Part(
            language=language,
            sender=who.force[language],
            date=dates.day(who.on, language),
            title=said("news.title"),
            intro=[said("news.intro"), said("news.why")],
            code_label="",
            code="",
            steps_title=said("news.how_title"),
            steps=[said("news.call"), *([said("news.online")] if online else [])],
            qr_alt=said("qr_alt"),
            qr_hint=said("qr_hint"),
            more_title=said("news.other_title"),
            more=[said("news.other"), said("not_for_you")],
            danger=said("news.danger"),
        )

    return Letter(list(to), [part(language) for language in languages], who.address if online else "", large)
