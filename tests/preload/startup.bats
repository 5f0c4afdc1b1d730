# SPDX-License-Identifier: MIT
# What happens before main, in which order libraries come, and programs that are not as usual.
load ../helpers
load ../figures

unlimited="malloc size=112 count=unlimited;malloc size=1000 count=unlimited"

# preload LIBRARIES OPTIONS PROGRAM [ARGUMENT...]
preload() {
    local list=$1 options=$2
    shift 2
    pools "programs=${1##*/};$options" env LD_PRELOAD="$list" "$@"
}

@test "static objects of C++ programs and libraries allocate before main and free after the end" {
    local static=$PROGRAMS/libstatic_objects.so list
    for list in "$LIB" "$LIB $static" "$static $LIB"; do
        run --separate-stderr preload "$list" "$unlimited" "$PROGRAMS/cxx_statics"
        [ "$status" = 0 ]
        [ -z "$stderr" ]
    done
    run --separate-stderr preload "$LIB" "$unlimited" "$PROGRAMS/cxx_statics" "$static"
    [ "$status" = 0 ]
    [ -z "$stderr" ]
}

@test "dlsym of a missing symbol, before any other allocation, in main and in threads" {
    local early=$PROGRAMS/libbefore_malloc.so list
    for list in "$LIB" "$LIB $early" "$early $LIB"; do
        run --separate-stderr preload "$list" "" "$PROGRAMS/missing_symbol"
        [ "$status" = 0 ]
        [ -z "$stderr" ]
    done
}

@test "a program that never allocates is counted too" {
    counted "malloc size=64 count=10" "$PROGRAMS/never_allocates"
    [ "$(figures MALLOC_64 avail used allocs frees)" = "10 0 0 0" ]
}

@test "the next malloc in LD_PRELOAD serves what pools do not, and nothing else" {
    run --separate-stderr preload "$LIB $PROGRAMS/libother_malloc.so" "$unlimited" \
        "$PROGRAMS/next_malloc"
    [ "$status" = 0 ]
    [ -z "$stderr" ]
    [ "$output" = "0 10" ]
}

@test "functions that another library put in libc's place, and that allocate, are not called" {
    local other=$PROGRAMS/libcalls_back.so list conf dump=$BATS_TEST_TMPDIR/dump
    for list in "$LIB $other" "$other $LIB"; do
        for conf in "on_empty=fail;malloc size=64 count=300" "$unlimited"; do
            passes "$conf" env LD_PRELOAD="$list" "$PROGRAMS/fork_often" 20
            run --separate-stderr preload "$list" "dump=$dump;programs=end_with;$conf" "$PROGRAMS/end_with" 3
            [ "$status" = 3 ]
            [ -z "$stderr" ]
            grep -q '^poolmalloc: end_with, ' "$dump"
            rm "$dump"
        done
        passes "on_empty=fail;malloc size=64 count=300" env LD_PRELOAD="$list" "$PROGRAMS/thread_ends" 40 joined
        run --separate-stderr preload "$list" "nonsense=1" "$PROGRAMS/end_with" 3
        [ "$status" = 3 ]
        [[ $stderr == *"unknown option 'nonsense'"* ]]
    done
}

@test "an auditing library (LD_AUDIT), which has a libc of its own, looks on" {
    run --separate-stderr pools "$unlimited" env LD_AUDIT="$PROGRAMS/libaudits.so" "$PROGRAMS/say_environment"
    [ "$status" = 0 ]
    [ -z "$stderr" ]
    [[ $output == "pool "* ]]
    passes "on_empty=fail;malloc size=64 count=300" env LD_AUDIT="$PROGRAMS/libaudits.so" \
        "$PROGRAMS/thread_ends" 40 joined
}

