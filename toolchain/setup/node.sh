# shellcheck shell=bash
# Node.js and the npm packages of this checkout.

set_up_node() {
  if node_ready "$(command -v node || true)"; then
    chose "Node.js $(node_version node) (PATH)"
    return 0
  fi
  local official="$PGTENANTS_CACHE/node-$NODE_VERSION" package="$PGTENANTS_CACHE/node-$NODE_VERSION-npm"
  if ! node_ready "$official/bin/node" && ! node_ready "$package/bin/node"; then
    say "Node.js $NODE_VERSION: fetching, about 10 s"
    download_node "$official" || node_from_npm "$package" ||
      fail_logged node "Node.js $NODE_MINIMUM or newer was not found and could not be downloaded"
  fi
  if node_ready "$official/bin/node"; then
    use_tools "$official/bin" && chose "Node.js $NODE_VERSION (nodejs.org)"
  else
    use_tools "$package/bin" && chose "Node.js $NODE_VERSION (npm)"
  fi
}

node_version() { "$1" --version 2>/dev/null | tr -d v; }
node_ready() { [ -x "$1" ] && version_at_least "$(node_version "$1")" "$NODE_MINIMUM"; }

download_node() {
  local name="node-v$NODE_VERSION-$OS-$NODE_ARCH" site="https://nodejs.org/dist/v$NODE_VERSION" work
  online || return 1
  work=$(work_folder)
  fetch "$site/$name.tar.gz" "$work/$name.tar.gz" && fetch "$site/SHASUMS256.txt" "$work/sums" &&
    (cd "$work" && grep " $name.tar.gz\$" sums >sum && sha256 -c sum >/dev/null && tar -xzf "$name.tar.gz") &&
    move_into_place "$work/$name" "$1"
  node_ready "$1/bin/node"
}

# The package holds the binary only: npm stays the machine's own.
node_from_npm() {
  local package="node-$OS-$NODE_ARCH" work
  need_npm
  work=$(work_folder)
  logged node 300 npm install --prefix "$work" --no-save --ignore-scripts --no-audit --no-fund "$package@$NODE_VERSION" &&
    move_into_place "$work/node_modules/$package" "$1"
  node_ready "$1/bin/node"
}

need_npm() {
  if have npm; then return 0; fi
  can_apt || fail "npm was not found" "install Node.js 22 with npm, then run this again"
  say "npm: installing Debian's package, about a minute"
  logged npm-install 600 apt_install npm || fail_logged npm-install "npm could not be installed"
}

# Only when the lock file or the platform is another one than that of the last time.
# Not `npm ci`: it refuses a lock file without the binaries of every platform, and a registry that mirrors only some never gives one.
# `npm install` takes the same versions from the lock file; --no-save keeps it from writing the file.
set_up_packages() {
  local hash marker=node_modules/.pgtenants-lock
  hash="$(hash_of package-lock.json) $OS-$NODE_ARCH"
  if [ -f "$marker" ] && [ "$(cat "$marker")" = "$hash" ]; then return 0; fi
  need_npm
  say "npm packages: installing, about 30 s"
  # No package of ours needs its install script; none gets to run one.
  logged npm 900 npm install --no-save --ignore-scripts --no-audit --no-fund || fail_logged npm "npm install failed"
  printf '%s\n' "$hash" >"$marker"
}
