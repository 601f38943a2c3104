#!/usr/bin/env bash
# Keeps the source of a tagged release for the upgrade tests, as far as its program is built from it:
#
#   scripts/former.sh v0.1.0      writes internal/e2e/testdata/releases/v0.1.0.tar.gz; the same tag gives the same bytes
set -euo pipefail

tag=${1:?usage: scripts/former.sh TAG}
cd "$(dirname "$0")/.."
git archive "$tag" --prefix="ponte-$tag/" go.mod go.sum LICENSE NOTICE cmd internal \
  ':(exclude)*_test.go' ':(exclude)*/testdata' ':(exclude)*.templ' ':(exclude)internal/store/queries' \
  ':(exclude)internal/browsertest' ':(exclude)internal/e2e' ':(exclude)internal/bench' ':(exclude)internal/store/storetest' \
  ':(exclude)internal/mail/mailtest' ':(exclude)internal/webservice/webservicetest' ':(exclude)internal/flow/flowtest' |
  gzip -n9 >"internal/e2e/testdata/releases/$tag.tar.gz"
