#!/bin/sh
# Starts the tenant's server, and makes its cluster first where the volume is new. No secret passes through here.
set -eu

# Without a volume the data would sit in the container's own layer and go away with it.
if ! mountpoint -q /var/lib/postgresql; then
  echo "pgtenants: no volume is mounted at /var/lib/postgresql; refusing to keep data inside the container" >&2
  exit 78
fi

if [ ! -s "$PGDATA/PG_VERSION" ]; then
  if [ -d "$PGDATA" ] && [ -n "$(ls -A "$PGDATA")" ]; then
    echo "pgtenants: $PGDATA is not empty, yet holds no PG_VERSION; refusing to initialise over it" >&2
    exit 78
  fi
  for other in /var/lib/postgresql/*/docker/PG_VERSION; do
    if [ -e "$other" ]; then
      echo "pgtenants: the volume holds a cluster of another major version ($other); refusing to start an empty one beside it." >&2
      echo "pgtenants: run the image of that version, or upgrade the cluster with pg_upgrade" >&2
      exit 78
    fi
  done
  # Made beside and renamed, so that a kill in the middle leaves nothing that looks like a cluster.
  rm -rf "$PGDATA.partial"
  # The builtin provider keeps sort order, and so every index, independent of the C library of the base image.
  initdb --pgdata="$PGDATA.partial" --username=postgres --encoding=UTF8 \
    --locale=C.UTF-8 --locale-provider=builtin --builtin-locale=C.UTF-8 \
    --auth-local=peer --auth-host=scram-sha-256 --data-checksums --sync-method=syncfs --no-instructions >&2
  mkdir -p "$(dirname "$PGDATA")"
  mv -T "$PGDATA.partial" "$PGDATA"
  sync -f "$PGDATA"
fi

exec "$@" -c hba_file=/etc/pgtenants/pg_hba.conf
