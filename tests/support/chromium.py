"""Which Chromium the browser tests use: the one that is named, the system's, or playwright's own."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


def _runs(program: str) -> bool:
    """Whether it starts: a system may have the program and lack its libraries, or only a stub that asks for more."""
    try:
        done = subprocess.run([program, "--version"], check=False, capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0 and "." in done.stdout


def find() -> str | None:
    """The path of a Chromium that runs, or None. ``TMC_CHROMIUM`` names one; ``none`` means: do without."""
    named = os.environ.get("TMC_CHROMIUM")
    if named:
        return named if _runs(named) else None
    for name in _NAMES:
        program = shutil.which(name)
        if program and _runs(program):
            return program
    try:
        from playwright.sync_api import sync_playwright

        with sync_playwright() as playwright:
            own = playwright.chromium.executable_path
    except Exception:  # playwright is not there or does not run here
        return None
    return own if os.path.exists(own) and _runs(own) else None


if __name__ == "__main__":
    found = find()
    print(found or "", end="\n" if found else "", file=sys.stderr)
    sys.exit(0 if found else 1)
