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
    # A misspelt name of the variable must not hand out what nobody has masked.
    mask=${MASK:?"no SQL that masks; set PGTENANTS_PREVIEW_MASK to its path, and for a copy of everything to a file with a comment alone"}
    exec "${preview[@]}" create --pr "${PR:?}" --from "${SOURCE:?}" --mask "$mask" --output "${OUTPUT:-${GITHUB_OUTPUT:?}}"
    ;;
  delete) exec "${preview[@]}" delete --pr "${PR:?}" ;;
  sweep) exec ci/with.sh engine ci/whenFree.sh ci/previewDatabase.sh sweep-now ;;
  # Asked at each try: whoever opened a request meanwhile keeps its database.
  sweep-now)
    # Assigned first: what fails there must not read as if none were open.
    open=$(node ci/openRequests.ts)
    exec ./pgt --stack "$STACK" preview-database sweep --open "$open"
    ;;
  *) echo "got \"${1:-}\", expected create, delete or sweep" >&2 && exit 64 ;;
esac
