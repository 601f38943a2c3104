#!/usr/bin/env bash
# Installs by apt, npm and go what the tests need and this machine lacks; asks the network for nothing if nothing is
# missing.
set -euo pipefail

missing=()
# need PACKAGE CHECK...: the package is missing where the check fails. One line each.
need() { local package=$1; shift; "$@" >/dev/null 2>&1 || missing+=("$package"); }
command_there() { command -v "$1"; }
postgres_there() { compgen -G '/usr/lib/postgresql/*/bin/initdb' || command -v initdb; }

need postgresql postgres_there
need chromium command_there chromium
better=(chromium-headless-shell)       # installed along with the rest where the distribution has it
need gcc command_there gcc             # the race detector links by it
need libc6-dev test -e /usr/include/stdio.h

# The foreign clients of the webservices (internal/e2e/clients).
need php-cli command_there php
need php-soap php -r 'exit(extension_loaded("soap") ? 0 : 1);'
need python3-zeep /usr/bin/python3 -c 'import zeep' # Debian's own python, whatever else stands in PATH
need libsoap-lite-perl perl -MSOAP::Lite -MLWP::UserAgent -e 1
need nodejs command_there node
need npm command_there npm
need curl command_there curl
need nginx test -x /usr/sbin/nginx    # two replicas behind it, as docs/operations has them
need libxml2-utils command_there xmllint

# The parameter sheet: its PHP and Java calls are run, and its PDF is read.
need php-curl php -r 'exit(extension_loaded("curl") ? 0 : 1);'
need default-jdk-headless command_there javac
need poppler-utils command_there pdftotext

# install_packages: by apt, as root or by sudo.
install_packages() {
  echo "setup: missing: ${missing[*]}"
  if ! command -v apt-get >/dev/null 2>&1; then
    echo "setup: this machine has no apt-get; install what corresponds to Debian's ${missing[*]} and run again" >&2
    exit 1
  fi
  local root=()
  if [ "$(id -u)" -ne 0 ]; then
    if ! sudo -n true 2>/dev/null; then
      echo "setup: not root and no sudo without a password; as root: apt-get install ${missing[*]}" >&2
      exit 1
    fi
    root=(sudo)
  fi
  "${root[@]}" apt-get update -q
  for package in "${better[@]}"; do
    if apt-cache show "$package" >/dev/null 2>&1; then missing+=("$package"); fi
  done
  "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}"
}
[ ${#missing[@]} -eq 0 ] || install_packages

# npm's part: exactly what the lock file names, into .clients/node. The lock file is copied there last, so that an
# installation that was cut off is done again.
cd "$(dirname "$0")/.."
lock=internal/e2e/clients/node/package-lock.json
if ! cmp -s "$lock" .clients/node/installed.json; then
  echo 'setup: installing what the lock file of internal/e2e/clients/node names'
  rm -rf .clients/node && mkdir -p .clients/node
  cp internal/e2e/clients/node/package.json "$lock" .clients/node/
  npm ci --prefix .clients/node --ignore-scripts --no-audit --no-fund --loglevel=error
  cp "$lock" .clients/node/installed.json
fi

# The generated REST client and the identity provider of the tests are modules of their own; what is in Go's cache is not
# fetched again.
(cd internal/e2e/clients/oapi && go mod download)
(cd internal/sso/provider && go mod download)
