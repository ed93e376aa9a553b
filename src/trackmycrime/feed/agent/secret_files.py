"""Files that hold a secret: read only where nobody else can, made so that nobody else can."""

from __future__ import annotations

import os
import stat
from pathlib import Path


class NotSecret(Exception):
    """The file cannot be used as a secret; the message says why and what would be right."""


def read(path: Path) -> str:
    """What the file holds, without the space around it. Raises NotSecret where others can read it, or it is empty."""
    try:
        with path.open("rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            content = file.read(10_000)
    except OSError as why:
        raise NotSecret(f"{path} cannot be read: {why.strerror}") from None
    if _open_to_others(path, mode):
        raise NotSecret(f"{path} can be read by others; run: chmod 600 {path}")
    text = content.decode("utf-8", "replace").strip()
    if not text or "\ufffd" in text:
        raise NotSecret(
            f"{path} {'holds no text' if text else 'is empty'}; it must hold the secret and nothing else"
        )
    return text


def make(path: Path, text: str) -> None:
    """Write a secret that was not there, on disk when this returns. Raises NotSecret where it cannot be written."""
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, text.encode() + b"\n")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        above = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(above)
        finally:
            os.close(above)
    except OSError as why:
        raise NotSecret(f"{path} cannot be written: {why.strerror}") from None


def _open_to_others(path: Path, mode: int) -> bool:
    """Whether group or others have any right. systemd hands credentials to a service by an access list, in a folder
    of its own; that shows as rights of the group and is not.
    """
    credentials = os.environ.get("CREDENTIALS_DIRECTORY", "")
    if credentials and path.resolve().is_relative_to(Path(credentials).resolve()):
        return bool(stat.S_IMODE(mode) & 0o007)
    return bool(stat.S_IMODE(mode) & 0o077)
