#!/usr/bin/env bash
# importTenant.sh OPTION...: fills a new tenant's volume with what a dump holds. OPTIONs are for `docker run`: what confines a container, and
# labels. Where SOURCE is empty, standard input says which server is dumped before; see images/postgres/import-dump.sh.
#
# Three containers, none of which has what another one needs:
#   dump    the network and the source's password, or neither; no tenant's volume
#   server  the new tenant's volume; no network, no secret
#   load    the dump, and the tenant's own role on that server, as another user; nothing else
# What is made here has names of its own in each run: one that was killed may still be going on.
set -euo pipefail
options=("$@")
lib=/usr/local/lib/pgtenants
mine=dev.pgtenants.import=$VOLUME
work=$NAME-$(od -An -N4 -tx4 /dev/urandom | tr -d ' \n')
folder=$(mktemp -d)

labels=("--label=$mine")
for option in "${options[@]}"; do
  if [[ $option == --label=* ]]; then labels+=("$option"); fi
done
tenants_memory=("--memory=${MEMORY_MIB}m" "--memory-swap=${MEMORY_MIB}m")
clients_memory=(--memory=512m --memory-swap=512m)

refuse() {
  printf 'pgtenants: %s\n' "$@" >&2
  exit 78
}

# contained NAME OPTION... IMAGE ARGUMENT...
contained() {
  docker run --rm --init --interactive --pull=never --name="$work-$1" "${options[@]}" "--label=$mine" \
    "--cpu-shares=$CPU_SHARES" --pids-limit=64 "${@:2}"
}
on_server() { docker exec "$work-server" "$lib/import-cluster.sh" "$@" 8>&-; }
tenants_volume() { echo "--mount=type=volume,source=$VOLUME,target=/var/lib/postgresql"; }

# removed container|volume FILTER: what a run left. One that ends just now is on its way already, and keeps its volume busy until then.
removed() {
  local found own
  for _ in {1..50}; do
    case $1 in
      container) own=--volumes found=$(docker ps --all --quiet --filter "$2") ;;
      volume) own=--force found=$(docker volume ls --quiet --filter "$2") ;;
    esac
    # In a trap a bare return would be the code of what failed before.
    if [ -z "$found" ]; then return 0; fi
    # shellcheck disable=SC2086 # names without blanks
    docker "$1" rm --force "$own" $found >/dev/null 2>&1 || sleep 0.2
  done
}
leave() {
  exec 8>&-
  removed container "name=^$work-"
  removed volume "name=^$work\$"
  rm -rf "$folder"
}
trap leave EXIT
trap 'exit 143' TERM
trap 'exit 130' INT HUP

wanted=0
contained wanted --network=none --user=999:999 "$(tenants_volume)" --entrypoint="$lib/import-cluster.sh" "$IMAGE" wanted </dev/null || wanted=$?
case $wanted in
  0) ;;
  3) exit 0 ;;
  *) exit "$wanted" ;;
esac

removed container "label=$mine"
removed volume "label=$mine"
docker volume create "${labels[@]}" "$work" >/dev/null
# dumped NETWORK KIND: as much as import-dump.sh finds on standard input.
dumped() {
  contained dump "--network=$1" --user=999:999 "${clients_memory[@]}" "--mount=type=volume,source=$work,target=/var/lib/postgresql" \
    --entrypoint="$lib/import-dump.sh" "$IMAGE" "$2"
}
if [ -z "$SOURCE" ]; then
  if ! IFS= read -r first; then refuse "there is no URL to import from; set it with: pulumi config set --secret --path imports.<id>"; fi
  # What this machine reaches, by the names that it knows: as psql in a shell would.
  { printf '%s\n' "$first" && cat; } | dumped host url
elif [ -d "$SOURCE" ]; then tar --create --file=- --directory="$SOURCE" . | dumped none folder
elif [ -r "$SOURCE" ]; then dumped none file <"$SOURCE"
else refuse "$SOURCE cannot be read"
fi

# Its container ends with this script, however that ends: it lives as long as this pipe has a writer.
mkfifo "$folder/alive"
contained server --network=none --user=999:999 "${tenants_memory[@]}" "$(tenants_volume)" \
  "--mount=type=volume,source=$work,target=/dump,readonly" --entrypoint="$lib/import-cluster.sh" "$IMAGE" hold "$DISK_MIB" <"$folder/alive" >&2 &
server=$!
exec 8>"$folder/alive"
until docker exec "$work-server" true >/dev/null 2>&1 8>&-; do
  kill -0 "$server" 2>/dev/null || refuse "the server's container ended, the lines above say why"
  sleep 0.1
done
failed() {
  on_server drop || true
  exit 1
}
# shellcheck disable=SC2086 # names without blanks, or nothing
on_server make "$OWNER" "$DATABASE" "$MEMORY_MIB" ${EXTENSIONS:-} </dev/null || failed
contained load "--network=container:$work-server" --user=65534:65534 "${clients_memory[@]}" "--mount=type=volume,source=$work,target=/dump,readonly" \
  --env=PGHOST=127.0.0.1 "--env=PGUSER=$OWNER" "--env=PGDATABASE=$DATABASE" \
  --entrypoint="$lib/import-load.sh" "$IMAGE" </dev/null 8>&- || failed
on_server finish "$DATABASE" "$DISK_MIB" </dev/null || failed
exec 8>&-
wait "$server"
