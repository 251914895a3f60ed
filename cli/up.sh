#!/usr/bin/env bash
# make up: set-up, `pulumi up`, then every tenant is asked through the router.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter up
# What a deployment that was killed left behind would stop this one.
node cli/recover.ts "$STACK"
# Refreshed first: what was stopped or removed by hand comes back.
pulumi up --stack "$STACK" --yes --refresh --skip-preview --non-interactive --suppress-outputs
exec node cli/status.ts "$STACK"
