#!/bin/sh
# Write the locks anew from pyproject.toml: every package with its hashes, for all platforms, no index named.
# An argument is handed on, for example: scripts/lock.sh --upgrade
set -eu
cd "$(dirname "$0")/.."
[ -x .venv/bin/uv ] || .venv/bin/python -m pip install --quiet uv
compile() {
    .venv/bin/uv pip compile --quiet --generate-hashes --universal --python-version 3.11 --no-emit-index-url \
        --no-emit-find-links --no-header "$@"
}
# setuptools builds this package itself (pip install -e), and is locked with the rest
echo "setuptools>=77" | compile pyproject.toml - --extra server --output-file requirements.lock "$@"
echo "setuptools>=77" | compile pyproject.toml - --extra server --extra sql --extra xml --extra kafka --extra dev \
    --constraint requirements.lock --output-file requirements-dev.lock "$@"
echo "setuptools>=77" | compile pyproject.toml - --constraint requirements.lock \
    --output-file requirements-agent.lock "$@"
if grep -n "://" requirements*.lock; then echo "a lock names a host" >&2; exit 1; fi
