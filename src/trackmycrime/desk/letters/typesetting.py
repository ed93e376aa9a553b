"""A letter as an accessible PDF (PDF/UA-1), made by typst, which refuses to make one that is not.

What a letter says goes in as data beside the template and never as part of it: nothing in a name or an address is read
as markup. Nothing is written to disk, and no error says what stood in the letter.
"""

import io
import json
from pathlib import Path

import segno
import typst

from .content import Letter

HERE = Path(__file__).parent
TEMPLATE, FONTS = HERE / "letter.typ", HERE / "fonts"


class CannotBeSet(Exception):
    """This letter cannot be printed: most likely a name or an address in letters that the typeface does not have."""


def pdf(letter: Letter) -> bytes:
    """The letter, ready to print on A4 and to be read aloud. Raises CannotBeSet."""
    said = letter.plain() | {"qr": _square(letter.qr) if letter.qr else ""}
    try:
        made = typst.compile(
            TEMPLATE,
            root=HERE,
            font_paths=[FONTS],
            ignore_system_fonts=True,
            format="pdf",
            pdf_standards="ua-1",
            sys_inputs={"letter": json.dumps(said)},
        )
    except Exception as fault:
        raise CannotBeSet(type(fault).__name__) from None
    assert isinstance(made, bytes)
    return made


def _square(address: str) -> str:
    """The QR code of an address, as SVG."""
    out = io.BytesIO()
    segno.make(address, error="m", micro=False).save(out, kind="svg", border=4, xmldecl=False, dark="#000")
    return out.getvalue().decode()
