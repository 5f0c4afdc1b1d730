# SPDX-License-Identifier: MIT
# What cmake --install lays down is complete: others build against it, and it can be preloaded.
load helpers

setup_file() {
    export ROOT=$BATS_FILE_TMPDIR/root
    cmake --install "$BUILD" --prefix "$ROOT" >/dev/null
}

# The dump of /bin/true on the installed library.
dump_of_true() {
    POOLMALLOC="stats_dir=$BATS_TEST_TMPDIR;dump=$BATS_TEST_TMPDIR/dump" \
        LD_PRELOAD=$(find "$ROOT" -name libpoolmalloc.so) /bin/true
    cat "$BATS_TEST_TMPDIR/dump"
}

@test "the installed library can be preloaded" {
    [[ $(dump_of_true) == "poolmalloc: true, "* ]]
}

@test "header, example configuration, README and licence are there, and nothing outside the prefix" {
    [ "$(cd "$ROOT" && find . -name poolmalloc.h)" = ./include/poolmalloc.h ]
    cmp "$ROOT/share/doc/poolmalloc/pools.conf" "$TESTS/../pools.conf"
    [ -s "$ROOT/share/doc/poolmalloc/README.md" ]
    [ -s "$ROOT/share/doc/poolmalloc/LICENSE" ]
    [ ! -e "$ROOT/etc" ]
    while read -r path; do
        [[ $path == "$ROOT"/* ]]
    done <"$BUILD/install_manifest.txt"
}

@test "find_package gives poolmalloc::poolmalloc, for C and C++" {
    cmake -S "$TESTS/install" -B "$BATS_TEST_TMPDIR/build" -DCMAKE_PREFIX_PATH="$ROOT"
    cmake --build "$BATS_TEST_TMPDIR/build"
    for program in consumer_c consumer_cc; do
        run --separate-stderr pools "" "$BATS_TEST_TMPDIR/build/$program"
        [[ $output =~ ^([0-9.]+)\ ([0-9.]+)\ ([0-9.]+)$ ]]
        [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
        [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[3]}" ]
    done
}

@test "pkg-config finds it, and names the same version" {
    command -v pkg-config >/dev/null || skip "no pkg-config"
    PKG_CONFIG_PATH=$(dirname "$(find "$ROOT" -name poolmalloc.pc)")
    export PKG_CONFIG_PATH
    # shellcheck disable=SC2046 # several arguments
    cc -o "$BATS_TEST_TMPDIR/consumer" "$TESTS/install/consumer.c" \
        $(pkg-config --cflags --libs poolmalloc) "-Wl,-rpath,$(pkg-config --variable=libdir poolmalloc)"
    run "$BATS_TEST_TMPDIR/consumer"
    [[ $output == *" $(pkg-config --modversion poolmalloc) "* ]]
}

@test "the installed tree can be moved" {
    mv "$ROOT" "$ROOT.moved"
    PKG_CONFIG_PATH=$(dirname "$(find "$ROOT.moved" -name poolmalloc.pc)")
    export PKG_CONFIG_PATH
    directory=$(pkg-config --variable=includedir poolmalloc)
    mv "$ROOT.moved" "$ROOT"
    [[ $directory == "$ROOT.moved"/* ]]
}
