#!/bin/sh
# See that there is a Chromium for the browser tests, and say where. Installs one when there is none and it may.
# Ends with 1 when there is none in the end. TMC_CHROMIUM names one to use; «none» means: do without.
set -eu
cd "$(dirname "$0")/.."

find_it() { .venv/bin/python -m tests.support.chromium; }

if [ "${TMC_CHROMIUM:-}" = none ]; then exit 1; fi
if find_it; then exit 0; fi

as_root=""
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo -n"; else as_root="no"; fi
fi
echo "No Chromium on this machine; trying to install one for the browser tests" >&2
if [ "$as_root" != no ] && command -v apt-get >/dev/null; then
    $as_root apt-get update -qq >&2 &&
        $as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium >&2 || true
    if find_it; then exit 0; fi
fi
if [ "$as_root" != no ]; then .venv/bin/playwright install-deps chromium >&2 || true; fi
.venv/bin/playwright install chromium >&2 || true
find_it
