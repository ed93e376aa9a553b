#!/bin/sh
# All tests. What needs a Chromium, a MariaDB or a Postfix that is not there and cannot be got is left out, and the exit code is 3.
set -eu
cd "$(dirname "$0")/.."
scripts/install.sh dev

without=""
left_out=""
leave_out() {
    without="$without${without:+ and }not $1"
    left_out="$left_out
Not run: $2"
}
scripts/chromium.sh || leave_out browser "the browser tests, for want of a Chromium. Get one with \
«apt-get install chromium» or «.venv/bin/playwright install chromium», or name one in TMC_CHROMIUM."
scripts/mariadb.sh || leave_out mariadb "the tests of the SQL connector on MariaDB, for want of a server. \
Get one with «apt-get install mariadb-server»."
scripts/postfix.sh || leave_out postfix "the tests of the way back of mail with a real Postfix, for want of one, or of \
root's rights to run it. Get one with «apt-get install postfix»."

if [ -z "$without" ]; then
    exec .venv/bin/python -m pytest -n auto --dist worksteal "$@"
fi
status=0
.venv/bin/python -m pytest -n auto --dist worksteal -m "$without" "$@" || status=$?
echo "$left_out" | sed '/^$/d' >&2
[ "$status" = 0 ] && exit 3
exit "$status"
