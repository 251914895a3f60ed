#!/usr/bin/env bash
# Lets Docker reach an engine on another machine: ci/ssh.sh KEY_FILE
# DOCKER_HOST is ssh://user@host; SSH_KNOWN_HOSTS has the host's keys, as `ssh-keyscan host` prints them, compared by hand once.
set -euo pipefail
case ${DOCKER_HOST:-} in
  ssh://*) ;;
  *) exit 0 ;;
esac
if [ -z "${SSH_KNOWN_HOSTS:-}" ] || [ ! -s "$1" ]; then
  printf 'error: DOCKER_HOST is %s, and the job has no key or no SSH_KNOWN_HOSTS\n  fix: set both: docs/ci.md\n' "$DOCKER_HOST" >&2
  exit 1
fi
host=${DOCKER_HOST#ssh://}
host=${host#*@}
umask 077
mkdir -p ~/.ssh
printf '%s\n' "$SSH_KNOWN_HOSTS" >~/.ssh/pgtenants_known_hosts
# A runner that stays has it from an earlier job.
if grep -qsxF "  IdentityFile $1" ~/.ssh/config; then exit 0; fi
cat >>~/.ssh/config <<CONFIG
Host ${host%%:*}
  IdentityFile $1
  IdentitiesOnly yes
  UserKnownHostsFile ~/.ssh/pgtenants_known_hosts
  StrictHostKeyChecking yes
  # Docker opens a connection for each call; they share one.
  ControlMaster auto
  ControlPath ~/.ssh/pgtenants_%C
  ControlPersist 60
CONFIG
