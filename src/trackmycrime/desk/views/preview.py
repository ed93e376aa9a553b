"""An update as its victims would read it, before it is published."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.template.loader import render_to_string
from django.utils import translation
from django.utils.safestring import SafeString

from trackmycrime.cases.models import Crime
from trackmycrime.desk.forms import UpdateForm
from trackmycrime.desk.reads.case import Staffing
from trackmycrime.kernel.clock import london_date
from trackmycrime.publish import dates
from trackmycrime.publish.timeline import Wanted
from trackmycrime.publish.words import frozen, shown


@dataclass(frozen=True)
class Preview:
    """One entry in the shape of ``design/_entry.html``."""

    id: str
    title: str
    when: str
    iso: str
    who: str
    paragraphs: list[str]
    language: str
    page_language: str
    """In which language the page around it is"""
    is_new: bool = True
    corrected: str = ""
    withdrawn: str = ""
    not_translated: bool = False

    def html(self) -> SafeString:
        """The entry as its victims get it, in the language of their page."""
        with translation.override(self.page_language):
            return SafeString(render_to_string("design/_timeline.html", {"entries": [self]}))


def previewed(
    form: UpdateForm, crime: Crime, languages: Sequence[str], staffing: Staffing, now: datetime
) -> list[Preview]:
    """The entry in each language that the force writes in, with the very words that will be kept."""
    milestone = form.cleaned_data["milestone"]
    kept = frozen(
        Wanted(
            key="desk:preview",
            revision=0,
            milestone=milestone,
            outcome=crime.outcome,
            happened_at=now,
            text=tuple(sorted(form.text().items())),
        )
    )
    found = []
    for language in languages:
        title, paragraphs, real = shown(kept, language, unit=staffing.unit, officer=staffing.officer)
        found.append(
            Preview(
                id=f"preview-{language}",
                title=title,
                when=dates.moment(now, language, today=london_date(now)),
                iso=now.isoformat(),
                who=staffing.officer or staffing.unit,
                paragraphs=paragraphs,
                language=real,
                page_language=language,
                not_translated=real != language,
            )
        )
    return found
