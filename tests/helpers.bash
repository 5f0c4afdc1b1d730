# SPDX-License-Identifier: MIT
# Loaded by every .bats file: where things are, and how to run a program on pools.
# BUILD is the build folder; ctest sets it.
bats_require_minimum_version 1.5.0
: "${BUILD:?the build folder: run these tests by ctest}"
LIB=$BUILD/libpoolmalloc.so
COMMAND=$BUILD/poolmalloc
PROGRAMS=$BUILD/tests/programs # the small programs that tests/CMakeLists.txt builds
TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# A statistics directory of the test's own, no configuration from outside, no dump unless asked for.
setup() {
    unset POOLMALLOC_CONF POOLMALLOC LD_PRELOAD XDG_RUNTIME_DIR
    export STATS_DIR=$BATS_TEST_TMPDIR/stats
    if is_emulated; then
        ! grep -qxF -- "$BATS_TEST_DESCRIPTION" "$TESTS/aarch64/native_only" || skip "under qemu"
    fi
}

is_emulated() {
    [[ ${EMULATED-} == TRUE || ${EMULATED-} == 1 ]]
}

if is_emulated; then # without the line that qemu adds when a signal ends a program
    eval "run_in_full() $(declare -f run | tail -n +2)"
    run() {
        run_in_full "$@"
        output=$(grep -v '^qemu: uncaught' <<<"$output") || true
        stderr=$(grep -v '^qemu: uncaught' <<<"${stderr-}") || true
    }
fi

# pools OPTIONS PROGRAM [ARGUMENT...]: runs PROGRAM with the library preloaded, configured by OPTIONS
# (the POOLMALLOC variable; statements separated by ';'), and with the dump off unless OPTIONS say
# otherwise.
pools() {
    local options="stats_dir=$STATS_DIR;dump=off;$1"
    shift
    if is_emulated && [[ $1 != "$PROGRAMS"/* ]]; then
        POOLMALLOC=$options EMULATED_PRELOAD=$LIB "$@" # see aarch64/launcher.c
    else
        POOLMALLOC=$options LD_PRELOAD=$LIB "$@"
    fi
}

# passes OPTIONS PROGRAM [ARGUMENT...]: it ends with status 0 and says nothing on standard error.
passes() {
    run --separate-stderr pools "$@"
    echo "status $status: $stderr" # seen when the test fails
    [ "$status" = 0 ]
    [ -z "$stderr" ]
}
