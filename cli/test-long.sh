#!/usr/bin/env bash
# make test-long: the lives of pools, declared things, limits and instances, end to end. Arguments go to vitest: cli/test-long.sh sharedLife.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter test
exec node_modules/.bin/vitest run --config test/e2e/long/vitest.config.ts "$@"
