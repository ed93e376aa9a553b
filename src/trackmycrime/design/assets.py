"""One address for one state of the static files, so that browsers may keep them for ever.

The files are served as they lie in the package: no build step, no collectstatic. What makes keeping them safe
is a digest of all of them inside the address (`/static/3f0c…/design/look.css`); links from one file to
another are relative and stay inside it. The settings that go with it (config/settings/base.py):

    STATIC_URL = f"/static/{digest()}/"
    WHITENOISE_USE_FINDERS = True
    WHITENOISE_IMMUTABLE_FILE_TEST = IMMUTABLE
"""

import hashlib
from functools import cache
from pathlib import Path

IMMUTABLE = r"^/static/[0-9a-f]{16}/"
FOLDER = Path(__file__).parent / "static"


@cache
def digest() -> str:
    """Sixteen hex digits that change when any static file changes (0.3 MB are read, once per process)."""
    total = hashlib.sha256()
    for path in sorted(FOLDER.rglob("*")):
        if path.is_file():
            content = path.read_bytes()
            total.update(f"{path.relative_to(FOLDER).as_posix()}\0{len(content)}\0".encode())
            total.update(content)
    return total.hexdigest()[:16]
