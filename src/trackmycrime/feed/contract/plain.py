"""The quick way to read one event: for a text of which it is quickly seen that nothing about it can be untidy.

Nearly every event is such a text. Whatever is not, in doubt too, is read by `body` and looked through by `tidy`, which
say what is wrong with it; both ways come to the same value and the same canonical form.
"""

from collections.abc import Iterable
from typing import Any

import orjson

from trackmycrime.feed.contract.tidy import DEPTH, LONGEST


def read_plain(text: str) -> tuple[object, bytes] | None:
    """The JSON object of a text and its canonical form; None where the text must be looked at more closely."""
    if len(text) > LONGEST or "\\u" in text:
        return None
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    if type(value) is not dict or not _is_plain(value.values(), 1):
        return None
    spelt = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    # No text without a number grows when it is written anew: where it is as long as it was, but for spaces, no name
    # came twice, of which one would be gone.
    whole = len(spelt) - spelt.count(b" ") == len(text.encode()) - text.count(" ")
    return (value, spelt) if whole else None


def _is_plain(values: Iterable[Any], depth: int) -> bool:
    """Whether there are only texts that neither are empty nor begin or end with space, and what is made of them."""
    for value in values:
        kind = type(value)
        if kind is str:
            if not value or value.strip() != value:
                return False
        elif kind is dict or kind is list:
            inner = value.values() if kind is dict else value
            if depth == DEPTH or not _is_plain(inner, depth + 1):
                return False
        elif value is not None and kind is not bool:
            return False
    return True
