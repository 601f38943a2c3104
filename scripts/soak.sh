#!/usr/bin/env bash
# Runs the fault and crash tests (TestFault..., TestCrash...) again and again for DURATION (such as 90s, 20m, 1h), and
# closes with a count of what was tried: the sum of the lines "tried: N of what" that these tests log. PONTE_SOAK tells
# those that can go on by themselves how much longer each may take within a round.
set -euo pipefail

case "${DURATION:=1h}" in
  *h) seconds=$((${DURATION%h} * 3600)) ;;
  *m) seconds=$((${DURATION%m} * 60)) ;;
  *s) seconds=${DURATION%s} ;;
  *) echo "soak: DURATION must be like 90s, 20m or 1h" >&2; exit 2 ;;
esac

mapfile -t packages < <(grep -rlE --include='*_test.go' '^func Test(Fault|Crash)' . | xargs -r -n 1 dirname | sort -u)
[ ${#packages[@]} -gt 0 ] || { echo 'soak: there are no fault or crash tests' >&2; exit 1; }
log=$(mktemp)
trap 'rm -f "$log" "$log.round"' EXIT

count() {
  echo
  echo "soak: $1 rounds in ${SECONDS}s over ${packages[*]}"
  awk '/ tried: [0-9]+ / { n = $0; sub(/.* tried: /, "", n); what = n; sub(/^[0-9]+ /, "", what); sum[what] += n }
    END { for (what in sum) printf "%12d %s\n", sum[what], what }' "$log" | sort -k2
}

export PONTE_SOAK=$((seconds / 30 + 1))s
rounds=0
while [ "$SECONDS" -lt "$seconds" ]; do
  rounds=$((rounds + 1))
  if ! go test -count=1 -v -timeout 0 -run '^Test(Fault|Crash)' "${packages[@]}" >"$log.round" 2>&1; then
    cat "$log.round"
    cat "$log.round" >>"$log"
    rm -f "$log.round"
    count "$rounds"
    echo "soak: FAILED in round $rounds" >&2
    exit 1
  fi
  cat "$log.round" >>"$log"
  rm -f "$log.round"
  echo "round $rounds passed, ${SECONDS}s of ${seconds}s"
done
count "$rounds"
