# shellcheck shell=bash
# The Docker engine: the one that answers, else Debian's, installed and started here. Never changes Docker's configuration.

set_up_engine() {
  follow_docker_context
  if ! engine_answers; then
    install_engine
    start_engine
  fi
  chose "Docker $(docker version --format '{{.Server.Version}}')"
}

engine_answers() { bounded 10 docker info >/dev/null 2>&1; }

# Pulumi's Docker provider knows DOCKER_HOST but not the context that the user's own `docker` follows.
follow_docker_context() {
  local host
  if [ -n "${DOCKER_HOST:-}" ] || ! have docker; then return 0; fi
  host=$(docker context inspect --format '{{.Endpoints.docker.Host}}' 2>/dev/null) || return 0
  case $host in
    '' | unix:///var/run/docker.sock) ;;
    *) export DOCKER_HOST=$host ;;
  esac
}

install_engine() {
  local missing=()
  if ! have dockerd || ! have docker; then missing+=(docker.io); fi
  if ! have iptables; then missing+=(iptables); fi
  if [ ${#missing[@]} -eq 0 ]; then return 0; fi
  say "Docker: installing Debian's packages (${missing[*]}), about 30 s"
  logged docker-install 600 apt_install "${missing[@]}" || fail_logged docker-install "the Docker engine could not be installed"
}

start_engine() {
  say "Docker: starting the engine, a few seconds"
  if [ -d /run/systemd/system ]; then
    logged docker-start 120 systemctl start docker || fail_logged docker-start "systemd could not start Docker"
  else
    # In a session of its own: it must outlive this script and the terminal, and not its lock (file 9).
    # Not with the collector's setting for commands that live for seconds: containerd's shim, one for each tenant, would keep it.
    env -u GOGC setsid dockerd --pidfile "$PGTENANTS_STATE/dockerd.pid" >"$(log_file dockerd)" 2>&1 </dev/null 9>&- &
  fi
  logged docker-start 60 wait_for_engine || fail_logged dockerd "the Docker engine does not answer after 60 s"
}

wait_for_engine() {
  until engine_answers; do sleep 0.5; done
}
