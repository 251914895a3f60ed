#!/usr/bin/env bash
# make test-backup: what backups are worth, measured; a whole run that passes writes docs/backups-measured.md.
# Arguments go to vitest: cli/test-backup.sh loss.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"
enter test
exec node_modules/.bin/vitest run --config test/backup/vitest.config.ts "$@"
