#!/usr/bin/env bash
# Keeps tenants from what this machine serves on all its addresses: one rule each for IPv4 and IPv6, for what comes in from the tenants'
# bridges (`pgt-<stack>`) and belongs to no connection that this machine began. No other rule is touched. docs/hardening.md says more.
# A step of set-up; by itself, as root, it does the same for a set-up that may not: sudo toolchain/setup/firewall.sh

FIREWALL_UNIT=/etc/systemd/system/pgtenants-firewall.service

set_up_firewall() {
  if [ "$OS" != linux ]; then return 0; fi
  if ! engine_is_here; then
    warn "the engine is at $DOCKER_HOST: tenants may reach what is served there on all addresses" \
      "where that is another machine, run toolchain/setup/firewall.sh there as root; see docs/hardening.md"
  elif ! is_root; then
    if ! unit_is_current; then
      warn "only root can place the firewall rule that keeps tenants from what this machine serves on all its addresses" \
        "sudo toolchain/setup/firewall.sh (what it does: docs/hardening.md)"
    fi
  elif ! have iptables; then
    warn "there is no iptables to place the rule with that keeps tenants from what this machine serves on all its addresses" \
      "install it and run this again, or add the rule to your own firewall: docs/hardening.md"
  else
    place_firewall_rules
    keep_firewall_rules
  fi
}

engine_is_here() {
  case ${DOCKER_HOST:-} in
    '' | unix:///var/run/docker.sock | unix:///run/docker.sock) return 0 ;;
    *) return 1 ;;
  esac
}

# warn WHAT FIX: set-up goes on, because what it makes works without the rule as well.
warn() { printf 'warning: %s\n  fix: %s\n' "$1" "$2" >&2; }

# Where the kernel has no IPv6, ip6tables fails and there is nothing to keep out.
firewall_tools() {
  echo iptables
  if [ -e /proc/net/if_inet6 ]; then echo ip6tables; fi
}

# `pgt-+` is every interface whose name begins so: components/names.ts. What an operator's rules let in is not ours to know, so it is first.
firewall_rule() { echo "-i pgt-+ -m conntrack ! --ctstate ESTABLISHED,RELATED -m comment --comment pgtenants -j DROP"; }

# The shell commands for a tool that find the rule, and that find or place it: for set-up and for the unit, so that they cannot differ.
firewall_check() { echo "$1 -w 10 -C INPUT $(firewall_rule) 2>/dev/null"; }
firewall_command() { echo "$(firewall_check "$1") || $1 -w 10 -I INPUT 1 $(firewall_rule)"; }

place_firewall_rules() {
  local tool placed=
  for tool in $(firewall_tools); do
    if sh -c "$(firewall_check "$tool")"; then continue; fi
    say "firewall: keeping tenants from what this machine serves ($tool)"
    if sh -c "$(firewall_command "$tool")"; then
      placed=1
    else
      warn "the firewall rule could not be placed: tenants may reach what this machine serves on all its addresses" \
        "the line above says why; or add the rule to your own firewall: docs/hardening.md"
    fi
  done
  if [ -n "$placed" ] && ! systemd_runs; then
    say "firewall: no systemd here, so after a reboot the rule is gone until this runs again"
  fi
}

systemd_runs() { [ -d /run/systemd/system ]; }

unit_is_current() { [ -e "$FIREWALL_UNIT" ] && [ "$(firewall_unit)" = "$(cat "$FIREWALL_UNIT")" ]; }

# Before Docker, so that no tenant runs without the rule; after firewalls that put theirs first, or empty the chain, when they start.
firewall_unit() {
  local tool
  cat <<'UNIT'
# Written by pgtenants, toolchain/setup/firewall.sh.
[Unit]
Description=Keep the tenants of pgtenants from what this machine serves
Before=docker.service
After=ufw.service firewalld.service nftables.service netfilter-persistent.service

[Service]
Type=oneshot
RemainAfterExit=yes
UNIT
  for tool in $(firewall_tools); do printf "ExecStart=/bin/sh -c '%s'\n" "$(firewall_command "$tool")"; done
  printf '\n[Install]\nWantedBy=multi-user.target\n'
}

keep_firewall_rules() {
  if ! systemd_runs || unit_is_current; then return 0; fi
  say "firewall: making the rule survive a reboot ($FIREWALL_UNIT)"
  firewall_unit >"$FIREWALL_UNIT"
  chmod 644 "$FIREWALL_UNIT"
  { systemctl daemon-reload && systemctl --quiet enable --now "$(basename "$FIREWALL_UNIT")"; } ||
    warn "systemd does not take $FIREWALL_UNIT, so after a reboot the firewall rule is gone until this runs again" "the lines above say why"
}

if [ "${BASH_SOURCE[0]}" = "$0" ]; then
  set -euo pipefail
  here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
  for file in lib platform; do
    # shellcheck source=/dev/null # each is checked on its own
    source "$here/$file.sh"
  done
  detect_platform
  set_up_firewall
fi
