"""The warning about names: it notices the shapes of names and leaves ordinary sentences alone."""

import pytest

from trackmycrime.desk.names import look_like_names
from trackmycrime.publish.wording import entry_words

KNOWN = ("Rhian Pritchard", "DC Amara Okafor", "Bristol Burglary Team", "On or near Gloucester Road, Bristol")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("We arrested John Smith on Friday.", ["John Smith"]),
        ("We spoke to Mr Jones today.", ["Mr Jones"]),
        ("Siân O’Neill-Price was charged. Siân O’Neill-Price will be in court.", ["Siân O’Neill-Price"]),
        ("We arrested one person on Thursday 19 November.", []),
        ("Your case is with the Crown Prosecution Service.", []),
        ("Hello Rhian Pritchard, DC Amara Okafor is back. Gloucester Road has a camera.", []),
        ("There will be a hearing at Bristol Crown Court in May.", []),
        ("", []),
    ],
)
def test_what_looks_like_a_name(text: str, names: list[str]) -> None:
    assert look_like_names(text, KNOWN) == names


@pytest.mark.parametrize(
    "milestone", ["recorded", "suspect_arrested", "suspect_charged", "sentence", "still_working"]
)
@pytest.mark.parametrize("language", ["en", "cy"])
def test_the_services_own_words_raise_no_warning(milestone: str, language: str) -> None:
    words = entry_words(milestone, None, language, unit="the Burglary Team")  # type: ignore[arg-type]
    for paragraph in words.paragraphs():
        assert look_like_names(paragraph, ("the Burglary Team",)) == []
