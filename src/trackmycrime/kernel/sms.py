"""How many parts a text message is sent in: what a text costs, and whether it arrives in one piece.

GSM 03.38 (3GPP TS 23.038): a text whose every character is in the GSM-7 alphabet holds 160 units in one
part and 153 in each of several; any other character turns the whole text into UCS-2, 70 and 67. Characters
of the GSM-7 extension table take two units, which are never split between parts; nor are surrogate pairs.
Of the Welsh letters with a circumflex GSM-7 has none (â ê î ô û ŵ ŷ): one of them more than doubles a
text, so the service's own Welsh texts do without.
"""

from typing import Literal, NamedTuple

GSM7_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡"
    "ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
GSM7_EXTENSION = frozenset("\f^{}\\[~]|€")

Encoding = Literal["GSM-7", "UCS-2"]


class SmsSize(NamedTuple):
    """`units` are septets in GSM-7 and 16-bit code units in UCS-2; an empty text has no segments."""

    encoding: Encoding
    units: int
    segments: int


def sms_segments(text: str) -> SmsSize:
    """The encoding, length and number of parts that an SMS of `text` needs."""
    if all(char in GSM7_BASIC or char in GSM7_EXTENSION for char in text):
        return _measure("GSM-7", [2 if char in GSM7_EXTENSION else 1 for char in text], single=160, part=153)
    return _measure("UCS-2", [2 if ord(char) > 0xFFFF else 1 for char in text], single=70, part=67)


def _measure(encoding: Encoding, widths: list[int], *, single: int, part: int) -> SmsSize:
    units = sum(widths)
    if units <= single:
        return SmsSize(encoding, units, 1 if units else 0)
    segments, room = 1, part
    for width in widths:
        if width > room:
            segments, room = segments + 1, part
        room -= width
    return SmsSize(encoding, units, segments)
