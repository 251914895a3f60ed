# shellcheck shell=bash disable=SC2034,SC2119,SC2120 # read by the files that source this one
# What every set-up step shares: folders, messages, time limits, hashes, downloads. Sourced, not run. Bash 3.2 (macOS) is enough.

# What belongs to this user and machine. The same rule stands in components/settings.ts.
export PGTENANTS_STATE=${PGTENANTS_STATE:-${XDG_STATE_HOME:-$HOME/.local/state}/pgtenants}
# Tools that were downloaded or built: may be deleted at any time, is shared by all checkouts.
PGTENANTS_CACHE=${PGTENANTS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/pgtenants}
# The stack of the make targets; others are worked on with `pulumi` in `make shell`.
STACK=dev
PROJECT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)

# One line for each thing that is done, before it is done, with how long it may take.
SAID=0
say() {
  SAID=1
  printf 'set-up  %s\n' "$*"
}

# One line on what is wrong and one on how to mend it, then the end.
fail() {
  printf 'error: %s\n' "$1" >&2
  if [ $# -gt 1 ]; then printf '  fix: %s\n' "$2" >&2; fi
  exit 1
}

# What the steps settled on, for the last line: "Node.js 22.23.3 (PATH), Pulumi 3.259.0 (built)".
CHOSEN=
chose() { CHOSEN="${CHOSEN:+$CHOSEN, }$1"; }

have() { command -v "$1" >/dev/null 2>&1; }

# version_at_least HAVE WANT: compares dotted versions number by number; what holds no version is none.
version_at_least() {
  case $1 in [0-9]*.[0-9]*) ;; *) return 1 ;; esac
  [ "$(printf '%s\n%s\n' "$2" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}

# bounded SECONDS COMMAND...: for commands that may hang. By perl because macOS has no `timeout`.
bounded() { perl -e 'alarm shift; exec @ARGV or exit 127' "$@"; }

# logged NAME LIMIT_SECONDS COMMAND...: a long command, its output in logs/NAME.log, a line every 15 s, ended at the limit.
# Returns the command's status; the caller says what failed, by `fail_logged` where it is the end.
logged() {
  local name=$1 limit=$2 begun=$SECONDS next=15 status=0
  shift 2
  # Job control gives the command a process group of its own, so that an interrupted set-up leaves nothing running.
  set -m
  "$@" >"$(log_file "$name")" 2>&1 </dev/null &
  RUNNING=$!
  set +m
  while kill -0 "$RUNNING" 2>/dev/null; do
    if [ $((SECONDS - begun)) -ge "$limit" ]; then
      end_running
      return 124
    fi
    if [ $((SECONDS - begun)) -ge "$next" ]; then
      say "  ... $name: $next s"
      next=$((next + 15))
    fi
    sleep 0.2
  done
  wait "$RUNNING" || status=$?
  RUNNING=
  return "$status"
}

# Ends what `logged` runs and waits for it: a long build must not go on behind a set-up that was interrupted.
RUNNING=
end_running() {
  local tries=25
  if [ -z "$RUNNING" ]; then return 0; fi
  kill -TERM -- "-$RUNNING" 2>/dev/null || true
  while [ "$tries" -gt 0 ] && kill -0 -- "-$RUNNING" 2>/dev/null; do
    sleep 0.2
    tries=$((tries - 1))
  done
  kill -KILL -- "-$RUNNING" 2>/dev/null || true
  RUNNING=
}

# What runs ends with the script, however that ends, and nothing half made stays.
clean_up_at_exit() {
  trap 'end_running; rm -rf "$PGTENANTS_CACHE/.work.$$"' EXIT
  trap 'exit 130' INT TERM
}

# A new folder on the cache's own disk, so that what is finished can be moved into place; gone when set-up ends.
work_folder() { mkdir -p "$PGTENANTS_CACHE/.work.$$" && mktemp -d "$PGTENANTS_CACHE/.work.$$/XXXXXX"; }

log_file() {
  mkdir -p "$PGTENANTS_STATE/logs"
  printf '%s/logs/%s.log' "$PGTENANTS_STATE" "$1"
}

# fail_logged NAME WHAT: the log's last lines above the error that names the file.
fail_logged() {
  tail -n 15 "$(log_file "$1")" >&2
  fail "$2" "the lines above end $(log_file "$1"); run the command again once mended, it goes on from here"
}

sha256() {
  if have sha256sum; then sha256sum "$@"; else shasum -a 256 "$@"; fi
}

# hash_of PATH...: 12 hex digits over the names and contents of files and folders. Paths are relative to the checkout, so every
# checkout gives the same.
hash_of() {
  (
    cd "$PROJECT" || exit
    find "$@" -type f ! -name '*_test.go' -print | LC_ALL=C sort | while IFS= read -r file; do sha256 "$file"; done
  ) | sha256 | cut -c 1-12
}

# fetch URL FILE: whole or not at all.
fetch() {
  local part="$2.part.$$"
  if have curl; then
    curl -fsSL --connect-timeout 5 --retry 2 -o "$part" "$1"
  else
    wget -q --connect-timeout=5 --tries=2 -O "$part" "$1"
  fi && mv "$part" "$2" && return 0
  rm -f "$part"
  return 1
}

# online: whether official downloads can be reached, asked once so that a machine without internet does not wait for each.
ONLINE=
online() {
  if [ -z "$ONLINE" ]; then
    ONLINE=no
    if [ "${PGTENANTS_OFFLINE:-0}" != 1 ] && probe_url https://get.pulumi.com/; then ONLINE=yes; fi
  fi
  [ "$ONLINE" = yes ]
}

probe_url() {
  if have curl; then
    curl -fsSIL --max-time 5 -o /dev/null "$1" 2>/dev/null
  else
    bounded 5 wget -q --spider "$1" 2>/dev/null
  fi
}

# move_into_place WORK TARGET: a finished folder, unless another set-up was first.
move_into_place() {
  if [ -e "$2" ]; then rm -rf "$2"; fi
  mv "$1" "$2"
}

# use_tools FOLDER: for the rest of set-up, and for env.sh.
TOOL_FOLDERS=
use_tools() {
  PATH="$1:$PATH"
  TOOL_FOLDERS="$1${TOOL_FOLDERS:+:$TOOL_FOLDERS}"
}

# Tools of ours that the environment of `make shell` put on PATH are chosen anew, so that env.sh names them again.
forget_own_tools() {
  PATH=$(printf '%s' "$PATH" | tr ':' '\n' | grep -vF "$PGTENANTS_CACHE/" | paste -s -d : -)
}
