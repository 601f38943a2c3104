#!/usr/bin/env bash
# Measures the whole (internal/bench: webservice, outbox, the built binary), then runs the packages' own benchmarks.
# Each closes with a table: each figure, its limit measured in the same run, and the ratio. A benchmark XLimit is the
# limit of X.
set -euo pipefail

built=$(mktemp -d)
out=$(mktemp)
trap 'rm -rf "$built" "$out"' EXIT
go build -o "$built/ponte" ./cmd/ponte
go build -o "$built/bench" ./internal/bench
missed=0
"$built/bench" -ponte "$built/ponte" || missed=1
go test -run '^$' -bench "${BENCH:-.}" -benchtime "${BENCHTIME:-2s}" "${@:-./...}" | tee "$out" | grep -v 'no test files'

awk '
  $1 ~ /^Benchmark/ {
    name = $1; sub(/^Benchmark/, "", name); sub(/-[0-9]+$/, "", name)
    for (i = 3; i < NF; i += 2) {
      key = name; sub(/\/|$/, "Limit&", key)
      unit = $(i + 1); value[name, unit] = $i; limit[name, unit] = key; order[++n] = name SUBSEP unit
    }
  }
  END {
    printf "\n%-44s %-12s %12s %12s %7s\n", "figure", "unit", "measured", "limit", "ratio"
    for (i = 1; i <= n; i++) {
      split(order[i], k, SUBSEP)
      if (k[1] ~ /Limit(\/|$)/) continue
      v = value[k[1], k[2]]; l = value[limit[k[1], k[2]], k[2]]
      ratio = (l + 0) ? sprintf("%.2f", v / l) : "-"
      printf "%-44s %-12s %12s %12s %7s\n", k[1], k[2], v, l == "" ? "-" : l, ratio
    }
  }' "$out"
exit "$missed"
