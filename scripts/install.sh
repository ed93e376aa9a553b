#!/bin/sh
# Put the packages that the locks name into .venv; nothing to do when they are there.
#   scripts/install.sh         what runs TrackMyCrime
#   scripts/install.sh agent   only what «feed agent» and «feed push» need, beside a records system
#   scripts/install.sh dev     everything, and what tests and checks it
set -eu
cd "$(dirname "$0")/.."

lock=requirements.lock
case "${1:-}" in
    dev) lock=requirements-dev.lock ;;
    agent) lock=requirements-agent.lock ;;
esac
# The folder is part of the mark: a .venv does not survive being moved.
mark="$(pwd) $(cat "$lock" pyproject.toml | cksum)"

have() { [ -f ".venv/.have-$1" ] && [ "$(cat ".venv/.have-$1")" = "$(pwd) $(cat "$1" pyproject.toml | cksum)" ]; }
if [ -x .venv/bin/trackmycrime ] && { have "$lock" || have requirements-dev.lock ||
    { [ "$lock" = requirements-agent.lock ] && have requirements.lock; }; }; then
    exit 0
fi

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
find_python() {
    for name in ${PYTHON:-} python3.11 python3 python3.14 python3.13 python3.12 python; do
        if command -v "$name" >/dev/null && new_enough "$name"; then echo "$name"; return; fi
    done
    echo "TrackMyCrime needs Python 3.11 or newer; set PYTHON=/path/to/python when it is not on the PATH" >&2
    exit 3
}

if ! { [ -x .venv/bin/python ] && new_enough .venv/bin/python && [ -x .venv/bin/pip ]; } ||
    ! head -1 .venv/bin/pip | grep -qF "$(pwd)/"; then
    python="$(find_python)"
    if ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo "$python comes without venv; install it (Debian, Ubuntu: apt-get install python3-venv) and try again" >&2
        exit 3
    fi
    "$python" -m venv --clear .venv
fi

echo "Installing packages into .venv (half a minute the first time)" >&2
quiet="--quiet --disable-pip-version-check --no-input"
# shellcheck disable=SC2086
.venv/bin/python -m pip install $quiet --require-hashes -r "$lock"
# shellcheck disable=SC2086
.venv/bin/python -m pip install $quiet --no-deps --no-build-isolation -e .
echo "$mark" >".venv/.have-$lock"
