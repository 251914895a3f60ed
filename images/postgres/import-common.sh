# shellcheck shell=sh
# What the scripts of an import share.

# refuse MESSAGE LINE...
refuse() {
  say "$1"
  shift
  if [ $# -gt 0 ]; then printf '%s\n' "$@" >&2; fi
  exit 78
}
say() { printf 'pgtenants: %s\n' "$@" >&2; }

# followed LOG WHAT TOTAL PATTERN COMMAND...: runs a command with its standard error in LOG, and says every five seconds how many of the
# TOTAL tables are done: as many as LOG has lines with PATTERN.
followed() {
  log=$1 what=$2 total=$3 pattern=$4 looks=0 told=0
  shift 4
  "$@" 2>"$log" &
  worker=$!
  while kill -0 "$worker" 2>/dev/null; do
    sleep 0.5
    looks=$((looks + 1))
    if [ $((looks % 10)) -ne 0 ]; then continue; fi
    count=$(grep -c "$pattern" "$log" || true)
    if [ "$count" -gt "$told" ]; then say "$what: $count of $total tables"; fi
    told=$count
  done
  wait "$worker"
}

# The first lines of LOG that say what went wrong.
first_errors() { grep -E -A 3 'error: |ERROR: |FATAL: ' "$1" | grep -v -E '^--$|: (creating|processing|launching|connecting)' | head -n 12; }