@test "valgrind takes malloc's place by itself, or leaves it to the pools" {
    command -v valgrind >/dev/null || skip "no valgrind"
    # Older ones complain of other compilers' debug information.
    strip --strip-debug -o "$BATS_TEST_TMPDIR/program" "$PROGRAMS/end_with"
    strip --strip-debug -o "$BATS_TEST_TMPDIR/library.so" "$LIB"
    LIB=$BATS_TEST_TMPDIR/library.so
    counted "malloc size=64 count=20" valgrind -q "$BATS_TEST_TMPDIR/program" 3 \
        2>"$BATS_TEST_TMPDIR/err" || [ $? = 3 ]
    [ ! -s "$BATS_TEST_TMPDIR/err" ]
    [ "$(figures MALLOC_64 allocs frees)" = "0 0" ]
    counted "malloc size=64 count=20" valgrind -q --soname-synonyms=somalloc=nouserintercepts \
        "$BATS_TEST_TMPDIR/program" 3 || [ $? = 3 ]
    [ "$(figures MALLOC_64 allocs frees)" = "10 10" ]
}

@test "jemalloc as the next malloc" {
    [ -e "$(gcc -print-file-name=libjemalloc.so.2)" ] || skip "no jemalloc here"
    run --separate-stderr preload "$LIB libjemalloc.so.2" "$unlimited" "$PROGRAMS/own_mapping" 1
    [ "$status" = 0 ]
    [ -z "$stderr" ]
}

comes_first() {
    echo "poolmalloc: the malloc of $1 comes before this library's, so nothing reaches the pools;" \
        "in LD_PRELOAD, libpoolmalloc.so must stand first"
}

@test "wrong order in LD_PRELOAD: one line says so" {
    local other=$PROGRAMS/libother_malloc.so
    run --separate-stderr preload "$other $LIB" "$unlimited" "$PROGRAMS/next_malloc"
    [ "$status" = 0 ]
    [ "$output" = "20 10" ]
    [ "$stderr" = "$(comes_first "$other")" ]
}

@test "a program with a malloc of its own is told that nothing reaches the pools" {
    run --separate-stderr pools "programs=own_malloc;$unlimited" "$PROGRAMS/own_malloc"
    [ "$status" = 0 ]
    [ "$stderr" = "$(comes_first "$PROGRAMS/own_malloc")" ]
}

@test "a static binary runs as ever" {
    run --separate-stderr pools "dump=stderr" "$PROGRAMS/static_binary" 3
    [ "$status" = 3 ]
    [ -z "$stderr" ]
}

@test "dlopen of the library itself does no harm" {
    POOLMALLOC="stats_dir=$STATS_DIR;dump=off" \
        run --separate-stderr "$PROGRAMS/open_library" "$LIB"
    [ "$status" = 0 ]
}

@test "RTLD_DEEPBIND: a plug-in's own blocks are libc's, and may be freed on both sides" {
    passes "$unlimited" "$PROGRAMS/deepbind" "$PROGRAMS/libplugin.so" own
}

@test "RTLD_DEEPBIND: libc refuses a pool's chunk that such a plug-in frees" {
    ulimit -c 0
    run --separate-stderr pools "$unlimited" "$PROGRAMS/deepbind" "$PROGRAMS/libplugin.so" ours
    [ "$status" = 134 ]
    [[ $stderr == *"free(): invalid pointer"* ]]
}

@test "a large environment is read wholly" {
    local large
    large=$(head -c 100000 /dev/zero | tr '\0' x)
    run --separate-stderr pools "$unlimited" env LARGE="$large" "$PROGRAMS/say_environment"
    [ "$status" = 0 ]
    [[ $output == "pool "* ]]
}

@test "without /proc the environment is read nevertheless" {
    [ "$(id -u)" = 0 ] && unshare -m true || skip "needs the right to mount"
    run --separate-stderr pools "$unlimited" unshare -m sh -c \
        'mount -t tmpfs none /proc && exec "$1"' - "$PROGRAMS/say_environment"
    [ "$status" = 0 ]
    [[ $output == "pool "* ]]
}

