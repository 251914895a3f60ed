# shellcheck shell=bash
# Go, only where something must be built, and the one way to build.

set_up_go() {
  local folder="$PGTENANTS_CACHE/go-$GO_VERSION"
  if have go && version_at_least "$(go_version go)" "$GO_MINIMUM"; then return 0; fi
  if [ ! -x "$folder/bin/go" ]; then
    say "Go $GO_VERSION: downloading from go.dev, about 20 s"
    download_go "$folder" ||
      fail "Pulumi's tools cannot be downloaded here, and there is no Go $GO_MINIMUM or newer to build them with" \
        "install Go (https://go.dev/dl), or allow downloads from get.pulumi.com, then run this again"
  fi
  PATH="$folder/bin:$PATH"
}

go_version() { "$1" version 2>/dev/null | sed -n 's/^go version go\([0-9.]*\).*/\1/p'; }

download_go() {
  local name="go$GO_VERSION.$OS-$GO_ARCH.tar.gz" work
  online || return 1
  work=$(work_folder)
  fetch "https://dl.google.com/go/$name" "$work/$name" && fetch "https://dl.google.com/go/$name.sha256" "$work/sum" &&
    [ "$(sha256 "$work/$name" | cut -d ' ' -f 1)" = "$(cut -d ' ' -f 1 "$work/sum")" ] &&
    tar -xzf "$work/$name" -C "$work" && move_into_place "$work/go" "$1"
  [ -x "$1/bin/go" ]
}

# build_go NAME MODULE_FOLDER TARGET_FOLDER PACKAGE [LINKER_FLAGS]: the package's programs into a new folder, whole or not at all.
build_go() {
  local name=$1 module=$2 target=$3 package=$4 flags="-s -w ${5:-}" work
  set_up_go
  work=$(work_folder)
  # GOFLAGS is set, not inherited: the user's may ask for a vendor folder. GOTOOLCHAIN lets an older Go fetch the right one.
  logged "$name" 2400 env CGO_ENABLED=0 GOTOOLCHAIN=auto GOFLAGS='-mod=readonly -buildvcs=false' GOWORK=off \
    nice go -C "toolchain/$module" build -ldflags "$flags" -o "$work/" "$package" ||
    fail_logged "$name" "$name could not be built"
  move_into_place "$work" "$target"
}
