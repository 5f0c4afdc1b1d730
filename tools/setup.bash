# SPDX-License-Identifier: MIT
# Shared by tools/quickstart and tools/test: what must be installed, and how it gets there.

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)

# PACKAGE or PACKAGE:COMMAND, one for what builds, one for what tests. Where COMMAND is there, however
# it came, the package is not needed.
# shellcheck disable=SC2034 # used by the scripts that read this file
build_packages=(gcc:gcc g++:g++ libc6-dev make:make cmake:cmake pkg-config:pkg-config libjansson-dev
    libsimdjson-dev libsmartcols-dev libncurses-dev libelf-dev scdoc:scdoc)
# shellcheck disable=SC2034
test_packages=(libcriterion-dev liblwip-dev bats:bats binutils:nm universal-ctags:ctags-universal
    perl:perl python3:python3 sqlite3:sqlite3 procps:ps man-db:man bsdextrautils:col file:file
    dpkg-dev:dpkg-shlibdeps)
# shellcheck disable=SC2034
full_test_packages=(clang:clang shellcheck:shellcheck gcc-aarch64-linux-gnu:aarch64-linux-gnu-gcc
    g++-aarch64-linux-gnu:aarch64-linux-gnu-g++ libc6-dev-arm64-cross qemu-user:qemu-aarch64
    prometheus:promtool chromium:chromium tmux:tmux valgrind:valgrind)

note() {
    echo "== $*"
}

die() {
    echo "${0##*/}: $*" >&2
    exit 1
}

# is_there PACKAGE[:COMMAND]
is_there() {
    local package=${1%%:*} command=${1#*:}
    if [[ $command != "$1" ]] && command -v "$command" >/dev/null; then
        return
    fi
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed$'
}

# need PACKAGE[:COMMAND]...: installs what is missing, and fails with a clear line where it cannot.
need() {
    local item missing=() as_root=()
    for item; do
        is_there "$item" || missing+=("${item%%:*}")
    done
    ((${#missing[@]} > 0)) || return 0
    command -v apt-get >/dev/null \
        || die "not installed, and there is no apt-get to install it: ${missing[*]} (Debian's names)"
    if ((EUID != 0)); then
        command -v sudo >/dev/null \
            || die "not installed: ${missing[*]}. As root: apt-get install ${missing[*]}"
        as_root=(sudo)
    fi
    note "installing: ${missing[*]}"
    apt() {
        "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
            apt-get -qq -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@" >/dev/null
    }
    apt update || note "apt-get update failed; trying with the package lists that are there"
    apt install -y --no-install-recommends "${missing[@]}" \
        || die "apt-get could not install: ${missing[*]}"
}

# build DIRECTORY TARGET [CMAKE ARGUMENT...]: configures and builds; quiet unless it fails.
build() {
    local directory=$1 target=$2 log
    shift 2
    mkdir -p "$directory"
    log=$directory/build.log
    if ! { cmake -S "$root" -B "$directory" "$@" \
        && cmake --build "$directory" --target "$target" --parallel "$(nproc)"; } >"$log" 2>&1; then
        tail -n 40 "$log" >&2
        die "the build in $directory failed; all of its output is in $log"
    fi
}
