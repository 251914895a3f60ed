#!/usr/bin/env bash
# make status: asks every tenant through the router.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter status
exec node cli/status.ts "$STACK"
