#!/bin/sh
# apply-pools.sh READY_SECONDS: makes the pools what standard input says, a line NAME BASE64-OF-INI for each, and a line "end" after the last.
# Starts those that are new, stops those that are gone, and leaves alone those that are the same. Another ini is taken over without ending a
# session; what PgBouncer takes over only when it starts, and another "; sessions" line, end that pool's. Ends when every pool listens, READY_SECONDS
# at most. May be killed at any point: what differs then is put right by the next one, or by the container's next start.
set -eu
umask 077
# shellcheck source-path=SCRIPTDIR source=pools-common.sh
. "${0%/*}/pools-common.sh"
deadline=$(($(date +%s) + $1))
exec 9>"$run/apply.lock"
flock 9

new=$run/new
rm -rf "$new"
mkdir "$new"
whole=no
while read -r name encoded; do
  if [ "$name $encoded" = 'end ' ]; then
    whole=yes
    break
  fi
  case $name in
    '' | -* | *[!a-z0-9-]*) echo "pgtenants: a pool's name is \"$name\", expected lower case letters, digits and dashes" >&2; exit 64 ;;
  esac
  printf %s "$encoded" | base64 -d >"$new/$name.ini"
done
# Where the sender was killed the engine ends the input as if all had come.
if [ "$whole" = no ]; then
  echo "pgtenants: standard input ended before its last line; the pools stay as they are. Deploy again" >&2
  exit 65
fi

# each FOLDER: the names of the pools in it.
each() {
  for file in "$1"/*.ini; do
    if [ -e "$file" ]; then basename "$file" .ini; fi
  done
}

for name in $(each "$config"); do
  if [ ! -e "$new/$name.ini" ]; then rm "$config/$name.ini"; fi
done
for name in $(each "$new"); do
  if cmp --silent "$new/$name.ini" "$config/$name.ini"; then continue; fi
  cp "$new/$name.ini" "$config/.$name.new"
  mv "$config/.$name.new" "$config/$name.ini"
done
rm -rf "$new"

for service in "$services"/*; do
  name=${service##*/}
  if [ ! -d "$service" ] || [ -e "$config/$name.ini" ]; then continue; fi
  # A name that is not linked any more was cut off here.
  if [ -e "$scan/$name" ]; then s6-svunlink -t 10000 "$scan" "$name"; fi
  rm -rf "$service"
done
for name in $(each "$config"); do
  service=$services/$name
  if [ ! -e "$scan/$name" ]; then
    make_service "$name"
    s6-svlink -t 10000 "$scan" "$service" "$name"
  elif [ ! -e "$service/applied.ini" ] || cmp --silent "$config/$name.ini" "$service/applied.ini"; then
    continue
  elif [ "$(only_at_start "$config/$name.ini")" = "$(only_at_start "$service/applied.ini")" ]; then
    cp "$config/$name.ini" "$service/pool.ini"
    s6-svc -h "$service"
    cp "$config/$name.ini" "$service/applied.ini"
  else
    s6-svc -s QUIT "$service"
  fi
done

# Columns of /proc/net/tcp: 2 is the local address, 4 the state (0A: listening).
listening() { awk '$4 == "0A" { split($2, local, ":"); print local[2] }' /proc/net/tcp /proc/net/tcp6; }
missing() {
  ports=$(listening)
  for name in $(each "$config"); do
    port=$(printf %04X "$(sed -n 's/^listen_port = //p' "$config/$name.ini")")
    if cmp --silent "$config/$name.ini" "$services/$name/applied.ini" && printf '%s\n' "$ports" | grep -qx "$port"; then continue; fi
    echo "$name"
  done
}
while :; do
  waiting=$(missing)
  if [ -z "$waiting" ]; then exit 0; fi
  if [ "$(date +%s)" -ge "$deadline" ]; then
    # shellcheck disable=SC2086 # one line for all
    echo "pgtenants: not listening after $1 s:" $waiting >&2
    exit 75
  fi
  sleep 0.05
done
