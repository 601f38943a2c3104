#!/usr/bin/env bash
# Writes the generated code anew: the queries by sqlc, the pages by templ.
#
#   scripts/generate.sh           generates
#   scripts/generate.sh --check   generates, and fails if that changed anything
set -euo pipefail

sums() { find internal -name '*_templ.go' -o -path 'internal/store/db/*.go' | LC_ALL=C sort | xargs -r sha256sum; }

before=$(sums)
.tools/sqlc generate
.tools/templ generate -log-level warn
[ "${1:-}" = --check ] || exit 0
if ! changed=$(diff <(echo "$before") <(sums)); then
  echo "generated code was not current (it is now):" >&2
  sed -n 's/^[<>] [0-9a-f]*  /  /p' <<<"$changed" | sort -u >&2
  exit 1
fi
