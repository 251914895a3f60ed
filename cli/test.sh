#!/usr/bin/env bash
# make test: formatter, linter, types and dead code, then all tests.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter test
npm run --silent check
exec npm run --silent test
