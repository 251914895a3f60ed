# shellcheck shell=bash
# The Pulumi CLI and, beside it, the language host that runs programs on Node.js.

set_up_pulumi() {
  local found official="$PGTENANTS_CACHE/pulumi-$PULUMI_VERSION" built
  found=$(command -v pulumi || true)
  if pulumi_ready "$found" && have_language_host "$found"; then
    chose "Pulumi $(pulumi_version "$found") (PATH)"
    return 0
  fi
  built="$PGTENANTS_CACHE/pulumi-$PULUMI_VERSION-$(hash_of toolchain/cli toolchain/language-host)"
  if ! pulumi_ready "$official/pulumi" && ! pulumi_ready "$built/pulumi"; then
    download_pulumi "$official" || build_pulumi "$built"
  fi
  if pulumi_ready "$official/pulumi"; then
    use_tools "$official" && chose "Pulumi $PULUMI_VERSION (get.pulumi.com)"
  else
    use_tools "$built" && chose "Pulumi $PULUMI_VERSION (built here)"
  fi
}

pulumi_version() { PULUMI_SKIP_UPDATE_CHECK=true bounded 10 "$1" version 2>/dev/null | tr -d v; }
pulumi_ready() { [ -x "$1" ] && version_at_least "$(pulumi_version "$1")" "$PULUMI_MINIMUM"; }
have_language_host() { have pulumi-language-nodejs || [ -x "$(dirname "$1")/pulumi-language-nodejs" ]; }

download_pulumi() {
  local work name="pulumi-v$PULUMI_VERSION-$OS-$NODE_ARCH.tar.gz"
  online || return 1
  say "Pulumi $PULUMI_VERSION: downloading from get.pulumi.com, about a minute"
  work=$(work_folder)
  fetch "https://get.pulumi.com/releases/sdk/$name" "$work/$name" && tar -xzf "$work/$name" -C "$work" &&
    move_into_place "$work/pulumi" "$1"
  pulumi_ready "$1/pulumi"
}

build_pulumi() {
  local work cli
  cli="$PGTENANTS_CACHE/pulumi-cli-$PULUMI_VERSION-$(hash_of toolchain/cli)"
  if ! pulumi_ready "$cli/pulumi"; then
    say "Pulumi $PULUMI_VERSION: building from Go modules, 3 to 6 minutes"
    build_go pulumi cli "$cli" github.com/pulumi/pulumi/pkg/v3/cmd/pulumi \
      "-X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v$PULUMI_VERSION"
  fi
  work=$(work_folder)
  cp -R toolchain/language-host/. "$work/"
  # A hard link: 115 MB once, however often the language host changes.
  ln "$cli/pulumi" "$work/pulumi"
  move_into_place "$work" "$1"
  pulumi_ready "$1/pulumi" || fail "the Pulumi CLI that was built does not start" "run $1/pulumi version to see why"
}
