#!/usr/bin/env bash
# Makes the archives of a release, reproducibly: the same commit gives the same bytes.
#
#   scripts/release.sh VERSION [DIR]      into DIR, dist/ by default; PLATFORMS="linux/amd64 ..." makes fewer
#
# Each archive holds the program, its licence and notices, and docs/operations; SHA256SUMS names them all.
set -euo pipefail

die() { echo "release.sh: $*" >&2; exit 2; }
version=${1:-} out=${2:-dist}
[[ $version =~ ^v?[0-9]+\.[0-9]+\.[0-9]+(-[0-9A-Za-z.-]+)?$ ]] || die 'usage: scripts/release.sh VERSION [DIR], VERSION like 1.2.3'
version=${version#v}
cd "$(dirname "$0")/.."
[ -z "$(git status --porcelain)" ] || die 'there are changes that are not committed: a release is of a commit'
when=$(git log -1 --format=%ct)
read -ra platforms <<<"${PLATFORMS:-linux/amd64 linux/arm64 darwin/amd64 darwin/arm64 windows/amd64}"

rm -rf "$out" && mkdir -p "$out"
out=$(cd "$out" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for platform in "${platforms[@]}"; do
  os=${platform%/*} arch=${platform#*/}
  name=ponte-$version-$os-$arch
  program=ponte
  [ "$os" != windows ] || program=ponte.exe
  mkdir -p "$work/$name"
  CGO_ENABLED=0 GOOS=$os GOARCH=$arch go build -trimpath -buildvcs=false -ldflags "-s -w -X ponte/internal/app.Version=$version" \
    -o "$work/$name/$program" ./cmd/ponte
  cp LICENSE NOTICE CHANGELOG.md "$work/$name/"
  cp -r docs/operations docs/runbook.md docs/upgrade.md docs/replicas.md "$work/$name/"
  find "$work/$name" -exec touch -h -d "@$when" {} +
  if [ "$os" = windows ]; then
    (cd "$work" && find "$name" -type f | LC_ALL=C sort | TZ=UTC python3 -c '
import sys, zipfile, time, os
when = time.gmtime(int(sys.argv[2]))[:6]
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    for path in sys.stdin.read().split("\n"):
        if path:
            entry = zipfile.ZipInfo(path, when)
            entry.external_attr, entry.compress_type = 0o644 << 16, zipfile.ZIP_DEFLATED
            z.writestr(entry, open(path, "rb").read())' "$out/$name.zip" "$when")
  else
    tar -C "$work" --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$when" -cf - "$name" | gzip -n9 >"$out/$name.tar.gz"
  fi
  rm -rf "${work:?}/$name"
  echo "made $name"
done
cd "$out"
sha256sum ponte-"$version"-* >SHA256SUMS
cat SHA256SUMS
