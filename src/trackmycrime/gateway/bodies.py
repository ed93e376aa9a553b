"""The bytes of a request, never more than the contract takes."""

from __future__ import annotations

from typing import IO, cast

from django.http import HttpRequest

from trackmycrime.feed.contract import MOST_BYTES, BodyProblem, too_large

_PIECE = 64 * 1024


def bytes_of(request: HttpRequest, *, most: int = MOST_BYTES) -> bytes:
    """The body, packed or not. Raises BodyProblem: 413 over `most` bytes (5 MiB), 400 where it ends before its length.

    A body without length (`Transfer-Encoding: chunked`) is read to its end where the server marks that; Django
    alone would take it for empty.
    """
    length = request.META.get("CONTENT_LENGTH") or ""
    if length.isdecimal() and int(length) > most:
        raise _too_large(most)
    chunked = not length and request.META.get("wsgi.input_terminated")
    stream = cast("IO[bytes]", request.META["wsgi.input"] if chunked else request)
    body = bytearray()
    try:
        while piece := stream.read(min(_PIECE, most + 1 - len(body))):
            body += piece
            if len(body) > most:
                raise _too_large(most)
    except OSError:
        raise _cut_off() from None
    if length.isdecimal() and len(body) < int(length):
        raise _cut_off()
    return bytes(body)


def _too_large(most: int) -> BodyProblem:
    if most == MOST_BYTES:
        return too_large()
    return BodyProblem(413, "too-large", "Too large", f"At most {most // 1024} KiB are taken here at once.")


def _cut_off() -> BodyProblem:
    return BodyProblem(
        400, "cut-off", "The body was cut off", "The body ended before its length. Send it again."
    )
