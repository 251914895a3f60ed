#!/usr/bin/env bash
# make shell: the user's shell with the environment in which `pulumi` works on these stacks.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter shell
printf 'pulumi up, pulumi preview and pulumi stack output work here; exit leaves. In another shell: source %s\n' "$PGTENANTS_STATE/env.sh"
exec "${SHELL:-/bin/bash}"
