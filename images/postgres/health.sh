#!/bin/sh
# Prints what `pgt status` asks a tenant for: what use.sh prints, and a line backups= with what backups.sh does.
set -eu
"${0%/*}/use.sh"
printf 'backups='
"${0%/*}/backups.sh"
