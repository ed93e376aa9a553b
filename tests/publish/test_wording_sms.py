"""What a text message costs: GSM-7 against UCS-2, and every text of ours within its parts."""

import pytest

from trackmycrime.publish.wording import LANGUAGES, both, sms_segments, text
from trackmycrime.publish.wording.catalogue import load

TEXTS = [key for key in load("en") if key.rpartition(".")[2] == "text"]
CODE = {"code": "CDFG-HJKM-3467"}  # an invitation’s code: the longest that is sent


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("", ("GSM-7", 0, 0)),
        ("a" * 160, ("GSM-7", 160, 1)),
        ("a" * 161, ("GSM-7", 161, 2)),
        ("a" * 306, ("GSM-7", 306, 2)),
        ("a" * 307, ("GSM-7", 307, 3)),
        ("€" * 80, ("GSM-7", 160, 1)),
        ("a" * 152 + "€" * 77, ("GSM-7", 306, 3)),  # the pair that would straddle two parts moves on whole
        ("ŵ" + "a" * 69, ("UCS-2", 70, 1)),
        ("ŵ" + "a" * 70, ("UCS-2", 71, 2)),
        ("ŵ" + "a" * 133, ("UCS-2", 134, 2)),
        ("ŵ" + "a" * 134, ("UCS-2", 135, 3)),
        ("🙂" * 35, ("UCS-2", 70, 1)),
        ("a" + "🙂" * 66, ("UCS-2", 133, 2)),
        ("🙂" * 67, ("UCS-2", 134, 3)),  # 33 pairs to a part: a surrogate pair is not split either
    ],
)
def test_segments(message: str, expected: tuple[str, int, int]) -> None:
    assert sms_segments(message) == expected


@pytest.mark.parametrize("letter", "âêîôûŵŷ")
def test_a_welsh_circumflex_is_not_in_gsm7(letter: str) -> None:
    assert sms_segments(letter).encoding == "UCS-2"


@pytest.mark.parametrize("letter", "éèàìòùäöü")
def test_other_accents_are(letter: str) -> None:
    assert sms_segments(letter).encoding == "GSM-7"


def test_there_are_texts_to_measure() -> None:
    assert {"alert.text", "alert.disguise.text", "invitation.text", "code.text"} <= set(TEXTS)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("key", TEXTS)
def test_every_text_is_one_part(key: str, language: str) -> None:
    size = sms_segments(text(key, language, **CODE))
    assert (size.encoding, size.segments) == ("GSM-7", 1)


@pytest.mark.parametrize("key", TEXTS)
def test_both_languages_together_are_two_parts(key: str) -> None:
    size = sms_segments(both(key, **CODE))
    assert size.encoding == "GSM-7"
    assert size.segments <= 2
