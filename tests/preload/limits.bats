# SPDX-License-Identifier: MIT
# Little of everything: address space, data, file sizes, descriptors, system calls, directories.
load ../helpers
load ../figures

finite="malloc size=64 count=2000;malloc size=2000 count=100"
forty=$(for ((i = 1; i <= 40; i++)); do printf 'malloc size=%d count=unlimited;' $((i * 48)); done)

@test "a limit on address space leaves most of it to the program" {
    local kilobytes
    for kilobytes in 200000 100000; do
        for options in "$finite" "$forty"; do
            DUMP=$BATS_TEST_TMPDIR/dump # not of the children
            run --separate-stderr bash -c 'ulimit -v '$kilobytes' && exec "$@"' - \
                env LD_PRELOAD="$LIB" \
                POOLMALLOC="stats_dir=$STATS_DIR;dump=$DUMP;dump_format=json;$options" \
                "$PROGRAMS/own_mapping" $((kilobytes / 2000))
            [ "$status" = 0 ]
            [ -z "$stderr" ]
            # Sizes up to 1920 or 2000, in two threads: pools served them.
            local allocs
            allocs=$(grep -o '"allocs":[0-9]*' "$DUMP" | awk -F: '{n += $2} END {print n}')
            [ "$allocs" -ge 3840 ]
            rm "$DUMP"
        done
    done
}

@test "a limit on data" {
    for options in "$finite" "$forty"; do
        passes "$options" bash -c 'ulimit -d 40000 && exec "$@"' - \
            "$PROGRAMS/own_mapping" 10
    done
}

@test "under a limit on data the child's counters are its own" {
    run --separate-stderr pools \
        "dump=$BATS_TEST_TMPDIR/%p;dump_format=json;malloc size=40 count=100" \
        bash -c 'ulimit -d 40000 && exec "$@"' - "$PROGRAMS/fork_counts"
    [ "$status" = 0 ]
    read -r parent child <<<"$output"
    DUMP=$BATS_TEST_TMPDIR/$parent
    [ "$(figures MALLOC_40 used max allocs frees)" = "6 7 7 1" ]
    DUMP=$BATS_TEST_TMPDIR/$child
    [ "$(figures MALLOC_40 used max allocs frees)" = "5 10 3 5" ]
}

@test "a limit on file sizes sends no signal, wherever the dump goes" {
    local blocks to
    for blocks in 0 1; do
        for to in stderr "$BATS_TEST_TMPDIR/dump"; do
            run --separate-stderr pools "dump=$to;programs=end_with" \
                bash -c "ulimit -f $blocks"' && exec "$@"' - "$PROGRAMS/end_with" 3
            [ "$status" = 3 ]
            [ -z "$(ls "$STATS_DIR")" ]
        done
        # A regular file as standard error, already longer than the limit.
        seq 1000 >"$BATS_TEST_TMPDIR/err"
        run pools "dump=stderr;programs=end_with" bash -c \
            "ulimit -f $blocks"' && exec "$@" 2>>'"$BATS_TEST_TMPDIR/err" - "$PROGRAMS/end_with" 3
        [ "$status" = 3 ]
    done
}

@test "few descriptors" {
    local descriptors
    for descriptors in 4 5 64; do
        run --separate-stderr pools "dump=stderr;programs=end_with;malloc size=64 count=20" \
            bash -c "exec 3>&- 4>&- 5>&- 6>&-; ulimit -n $descriptors"' && exec "$@"' - \
            "$PROGRAMS/end_with" 3
        [ "$status" = 3 ]
        [[ $stderr == "poolmalloc: end_with, pid "*"MALLOC_64"* ]]
    done
}

@test "with finite pools nothing is asked of the kernel after start that a strict filter denies" {
    ulimit -c 0
    passes "on_empty=fail;on_oversize=fail;malloc size=64 count=300;malloc size=300 count=9" \
        "$PROGRAMS/system_calls_denied" kill
}

@test "an unlimited pool that the kernel lets grow no more is empty" {
    # Without fallback: glibc takes the error of a brk that a filter denies for an address.
    passes "on_empty=fail;malloc size=64 count=unlimited;malloc size=300 count=unlimited" \
        "$PROGRAMS/system_calls_denied" fail
}

@test "pools whose memory is refused leave a program alone that lies at the lowest addresses" {
    # Not one of unlimited and finite pools can have its memory: nothing may be given back then.
    local counts
    for counts in 1000000 1000000,unlimited; do
        run --separate-stderr pools "malloc size=4096 count=${counts/,/;malloc size=64 count=}" bash -c \
            'ulimit -v 300000 && exec "$@"' - "$PROGRAMS/fixed_address" 3
        echo "status $status: $stderr"
        [ "$status" = 3 ]
        [[ $stderr == *"the kernel refused the memory of the pools; this program runs on the next malloc"* ]]
    done
}

