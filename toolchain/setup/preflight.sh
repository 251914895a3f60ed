# shellcheck shell=bash
# What cannot be had gets one clear line with its fix, before anything is changed.

# check_machine COMMAND: for `up` also that the stack's port is free or our own; for `tools` no engine.
check_machine() {
  detect_platform
  local wanted
  for wanted in git make tar perl sed awk; do
    have "$wanted" || fail "the command $wanted was not found" "install it with the system's package manager"
  done
  for wanted in PGTENANTS_STATE PGTENANTS_CACHE; do
    case ${!wanted} in
      /*) ;;
      *) fail "$wanted must be an absolute path, got ${!wanted}" "set it to a path that starts with /" ;;
    esac
  done
  if [ "$1" != tools ]; then check_engine; fi
  check_disk
  if [ "$1" = up ]; then check_port; fi
}

check_engine() {
  follow_docker_context
  if engine_answers; then return 0; fi
  if [ -n "${DOCKER_HOST:-}" ]; then
    fail "no Docker engine answers at $DOCKER_HOST" "start it, or unset DOCKER_HOST and choose another docker context, then run this again"
  fi
  if [ "$OS" = darwin ]; then fail "Docker does not answer" "start Docker Desktop (or install it), then run this again"; fi
  if can_apt; then return 0; fi
  if [ -S /var/run/docker.sock ] && [ ! -w /var/run/docker.sock ]; then
    fail "user $(id -un) may not use the Docker engine" "add the user to the group docker (as root: usermod -aG docker $(id -un)), then log in again"
  fi
  fail "no Docker engine answers, and only root on Debian or Ubuntu can install one here" \
    "install and start Docker (https://docs.docker.com/engine/install), or run this as root"
}

# Free space for what will have to be done. Measured: Go modules and build cache 10 GB, tools and npm packages 1 GB, engine and images 2 GB.
check_disk() {
  local tools=300 engine=300
  if [ ! -d node_modules ]; then tools=1000; fi
  if ! tools_present; then
    if online; then tools=2000; else tools=12000; fi
  fi
  if [ -z "$(docker images --quiet --filter reference='localhost/pgtenants/*' 2>/dev/null)" ]; then engine=2000; fi
  need_space "$PGTENANTS_CACHE" "$tools" "tools"
  if [ -d /var/lib ] && [ "$OS" = linux ]; then need_space /var/lib/docker "$engine" "the Docker engine and its images"; fi
}

# A good guess, without running anything: a Pulumi of ours or on PATH, and plugins in place.
tools_present() {
  local found
  found=$(compgen -G "$PGTENANTS_CACHE/pulumi-*/pulumi" | head -n 1)
  if [ -z "$found" ] && ! have pulumi; then return 1; fi
  compgen -G "$PGTENANTS_STATE/pulumi-home/plugins/resource-*" >/dev/null
}

# need_space FOLDER MEGABYTES PURPOSE
need_space() {
  local folder=$1 free
  while [ ! -d "$folder" ]; do folder=$(dirname "$folder"); done
  free=$(df -Pk "$folder" | awk 'NR == 2 { print int($4 / 1024) }')
  if [ "$free" -lt "$2" ]; then
    fail "$free MB are free in $folder, expected $2 MB for $3" "free some space, or set PGTENANTS_CACHE to a folder on a larger disk"
  fi
}
