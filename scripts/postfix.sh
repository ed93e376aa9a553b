#!/bin/sh
# See that there is a Postfix for the tests of the way back of mail, and that they may run it: only root may. Installs
# one when there is none. Ends with 1 when they cannot run in the end. TMC_POSTFIX=none means: do without.
set -eu
cd "$(dirname "$0")/.."

find_it() { PATH="$PATH:/usr/sbin:/usr/local/sbin" command -v postfix >/dev/null; }

if [ "${TMC_POSTFIX:-}" = none ] || [ "$(id -u)" != 0 ]; then exit 1; fi
if find_it; then exit 0; fi
command -v apt-get >/dev/null || exit 1
echo "No Postfix on this machine; trying to install one for the tests of the way back of mail" >&2
# Only its programs are wanted: RUNLEVEL=1 keeps the package from starting a server of its own.
apt-get update -qq >&2 &&
    env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 apt-get install -y -qq --no-install-recommends postfix >&2 || true
find_it
