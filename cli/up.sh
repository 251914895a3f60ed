#!/usr/bin/env bash
# make up: set-up, `pulumi up`, then every tenant is asked through the router.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter up
# What a killed deployment left behind would stop this one; and what was stopped or removed by hand is to come back.
node cli/recover.ts "$STACK"
policy_flags
pulumi up --stack "$STACK" --yes --skip-preview --non-interactive --suppress-outputs "${POLICY_FLAGS[@]}"
node cli/saveStateOffsite.ts "$STACK"
exec node cli/status.ts "$STACK"
