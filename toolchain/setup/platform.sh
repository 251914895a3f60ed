# shellcheck shell=bash disable=SC2034 # read by the files that source this one
# What machine this is, in the words of each download site.

detect_platform() {
  case "$(uname -s)-$(uname -m)" in
    Linux-x86_64) OS=linux GO_ARCH=amd64 NODE_ARCH=x64 ;;
    Linux-aarch64) OS=linux GO_ARCH=arm64 NODE_ARCH=arm64 ;;
    Darwin-x86_64) OS=darwin GO_ARCH=amd64 NODE_ARCH=x64 ;;
    Darwin-arm64) OS=darwin GO_ARCH=arm64 NODE_ARCH=arm64 ;;
    *) fail "platform $(uname -sm) is not supported" "use Linux or macOS on x86_64 or arm64 (on Windows: WSL 2)" ;;
  esac
}

is_root() { [ "$(id -u)" = 0 ]; }

# Whether this user may install Debian packages here.
can_apt() { is_root && have apt-get; }

# apt_install PACKAGE...: asks nothing, waits for another apt, leaves the machine's configuration files as they are.
apt_install() {
  local options=(-q -y -o DPkg::Lock::Timeout=120 -o Dpkg::Options::=--force-confold)
  DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" update &&
    DEBIAN_FRONTEND=noninteractive apt-get "${options[@]}" install --no-install-recommends "$@"
}
