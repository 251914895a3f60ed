#!/usr/bin/env bash
# Runs a command of a CI job with the project's tools, on the job's own backend and secrets provider:
#   ci/with.sh tools|engine COMMAND...
# tools: what asks an engine and makes nothing on it. engine: the images are built on it as well.
# PULUMI_BACKEND_URL says where the state is; PULUMI_CONFIG_PASSPHRASE_FILE which file the passphrase is in, unless a KMS has the key.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
# shellcheck source=toolchain/setup/lib.sh
source toolchain/setup/lib.sh

# env.sh has those of the development stack.
backend=${PULUMI_BACKEND_URL:-}
passphrase=${PULUMI_CONFIG_PASSPHRASE_FILE:-}
[ -n "$backend" ] || fail "the job has no PULUMI_BACKEND_URL" "set the variable to the backend of the stack, such as s3://my-bucket: docs/ci.md"

case ${1:-} in
  tools) toolchain/setup/setup.sh tools >&2 ;;
  engine) toolchain/setup/setup.sh shell >&2 ;;
  *) fail "got \"${1:-}\", expected tools or engine" "ci/with.sh tools ./pgt --stack prod plan" ;;
esac
shift
# shellcheck source=/dev/null # written by set-up
source "$PGTENANTS_STATE/env.sh"
export PULUMI_BACKEND_URL=$backend PULUMI_CONFIG_PASSPHRASE_FILE=$passphrase
# A KMS has the key then.
if [ ! -s "$passphrase" ]; then unset PULUMI_CONFIG_PASSPHRASE_FILE; fi
exec "$@"
