#!/usr/bin/env bash
# Everything that has to hold before a change lands; make test gives it tools and PONTE_TEST_POSTGRES. All steps
# run, so that one failure does not hide the next.
set -uo pipefail

unset PONTE_TEST_ONLY # here nothing is left out
failed=()
step() {
  local name=$1 began=$SECONDS
  shift
  echo "== $name"
  if "$@"; then echo "   $name: $((SECONDS - began))s"; else failed+=("$name"); echo "   $name: FAILED after $((SECONDS - began))s"; fi
}

formatted() {
  local files
  files=$(git ls-files --cached --others --exclude-standard -- '*.go' | xargs -r gofmt -l)
  [ -z "$files" ] || { echo "not formatted by gofmt:"; echo "$files"; return 1; }
}

step 'generated code' scripts/generate.sh --check
step 'gofmt' formatted
step 'go vet' go vet ./...
step 'golangci-lint' .tools/golangci-lint run
# How pages look (axe-core, both themes, widths and languages) is asked beside the rest and without the race detector: their
# handlers are raced by the other tests. Such tests are called ...Look or ...Looks, and only internal/web has any.
appearance='^Test\w*Looks?$'

# The longest packages begin first, so that none of them is left to run alone at the end. The race detector watches our
# code and what it calls, but not inside SQLite's machine-translated C, which takes a third of its time. Vet has been.
tests() {
  local said code=0
  said=$(mktemp)
  go test -vet=off -timeout 25m -run "$appearance" ./internal/web >"$said" 2>&1 &
  local looks=$!
  go test -vet=off -race -gcflags='modernc.org/sqlite/lib=-race=false' -timeout 25m -skip "$appearance" \
    ./internal/web ./internal/e2e ./internal/flow ./internal/outbox ./... || code=1
  wait "$looks" || code=1
  sed 's/$/ (how pages look)/' "$said"
  rm -f "$said"
  return "$code"
}
step 'tests' tests

[ ${#failed[@]} -eq 0 ] || { echo; echo "FAILED: ${failed[*]}"; exit 1; }
echo "all of it passed in ${SECONDS}s"
