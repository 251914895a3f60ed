# shellcheck shell=bash
# Whether the router can listen where the stack's configuration says, by what listens on this machine now.

check_port() {
  local port wanted own taken
  port=$(stack_setting port 5432)
  wanted=$(any_address "$(stack_setting listenAddress '*')")
  own=$(own_listener "$port")
  # A deployment stops the router before it starts another one, so what it holds is free.
  if [ "$own" = "$wanted" ]; then return 0; fi
  taken=$(listeners "$port" "$wanted" | in_the_way "$wanted" "$own" | sort -u | paste -s -d ' ' -)
  if [ -z "$taken" ]; then return 0; fi
  fail "port $port is taken by another program, which listens on $taken" \
    "stop it (who: ss -ltnp 'sport = :$port'), or choose another one in make shell: pulumi config set port 5433"
}

# listeners PORT ADDRESS: the addresses that programs listen on at this port, one a line. Without ss and lsof only what a connection to
# ADDRESS can tell.
listeners() {
  if have ss; then
    { ss -Hltn "sport = :$1" || true; } | awk '{ print $4 }' | listened_addresses
  elif have lsof; then
    { lsof -nP -iTCP:"$1" -sTCP:LISTEN -Fn || true; } | sed -n 's/^n//p' | listened_addresses
  else
    probe_port "$1" "$2"
  fi
}

# probe_port PORT ADDRESS: a program on another address than loopback's goes unseen where ADDRESS stands for all.
probe_port() {
  local address=$2
  if [ "$address" = "*" ]; then address=127.0.0.1; fi
  if (exec 3<>"/dev/tcp/$address/$1") 2>/dev/null; then printf '%s\n' "$address"; fi
}

# listened_addresses: reads listeners as ss, lsof and Traefik write them (127.0.0.1:5432, 127.0.0.53%lo:53, [::1]:5432, *:5432, :5432).
listened_addresses() { sed -e 's/:[0-9]*$//' -e 's/^\[//' -e 's/\]//' -e 's/%.*//' -e 's/^::ffff://' -e 's/^$/*/'; }

# in_the_way WANTED OWN: of the addresses that it reads, those with which nobody can listen on WANTED, without the router's OWN.
in_the_way() {
  local address
  while read -r address; do
    if [ "$2" = "*" ] || [ "$address" = "$2" ]; then continue; fi
    if overlap "$1" "$address"; then printf '%s\n' "$address"; fi
  done
}

# overlap WANTED ADDRESS: ADDRESS may be all of IPv4 or all of IPv6.
overlap() {
  case $1,$2 in
    '*',* | *,'*') return 0 ;;
    *:*,0.0.0.0) return 1 ;;
    *,0.0.0.0 | *:*,::) return 0 ;;
    *) [ "$1" = "$2" ] ;;
  esac
}

# any_address ADDRESS: Traefik listens on all addresses of both families where it is given all of one.
any_address() {
  case $1 in
    0.0.0.0 | ::) echo '*' ;;
    *) printf '%s\n' "$1" ;;
  esac
}

# own_listener PORT: the address that this stack's running router listens on, if it does so at this port.
own_listener() {
  local listener
  # Of our containers, only the router has this argument. One that ends in between is an error of `inspect` that does not matter.
  listener=$(docker ps --quiet --filter label=dev.pgtenants.project=pgtenants --filter label=dev.pgtenants.stack="$STACK" \
    --filter status=running 2>/dev/null |
    { xargs docker inspect --format '{{range .Config.Cmd}}{{println .}}{{end}}' 2>/dev/null || true; } |
    sed -n 's/^--entryPoints\.postgres\.address=//p') || return 0
  if [ "${listener##*:}" = "$1" ]; then any_address "$(printf '%s\n' "$listener" | listened_addresses)"; fi
}
