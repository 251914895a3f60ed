#!/usr/bin/env bash
# Runs a command of pgt, and again while another job deploys the stack: ci/whenFree.sh ./pgt --stack prod preview-database sweep
# Waits twenty minutes at most; PGTENANTS_WAIT is the pause between two tries, in seconds.
set -uo pipefail
said=$(mktemp)
trap 'rm -f "$said"' EXIT
for _ in {1..40}; do
  code=0
  "$@" 2>"$said" || code=$?
  if [ "$code" != 1 ] || ! grep -Eq '^error: .*(is being deployed by|is currently locked by) ' "$said"; then break; fi
  head -n 1 "$said" >&2
  sleep "${PGTENANTS_WAIT:-30}"
done
cat "$said" >&2
exit "$code"
