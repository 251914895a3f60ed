#!/bin/sh
# offsite.sh SECONDS: copies what is new in the tenants' repositories to the store, every SECONDS, for as long as the container runs. WAL of all
# tenants first, then backups for no longer than that; several tenants at a time. Where the store does not answer nobody is tried.
set -u
umask 077
. "${0%/*}/common.sh"
interval=$1
trap 'exit 0' TERM INT
said=/tmp/said

probe() {
  if ! is_atomic; then timeout 30 rclone mkdir offsite: 2>"$said" || return; fi
  timeout 30 rclone lsf --max-depth 1 offsite: >/dev/null 2>"$said"
}

# What was handed over for the store, of all of which every version is kept.
send() {
  for folder in state keys; do
    if [ -z "$(ls "$outbox/$folder" 2>/dev/null)" ]; then continue; fi
    ls "$outbox/$folder" >/tmp/sent
    deliver "$outbox/$folder" "$folder" --exclude '.*' 2>"$said" || return
    while read -r file; do rm -f "$outbox/$folder/$file"; done </tmp/sent
  done
}

# each AT_ONCE COMMAND...: runs it for every tenant. xargs ends with 123 where one did not come to its end.
each() {
  at_once=$1
  shift
  find /repositories -mindepth 1 -maxdepth 1 -printf '%f\n' | xargs -r -n 1 -P "$at_once" "$@"
}

mkdir -p "$outbox" "$home/tenants"
echo "pgtenants: copying every $interval s"
while :; do
  began=$(date +%s)
  rm -f /tmp/more
  if [ ! -s "$RCLONE_CONFIG" ]; then
    sleep 1 &
    wait $!
    continue
  fi
  # It may be another store: what is remembered of the last one does not count. Here, where nobody copies.
  if ! cmp -s "$RCLONE_CONFIG" "$home/used.conf"; then
    rm -rf "$home"/last-* "$home"/tenants/*
    cp "$RCLONE_CONFIG" "$home/used.conf"
  fi
  if probe && send; then
    keep "$home/answered" "$began"
    rm -f "$home/error"
    each 4 "${0%/*}/copy.sh" archive
    # The next round's WAL must not wait for large backups.
    export OFFSITE_UNTIL=$((began + interval))
    # shellcheck disable=SC2016 # expanded by the shell that it is for
    each 2 sh -c 'if [ "$(date +%s)" -lt "$OFFSITE_UNTIL" ]; then exec "$0" backup "$1"; else : >/tmp/more; fi' "${0%/*}/copy.sh"
  else
    why=$(last_words "$said")
    keep "$home/error" "$(date +%s)" "${why:-no answer within 30 s}"
    echo "pgtenants: the store does not take anything: ${why:-no answer within 30 s}" >&2
  fi
  # A background job, so that the container's stop does not wait for it.
  left=$((began + interval - $(date +%s)))
  if [ "$left" -gt 0 ] && [ ! -e /tmp/more ]; then
    sleep "$left" &
    wait $!
  fi
done
