#!/bin/sh
# See that there is a MariaDB for the tests of the SQL connector. Installs one when there is none and it may.
# Ends with 1 when there is none in the end. TMC_MARIADB=none means: do without.
set -eu
cd "$(dirname "$0")/.."

find_it() { .venv/bin/python -m tests.support.mariadb; }

if [ "${TMC_MARIADB:-}" = none ]; then exit 1; fi
if find_it; then exit 0; fi

as_root=""
if [ "$(id -u)" != 0 ]; then
    if command -v sudo >/dev/null && sudo -n true 2>/dev/null; then as_root="sudo -n"; else exit 1; fi
fi
command -v apt-get >/dev/null || exit 1
echo "No MariaDB on this machine; trying to install one for the tests of the SQL connector" >&2
# Only its programs are wanted: RUNLEVEL=1 keeps the package from starting a server of its own.
$as_root apt-get update -qq >&2 &&
    $as_root env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends \
        mariadb-server >&2 || true
find_it
