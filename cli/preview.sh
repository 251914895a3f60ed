#!/usr/bin/env bash
# make preview: what `make up` would change.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter preview
policy_flags
exec pulumi preview --stack "$STACK" --diff --non-interactive "${POLICY_FLAGS[@]}"
