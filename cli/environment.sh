# shellcheck shell=bash
# The beginning of every command. Sourced, not run.
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
# shellcheck source=toolchain/setup/lib.sh
source toolchain/setup/lib.sh

# enter COMMAND: gets the machine ready for it and takes on its environment.
enter() {
  toolchain/setup/setup.sh "$1"
  # shellcheck source=/dev/null # written by set-up
  source "$PGTENANTS_STATE/env.sh"
}

# enter_as_is: takes on the environment of the last set-up and makes nothing: no download, no build. Ends where something is gone.
enter_as_is() {
  local file
  # shellcheck source=/dev/null # written by set-up
  source "$PGTENANTS_STATE/env.sh"
  for file in versions node pulumi engine; do
    # shellcheck source=/dev/null # each is checked on its own
    source "toolchain/setup/$file.sh"
  done
  engine_answers || fail "no Docker engine answers" "start it, or get everything ready again with: make shell"
  node_ready "$(command -v node || true)" || fail_gone "Node.js $NODE_MINIMUM or newer"
  pulumi_ready "$(command -v pulumi || true)" || fail_gone "Pulumi $PULUMI_MINIMUM or newer"
  [ -d node_modules ] || fail_gone "node_modules"
}

# policy_flags: sets POLICY_FLAGS to the flags by which `pulumi preview` and `pulumi up` are held against the policies.
policy_flags() {
  local flags flag
  POLICY_FLAGS=()
  flags=$(node cli/policyFlags.ts)
  while read -r flag; do POLICY_FLAGS+=("$flag"); done <<<"$flags"
}

fail_gone() { fail "$1 is not there any more" "get everything ready again with: make shell"; }
