# shellcheck shell=bash
# The linter of GitHub workflows, for tests. A small program, so it is built wherever it is not there already.

set_up_actionlint() {
  local built
  if have actionlint; then return 0; fi
  built="$PGTENANTS_CACHE/actionlint-$(hash_of toolchain/actionlint)"
  if [ ! -x "$built/actionlint" ]; then
    say "actionlint: building from Go modules, about 15 s"
    build_go actionlint actionlint "$built" github.com/rhysd/actionlint/cmd/actionlint
  fi
  use_tools "$built"
}
