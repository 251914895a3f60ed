#!/usr/bin/env bash
# Writes the secret that the step has as SECRET into a file that only this user may read: ci/secretFile.sh FILE
set -euo pipefail
umask 077
[ -n "${SECRET:-}" ] || exit 0
mkdir -p "$(dirname "$1")"
rm -f "$1"
printf '%s\n' "$SECRET" >"$1"
