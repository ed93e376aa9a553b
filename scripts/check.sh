#!/bin/sh
# Style, types, import rules, migrations, translations: all of them, and a failure at the end when one failed.
set -u
cd "$(dirname "$0")/.."
scripts/install.sh dev || exit
PATH="$(pwd)/.venv/bin:$PATH"

# Settings that let the code be loaded; nothing here reaches a database.
export TMC_SECRET_KEY=for-checking-only TMC_DATABASE_URL=postgresql://check@127.0.0.1:1/check
export TMC_FIELD_KEYS='{"current":"check","keys":{"check":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}}'
export DJANGO_SETTINGS_MODULE=trackmycrime.config.settings.owner

failed=""
step() {
    name="$1"; shift
    echo "== $name" >&2
    "$@" || failed="$failed $name"
}
step lint ruff check .
step format ruff format --check .
step types mypy
step imports lint-imports
step migrations python -W ignore::RuntimeWarning -m django makemigrations --check --dry-run
step translations python scripts/translations.py --check
step roles python scripts/make_roles_page.py --check
if [ -n "$failed" ]; then echo "failed:$failed" >&2; exit 1; fi
echo "all checks passed" >&2
