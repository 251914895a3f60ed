#!/usr/bin/env bash
# make bench: measures, and writes docs/benchmarks.md. QUICK=1: five minutes instead of an hour. Arguments go to bench/main.ts:
# cli/bench.sh throughput, or cli/bench.sh --no-engine-restart. Restarts the engine where set-up started it and nothing else runs on it.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter test
quick=()
if [ "${QUICK:-0}" = 1 ]; then quick=(--quick); fi
exec node bench/main.ts ${quick[@]+"${quick[@]}"} "$@"
