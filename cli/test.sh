#!/usr/bin/env bash
# make test: formatter, linter, types and dead code, then all tests.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter test
npm run --silent check
# Without Go nothing was built from Go sources, so there is nothing of ours to test in it.
if have go; then (cd toolchain/command && CGO_ENABLED=0 GOFLAGS='-mod=readonly -buildvcs=false' GOTOOLCHAIN=auto go test ./...); fi
exec npm run --silent test
