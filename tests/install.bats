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

@test "the installed command finds the installed library and presets" {
    [ -x "$ROOT/bin/poolmalloc" ] || skip "built without the command"
    run --separate-stderr "$ROOT/bin/poolmalloc" run -c general -o "stats_dir=$STATS_DIR" true
    [ "$status" = 0 ]
    [[ $stderr == "poolmalloc: true, "*"$ROOT/share/poolmalloc/presets/general.conf"* ]]
    [ -n "$(ls "$ROOT"/share/man/man1/poolmalloc-run.1.gz)" ] || skip "no scdoc"
    [ -s "$ROOT/share/bash-completion/completions/poolmalloc" ]
}

@test "header, example configuration, README and licence are there, and nothing outside the prefix" {
    [ "$(cd "$ROOT" && find . -name poolmalloc.h)" = ./include/poolmalloc.h ]
    [ -s "$ROOT/include/poolmalloc_pbuf.h" ]
    cmp "$ROOT/share/doc/poolmalloc/pools.conf" "$TESTS/../pools.conf"
    [ -s "$ROOT/share/doc/poolmalloc/README.md" ]
    [ -s "$ROOT/share/doc/poolmalloc/LICENSE" ]
    [ ! -e "$ROOT/etc" ]
    while read -r path; do
        [[ $path == "$ROOT"/* ]]
    done <"$BUILD/install_manifest.txt"
}

@test "every link of the installed README leads to something" {
    local document=$ROOT/share/doc/poolmalloc links
    links=$(grep -oE '\]\([^)#]+\)' "$document/README.md" | grep -v '(https:' | sed -E 's/..(.*)./\1/')
    [[ $links == *poolmalloc.h* && $links == *.svg* ]]
    while read -r link; do
        [ -s "$document/$link" ]
    done <<<"$links"
}

# The project of tests/install, built against what is installed: once for all tests.
consumers() {
    BUILT=$BATS_FILE_TMPDIR/consumers
    [ -d "$BUILT" ] || cmake -S "$TESTS/install" -B "$BUILT" -DCMAKE_PREFIX_PATH="$ROOT"
    cmake --build "$BUILT" -j2
}

@test "find_package gives poolmalloc::poolmalloc, for C and C++" {
    consumers
    for program in consumer_c consumer_cc; do
        run --separate-stderr pools "" "$BUILT/$program"
        [[ $output =~ ^([0-9.]+)\ ([0-9.]+)\ ([0-9.]+)$ ]]
        [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[2]}" ]
        [ "${BASH_REMATCH[1]}" = "${BASH_REMATCH[3]}" ]
    done
}

# linked LIBRARY MALLOC: programs linked with it have pools, and this malloc. Nothing is preloaded.
linked() {
    local language
    consumers
    for language in c cc; do
        POOLMALLOC="stats_dir=$STATS_DIR;dump=off;malloc size=200 count=9;pool SYS_MBOX size=64 count=22" \
            run --separate-stderr "$BUILT/$1_$language"
        echo "$1_$language: $status, $stderr"
        [ "$status" = 0 ]
        [ "$output" = "malloc: $2" ]
        [ -z "$stderr" ]
    done
}

@test "poolmalloc::poolmalloc: pools and malloc" { linked poolmalloc pool; }
@test "poolmalloc::poolmalloc-static: pools and malloc, in the program itself" {
    linked poolmalloc-static pool
    ! readelf -d "$BUILT/poolmalloc-static_c" | grep poolmalloc
}
@test "poolmalloc::pools: pools, and the program's own malloc" { linked pools other; }
@test "poolmalloc::pools-static: the same, in the program itself" {
    linked pools-static other
    ! readelf -d "$BUILT/pools-static_c" | grep poolmalloc
}

@test "a static library takes no names from the program but its own" {
    local names
    for library in poolmalloc poolmalloc-pools; do
        names=$(nm -g --defined-only "$(find "$ROOT" -name lib$library.a)" | awk 'NF == 3 {print $3}' | sort)
        [ -z "$(comm -23 <(echo "$names") "$TESTS/exports.txt")" ]
        [[ $names == *pm_alloc* ]]
    done
    [[ $names != *malloc_usable_size* ]] # the last is the one without malloc
}

@test "a program with poolmalloc::pools says nothing at its end unless asked to" {
    consumers
    POOLMALLOC="stats_dir=$STATS_DIR;pool SYS_MBOX size=64 count=22" \
        run --separate-stderr "$BUILT/pools_c"
    [ -z "$stderr" ]
    POOLMALLOC="stats_dir=$STATS_DIR;dump=stderr;pool SYS_MBOX size=64 count=22" \
        run --separate-stderr "$BUILT/pools_c"
    [[ $stderr == "poolmalloc: pools_c, "*SYS_MBOX*sessions*blocks* ]]
    [[ $stderr != *MALLOC_* ]]
}

@test "pkg-config finds both, and names the same version" {
    command -v pkg-config >/dev/null || skip "no pkg-config"
    PKG_CONFIG_PATH=$(dirname "$(find "$ROOT" -name poolmalloc.pc)")
    export PKG_CONFIG_PATH
    for library in poolmalloc poolmalloc-pools; do
        # shellcheck disable=SC2046 # several arguments
        cc -o "$BATS_TEST_TMPDIR/consumer" "$TESTS/install/consumer.c" \
            $(pkg-config --cflags --libs $library) "-Wl,-rpath,$(pkg-config --variable=libdir $library)"
        run "$BATS_TEST_TMPDIR/consumer"
        [[ $output == *" $(pkg-config --modversion $library) "* ]]
        readelf -d "$BATS_TEST_TMPDIR/consumer" | grep -F "[lib$library.so]"
    done
}

@test "the installed tree can be moved" {
    mv "$ROOT" "$ROOT.moved"
    PKG_CONFIG_PATH=$(dirname "$(find "$ROOT.moved" -name poolmalloc.pc)")
    export PKG_CONFIG_PATH
    directory=$(pkg-config --variable=includedir poolmalloc)
    mv "$ROOT.moved" "$ROOT"
    [[ $directory == "$ROOT.moved"/* ]]
}

@test "a program for lwIP compiles against the installed headers" {
    local folder=$TESTS/lwip/example library
    library=$(dirname "$(find "$ROOT" -name libpoolmalloc.so)")
    cc -o "$BATS_TEST_TMPDIR/use" -I"$folder" -I"$ROOT/include" -I"$ROOT/include/poolmalloc-lwip" \
        "$folder/use.c" "$folder/pools.c" -L"$library" -lpoolmalloc -Wl,-rpath,"$library"
    POOLMALLOC="stats_dir=$BATS_TEST_TMPDIR;dump=off" "$BATS_TEST_TMPDIR/use" | grep -q "SYS_MBOX 22"
    consumers # with find_package
    POOLMALLOC="stats_dir=$BATS_TEST_TMPDIR;dump=off" "$BUILT/for_lwip" | grep -q "SYS_MBOX 22"
    if command -v pkg-config >/dev/null; then
        PKG_CONFIG_PATH=$(dirname "$(find "$ROOT" -name poolmalloc.pc)")
        [ -e "$(PKG_CONFIG_PATH=$PKG_CONFIG_PATH pkg-config --variable=lwipdir poolmalloc-pools)/lwip/memp.h" ]
    fi
}
