#!/usr/bin/env bash
# A private PostgreSQL cluster for tests, with a random password, on a free loopback port. Durability stays on: a
# test of what was acknowledged would prove nothing without it.
#
#   scripts/postgres.sh start DIR     starts one in DIR, which must not exist, and prints its URL
#   scripts/postgres.sh stop DIR      stops it and removes DIR
#   scripts/postgres.sh restart DIR MODE  starts it anew after a stop in a mode of pg_ctl's: smart, fast, immediate
#   scripts/postgres.sh run CMD...    runs CMD with PONTE_TEST_POSTGRES=URL; stops it whatever happened
set -euo pipefail

die() { echo "postgres.sh: $*" >&2; exit 1; }

# Debian keeps a server's programs out of PATH, in a folder per version: the newest is taken.
programs() {
  local found
  found=$(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -V | tail -n 1) || true
  [ -n "$found" ] || found=$(dirname "$(command -v initdb)" 2>/dev/null) || true
  [ -n "$found" ] && [ -x "$found/initdb" ] || die "no PostgreSQL server is installed (apt-get install postgresql, or scripts/setup.sh)"
  echo "$found"
}

# PostgreSQL refuses to run as root, so root lends itself another user.
owner() { if id postgres >/dev/null 2>&1; then echo postgres; else echo nobody; fi; }

as_owner() {
  if [ "$(id -u)" -ne 0 ]; then "$@"
  elif command -v runuser >/dev/null 2>&1; then runuser -u "$(owner)" -- "$@"
  else setpriv --reuid="$(owner)" --regid="$(id -g "$(owner)")" --clear-groups "$@"
  fi
}

start() {
  local dir=$1 bin password port
  bin=$(programs)
  mkdir -m 700 "$dir" || die "$dir must not exist yet"
  password=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s' "$password" >"$dir/password"
  if [ "$(id -u)" -eq 0 ]; then chown -R "$(owner)" "$dir"; fi
  cd "$dir" # the owner may not be allowed to stand where we stood
  as_owner "$bin/initdb" -D "$dir/data" -U postgres -A password --pwfile="$dir/password" \
    -E UTF8 --locale=C >"$dir/initdb.log" 2>&1 || { cat "$dir/initdb.log" >&2; die "initdb failed"; }
  for _ in $(seq 20); do # until a port is free
    port=$((20000 + RANDOM % 12000))
    if as_owner "$bin/pg_ctl" -D "$dir/data" -l "$dir/server.log" -w -s start -o \
      "-c listen_addresses=127.0.0.1 -c port=$port -c unix_socket_directories='' -c max_connections=200 -c fsync=on" \
      >"$dir/start.log" 2>&1; then
      echo "postgres://postgres:$password@127.0.0.1:$port/postgres?sslmode=disable"
      return
    fi
    grep -q 'could not bind' "$dir/server.log" || break
    as_owner truncate -s 0 "$dir/server.log"
  done
  cat "$dir/start.log" "$dir/server.log" >&2 || true
  die "PostgreSQL did not start"
}

# At once: nothing of it is kept.
halt() {
  [ ! -f "$1/data/postmaster.pid" ] || (cd "$1" && as_owner "$(programs)/pg_ctl" -D "$1/data" -s -m immediate stop) || true
}

stop() {
  [ -f "$1/data/PG_VERSION" ] || die "$1 is no cluster of ours"
  halt "$1"
  rm -rf "$1"
}

restart() {
  [ -f "$1/data/PG_VERSION" ] || die "$1 is no cluster of ours"
  (cd "$1" && as_owner "$(programs)/pg_ctl" -D "$1/data" -l "$1/server.log" -w -s -m "$2" restart >/dev/null)
}

run() {
  local url
  folder=$(mktemp -d "${TMPDIR:-/tmp}/ponte-postgres.XXXXXX") # not local: the trap outlives this function
  chmod 755 "$folder"                                        # so that the owner can reach the cluster
  trap 'halt "$folder/cluster"; rm -rf "$folder"' EXIT
  url=$(start "$folder/cluster")
  PONTE_TEST_POSTGRES=$url "$@"
}

case "${1:-} $#" in
  "start 2") start "$(realpath -m "$2")" ;;
  "stop 2") stop "$(realpath -m "$2")" ;;
  "restart 3") restart "$(realpath -m "$2")" "$3" ;;
  run\ [2-9]* | run\ 1?*) shift; run "$@" ;;
  *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
esac
