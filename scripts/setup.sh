#!/usr/bin/env bash
# Installs by apt what the tests need and this machine lacks; asks the network for nothing if nothing is missing.
set -euo pipefail

missing=()
# need PACKAGE CHECK...: the package is missing where the check fails. One line each.
need() { local package=$1; shift; "$@" >/dev/null 2>&1 || missing+=("$package"); }
command_there() { command -v "$1"; }
postgres_there() { compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb; }

need postgresql postgres_there
need chromium command_there chromium
need gcc command_there gcc             # the race detector links by it
need libc6-dev test -e /usr/include/stdio.h

[ ${#missing[@]} -gt 0 ] || exit 0
echo "setup: missing: ${missing[*]}"
if ! command -v apt-get >/dev/null 2>&1; then
  echo "setup: this machine has no apt-get; install what corresponds to Debian's ${missing[*]} and run again" >&2
  exit 1
fi
root=()
if [ "$(id -u)" -ne 0 ]; then
  if ! sudo -n true 2>/dev/null; then
    echo "setup: not root and no sudo without a password; as root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  root=(sudo)
fi
"${root[@]}" apt-get update -q
"${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
