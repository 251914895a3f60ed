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