# What can be read only once, and in pieces.
@test "a configuration of some size may come through a pipe" {
    counted "" env POOLMALLOC_CONF=/dev/stdin "$PROGRAMS/never_allocates" < <(
        for _ in {1..300}; do echo "# a line of a comment that makes the configuration long enough"; done
        echo "malloc size=64 count=7"
    )
    [ "$(figure MALLOC_64 avail)" = 7 ]
}

@test "an empty environment" {
    run --separate-stderr env -i LD_PRELOAD="$LIB" "$PROGRAMS/say_environment"
    [ "$status" = 0 ]
    [[ $stderr == *"pools: built-in defaults"* ]]
}

# as_nobody DIRECTORY: runs its `program` with the library loaded by /etc/ld.so.preload, which even
# set-user-ID programs heed; in a mount namespace of its own.
as_nobody() {
    cp -a /etc "$BATS_TEST_TMPDIR/etc" && echo "$LIB" >"$BATS_TEST_TMPDIR/etc/ld.so.preload"
    unshare -m sh -c 'mount --bind "$1" /etc && shift && exec "$@"' - "$BATS_TEST_TMPDIR/etc" \
        setpriv --reuid=nobody --regid=nogroup --clear-groups \
        env POOLMALLOC="dump=$1/dump;stats_dir=$1/stats;$unlimited" POOLMALLOC_CONF=/nonexistent \
        XDG_RUNTIME_DIR="$1" "$1/program"
}

@test "a set-user-ID program ignores the environment and leaves no file" {
    [ "$(id -u)" = 0 ] && unshare -m true || skip "needs root, and the right to mount"
    local directory
    directory=$(mktemp -d)
    chmod 777 "$directory" && cp "$PROGRAMS/say_environment" "$directory/program"
    chown daemon "$directory/program" && chmod u+s "$directory/program"
    run --separate-stderr as_nobody "$directory"
    local left
    left=$(ls "$directory")
    rm -r "$directory"
    [ "$status" = 0 ]
    [ "$output" = "next euid $(id -u daemon)" ] || skip "this file system knows no set-user-ID"
    [[ $stderr == "poolmalloc: program, pid "*"; pools: built-in defaults"$'\n'* ]]
    [ "$left" = program ]
}

@test "the same program without set-user-ID heeds it" {
    [ "$(id -u)" = 0 ] && unshare -m true || skip "needs root, and the right to mount"
    local directory
    directory=$(mktemp -d)
    chmod 777 "$directory" && cp "$PROGRAMS/say_environment" "$directory/program"
    run --separate-stderr as_nobody "$directory"
    rm -r "$directory"
    [[ $stderr == *"/nonexistent: no such file"* ]]
}

@test "reading the configuration, and saying what is wrong with it, allocates nothing" {
    local conf=$BATS_TEST_TMPDIR/pools.conf
    printf 'dump = off\nstats_dir = "%s"\nmalloc size=64 count=100\npool A size=8 count=1\n' \
        "$STATS_DIR" >"$conf"
    next="$LIB $PROGRAMS/libother_malloc.so"
    [ "$(POOLMALLOC_CONF=$conf LD_PRELOAD=$next "$PROGRAMS/next_calls")" = "0 calls" ]
    [ "$(POOLMALLOC_CONF=general LD_PRELOAD=$next "$PROGRAMS/next_calls" 2>/dev/null)" = "0 calls" ]
    echo 'nonsense = 1' >>"$conf"
    run --separate-stderr env POOLMALLOC_CONF="$conf" LD_PRELOAD="$next" "$PROGRAMS/next_calls"
    [ "$output" = "0 calls" ]
    [[ $stderr == *"unknown option 'nonsense'"* ]]
}

@test "code that only the start needs does not stay in memory" {
    # awk looks at its own mapping of the library's code: the part of it that is resident. Whatever is
    # touched brings the pages around it.
    run pools "" awk '/libpoolmalloc.so$/ && $2 ~ /x/ { code = 1 } code && /^Size:/ { size = $2 }
                      code && /^Rss:/ { print $2 / size < 0.8; exit }' /proc/self/smaps
    [ "$output" = 1 ]
}
