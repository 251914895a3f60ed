#!/usr/bin/env bash
# The database of a pull or merge request, in a CI's job: ci/previewDatabase.sh create|delete|sweep
#   STACK, PR   the stack, and the request's number
#   SOURCE, MASK, OUTPUT   for create: the tenant that it is a copy of, SQL that masks it, the file that gets DATABASE_URL (GITHUB_OUTPUT)
# While another job deploys the stack it is waited for: see whenFree.sh.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
preview=(ci/with.sh engine ci/whenFree.sh ./pgt --stack "${STACK:?}" preview-database)
case ${1:-} in
  create)
    masked=()
    if [ -n "${MASK:-}" ]; then masked=(--mask "$MASK"); fi
    exec "${preview[@]}" create --pr "${PR:?}" --from "${SOURCE:?}" "${masked[@]}" --output "${OUTPUT:-${GITHUB_OUTPUT:?}}"
    ;;
  delete) exec "${preview[@]}" delete --pr "${PR:?}" ;;
  sweep)
    # Assigned first: what fails there must not read as if none were open.
    open=$(ci/with.sh tools node ci/openRequests.ts)
    exec "${preview[@]}" sweep --open "$open"
    ;;
  *) echo "got \"${1:-}\", expected create, delete or sweep" >&2 && exit 64 ;;
esac
