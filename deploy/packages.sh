# shellcheck shell=bash
# Which Debian packages building and testing need, how they get onto the machine, and how cmake is
# called. Sourced by build and test; does nothing by itself.
# shellcheck disable=SC2034  # the lists are read by the scripts that source this

build_packages=(
  g++ cmake ninja-build lld pkg-config
  libboost-dev cppzmq-dev libzmq3-dev libmsgpack-cxx-dev libeigen3-dev libyaml-cpp-dev libcli11-dev
  libspdlog-dev libfmt-dev nlohmann-json3-dev libsqlite3-dev libssl-dev libnghttp2-dev prometheus-cpp-dev
  libgtest-dev libgmock-dev tzdata
)

# What the tests and benches start besides our own programs.
test_packages=(nginx-light haproxy wrk nghttp2-client openssl python3 iproute2 sqlite3)
# With --all: clang and its libFuzzer.
fuzz_packages=(clang libclang-rt-dev)

say() { printf '==> %s\n' "$*"; }
fail() {
  printf 'error: %s\n' "$*" >&2
  exit 1
}

installed() {
  [ "$(dpkg-query -W -f='${db:Status-Status}' "$1" 2>/dev/null)" = installed ]
}

# Any nginx will do in place of nginx-light.
present() {
  installed "$1" || { [ "$1" = nginx-light ] && command -v nginx >/dev/null; }
}

run_as_root() {
  if [ "$(id -u)" = 0 ]; then
    "$@"
  else
    sudo "$@"
  fi
}

# need_packages NAME…: installs those that are missing, or ends with what to type.
need_packages() {
  local missing=() name
  if ! { command -v dpkg-query && command -v apt-get; } >/dev/null; then
    fail "no apt-get here: install what these Debian packages hold by hand, then run
       cmake --preset release && cmake --build --preset release
       $*"
  fi
  for name in "$@"; do
    present "$name" || missing+=("$name")
  done
  if [ "${#missing[@]}" = 0 ]; then
    say "packages: all ${#} are installed"
    return
  fi
  if [ "$(id -u)" != 0 ] && ! command -v sudo >/dev/null; then
    fail "these packages are missing, and only root can install them (there is no sudo here). As root:
       apt-get install --no-install-recommends ${missing[*]}"
  fi
  say "packages: installing ${missing[*]}"
  run_as_root env DEBIAN_FRONTEND=noninteractive apt-get update -q ||
    say "apt-get update failed; trying with the package lists that are here"
  run_as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" </dev/null ||
    fail "apt-get could not install: ${missing[*]}
       See its message above; Foretide is built and tested on Debian 12."
  for name in "${missing[@]}"; do
    present "$name" || fail "apt-get said that all went well, yet $name is not installed"
  done
}

# Tools that must answer now, whatever the package lists say.
need_tools() {
  local tool
  for tool in "$@"; do
    command -v "$tool" >/dev/null ||
      fail "$tool is not in PATH although its package is installed (PATH is $PATH)"
  done
}

# configure PRESET: cmake's warnings and errors, without its list of the preset's variables.
configure() {
  cmake --preset "$1" --log-level=WARNING |
    sed -E '/^Preset (CMake|environment) variables:$/d; /^  [A-Z_]+(:[A-Z]+)?="/d; /^$/d'
}
