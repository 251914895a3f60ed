#!/usr/bin/env bash
# Gets a machine ready for a command of the Makefile, one step per line, each doing nothing where nothing is missing:
#   toolchain/setup/setup.sh up|preview|status|shell|test|tools
# tools: for who only asks an engine, which another machine may have: none is started, and no image built.
# Ends with env.sh in the state folder, which sets the environment for `pulumi` by hand.
# PGTENANTS_STATE, PGTENANTS_CACHE: other folders. PGTENANTS_OFFLINE=1: no official downloads, build at once.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
for file in lib versions platform preflight port lock node go pulumi plugins engine firewall baseImages images offsiteImage actionlint state; do
  # shellcheck source=/dev/null # each is checked on its own
  source "$here/$file.sh"
done

# All paths of the project are relative to the checkout from here on.
cd "$PROJECT"
clean_up_at_exit

COMMAND=${1:-shell}
forget_own_tools
check_machine "$COMMAND"
set_up_folders
take_lock
set_up_node
set_up_packages
set_up_pulumi
set_up_passphrase
set_up_certificates
set_up_stack
if [ "$COMMAND" = tools ]; then
  set_up_plugins
else
  set_up_engine
  set_up_firewall
  set_up_plugins
  set_up_images
fi
if [ "$COMMAND" = test ]; then set_up_actionlint; fi
write_environment

if [ "$SAID" = 0 ]; then say "nothing to do ($SECONDS s): $CHOSEN"; else say "done ($SECONDS s): $CHOSEN"; fi
