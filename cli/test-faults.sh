#!/usr/bin/env bash
# make test-faults: every fault of docs/faults.md, those of make test and those that take long. Restarts the engine where set-up started it.
# Arguments go to vitest: cli/test-faults.sh server, or cli/test-faults.sh -t 14.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter test
exec node_modules/.bin/vitest run --config test/faults/vitest.config.ts "$@"
