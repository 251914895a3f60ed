#!/usr/bin/env bash
# make down: removes the stack's containers and network. Volumes and passwords stay: it refuses where they are not protected.
set -euo pipefail
# shellcheck source=cli/environment.sh
source "$(dirname "${BASH_SOURCE[0]}")/environment.sh"

ours() { docker "$@" --quiet --filter label=dev.pgtenants.project=pgtenants --filter "label=dev.pgtenants.stack=$STACK"; }

# Without a set-up there is nothing to take down, and none is made for it.
if [ ! -e "$PGTENANTS_STATE/env.sh" ]; then
  echo "Nothing runs: no set-up was made in $PGTENANTS_STATE."
  exit 0
fi
enter_as_is
containers=$(ours ps --all | wc -l)
networks=$(ours network ls | wc -l)
if [ "$((containers + networks))" -eq 0 ]; then
  echo "Nothing of the stack $STACK runs."
else
  # A lock that a killed deployment left would be in the way of what follows.
  node cli/recover.ts "$STACK"
  # Without protection nothing would be excluded below.
  node cli/checkProtection.ts "$STACK"
  pulumi destroy --stack "$STACK" --yes --skip-preview --exclude-protected --non-interactive --suppress-outputs
  echo "Removed: $((containers)) containers, $((networks)) network(s)."
fi

echo "Kept: the volumes with the tenants' data ($(($(ours volume ls --filter label=dev.pgtenants.tenant | wc -l)))) and backups, their passwords (in the state, $PGTENANTS_STATE/backend),"
echo "      the development CA ($PGTENANTS_STATE/tls). make up brings every tenant back as it was."
