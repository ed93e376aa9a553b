"""Plain text as it is kept: in paragraphs, and with the names open that are filled in when it is read. Pure."""

UNIT, OFFICER = "{unit}", "{officer}"


def paragraphs(text: str) -> list[str]:
    """Plain text as paragraphs: a blank line begins a new one; single line breaks stay within."""
    parts = [part.strip("\n") for part in text.replace("\r\n", "\n").split("\n\n")]
    return [part for part in parts if part.strip()]