# refused DIRECTORY: the program runs and is counted, but leaves no file there.
refused() {
    local before
    before=$(ls -a "$1" 2>&1 || true)
    run --separate-stderr counted "stats_dir=$1;keep_stats=yes;malloc size=64 count=20" \
        "$PROGRAMS/end_with" 3
    [ "$status" = 3 ]
    [ -z "$stderr" ]
    [ "$(figures MALLOC_64 allocs frees)" = "10 10" ]
    [ "$(ls -a "$1" 2>&1 || true)" = "$before" ]
}

@test "directories for statistics that cannot be had or trusted" {
    local d=$BATS_TEST_TMPDIR
    refused "$d/missing/deep"
    refused /dev/null
    echo text >"$d/file"
    refused "$d/file"
    mkdir -m 700 "$d/real" && ln -s "$d/real" "$d/link"
    refused "$d/link"
    mkdir -m 777 "$d/open" && chmod 777 "$d/open"
    refused "$d/open"
    mkdir "$d/readable" && chmod 755 "$d/readable"
    refused "$d/readable"
    if [ "$(id -u)" = 0 ]; then
        mkdir -m 700 "$d/foreign" && chown daemon "$d/foreign"
        refused "$d/foreign"
    else
        mkdir -m 500 "$d/read_only"
        refused "$d/read_only"
    fi
}

@test "a read-only file system for statistics" {
    [ "$(id -u)" = 0 ] && unshare -m true || skip "needs the right to mount"
    mkdir -m 700 "$BATS_TEST_TMPDIR/ro"
    run --separate-stderr counted \
        "stats_dir=$BATS_TEST_TMPDIR/ro;malloc size=64 count=20;programs=end_with" \
        unshare -m sh -c 'mount -t tmpfs -o ro,mode=700 none "$1" && shift && exec "$@"' - \
        "$BATS_TEST_TMPDIR/ro" "$PROGRAMS/end_with" 3
    [ "$status" = 3 ]
    [ -z "$stderr" ]
    [ "$(figures MALLOC_64 allocs frees)" = "10 10" ]
}

# To write to a page of a mapped file that the file system has no room for ends a program by SIGBUS.
@test "a file system for statistics that is full, or that they would fill" {
    [ "$(id -u)" = 0 ] && unshare -m true || skip "needs the right to mount"
    local dir=$BATS_TEST_TMPDIR/small size
    mkdir -m 700 "$dir"
    for size in 64k 1200k; do
        passes "stats_dir=$dir;on_empty=fail;malloc size=64 count=300" unshare -m sh -c \
            'mount -t tmpfs -o "size=$1,mode=700" none "$2"; head -c 60k /dev/zero >"$2/other"; shift 2; exec "$@"' \
            - $size "$dir" "$PROGRAMS/thread_ends" 100 joined
    done
    passes "stats_dir=$dir;on_empty=fail;malloc size=64 count=300" unshare -m sh -c \
        'mount -t tmpfs -o size=2M,mode=700 none "$1"; exec "$2" "$1/other"' - "$dir" "$PROGRAMS/fills_file_system"
}

@test "a directory for statistics is private, and so is the file" {
    run pools "keep_stats=yes" "$PROGRAMS/end_with" 3
    [ "$(stat -c %a "$STATS_DIR")" = 700 ]
    [ "$(stat -c %a "$STATS_DIR"/*)" = 600 ]
}

@test "a program that changes its root after start" {
    mkdir "$BATS_TEST_TMPDIR/empty"
    run --separate-stderr pools "dump=stderr" "$PROGRAMS/allocate_after_chroot" \
        "$BATS_TEST_TMPDIR/empty"
    [ "$status" != 77 ] || skip "needs the right to chroot"
    [ "$status" = 0 ]
    [ "$(grep -c '^poolmalloc: allocate_after_chroot, pid ' <<<"$stderr")" = 2 ] # and its child
}

@test "a program that gives up root after start" {
    run --separate-stderr pools "malloc size=64 count=20" "$PROGRAMS/drop_privileges"
    [ "$status" != 77 ] || skip "needs root"
    [ "$status" = 0 ]
    [ -z "$stderr" ]
}

@test "a program that starts in a root without /proc, /dev and /tmp" {
    [ "$(id -u)" = 0 ] || skip "needs the right to chroot"
    local root=$BATS_TEST_TMPDIR/root file
    mkdir "$root"
    for file in $(ldd "$PROGRAMS/end_with" | grep -o '/[^ ]*') "$LIB" "$PROGRAMS/end_with"; do
        mkdir -p "$root${file%/*}" && cp "$file" "$root$file"
    done
    run --separate-stderr env POOLMALLOC="malloc size=64 count=20" LD_PRELOAD="$LIB" \
        unshare --root="$root" "$PROGRAMS/end_with" 3
    [ "$status" = 3 ]
    grep -q '^poolmalloc: end_with, pid .*; pools: POOLMALLOC' <<<"$stderr"
    grep -Eq '^  MALLOC_64 +64 +20 +0 .* 10 +10 ' <<<"$stderr"
}
