#!/bin/sh
# All tests. Without a Chromium and no way to get one: all but the browser tests, and exit code 3 in the end.
set -eu
cd "$(dirname "$0")/.."
scripts/install.sh dev

if scripts/chromium.sh; then
    exec .venv/bin/python -m pytest -n auto "$@"
fi
status=0
.venv/bin/python -m pytest -n auto -m "not browser" "$@" || status=$?
echo "Not run: the browser tests, for want of a Chromium. Get one with «apt-get install chromium»" \
    "or «.venv/bin/playwright install chromium», or name one in TMC_CHROMIUM." >&2
[ "$status" = 0 ] && exit 3
exit "$status"
