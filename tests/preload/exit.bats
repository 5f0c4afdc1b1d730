# SPDX-License-Identifier: MIT
# How programs end: what becomes of the dump, and of the statistics file.
load ../helpers
load ../figures

small="malloc size=40 count=100"

# The figures of the only file of statistics.
survivor() {
    [ "$(ls "$STATS_DIR" | wc -l)" = 1 ]
    "$PROGRAMS/read_stats" "$STATS_DIR"/*.pmstat >"$DUMP"
}

@test "the file survives _exit, quick_exit, abort and SIGKILL, with the right figures" {
    local how expected
    ulimit -c 0
    while read -r how expected; do
        run --separate-stderr pools "dump=stderr;$small" "$PROGRAMS/end_by" "$how"
        [ "$status" = "$expected" ]
        [ -z "$stderr" ]
        survivor
        [ "$(figures MALLOC_40 used err allocs frees requested_bytes)" = "5 0 7 2 280" ]
        grep -q '"ended":0' "$DUMP"
        rm -r "$STATS_DIR"
    done <<'END'
_exit 0
quick_exit 0
abort 134
kill 137
END
}

@test "the high-water mark of a process that was killed is not too low" {
    run pools "$small" "$PROGRAMS/end_by" kill
    [ "$status" = 137 ]
    survivor
    [ "$(figures MALLOC_40 max)" -ge 7 ]
    [ "$(figures MALLOC_40 max_at_least)" -le 7 ]
}

@test "the file is removed after an end that dumped, by return, exit, or exit in another thread" {
    local how
    for how in return exit thread; do
        run --separate-stderr counted "$small" "$PROGRAMS/end_by" $how
        [ "$status" = 0 ]
        [ -z "$stderr" ]
        [ "$(figures MALLOC_40 used allocs frees requested_bytes)" = "5 7 2 280" ]
        [ $how = thread ] || [ "$(figures MALLOC_40 max)" = 7 ] # exit saw another thread's cache
        [ -z "$(ls "$STATS_DIR")" ]
    done
}

@test "the file is removed after an end that wanted no dump, and kept where keep_stats says so" {
    pools "$small" "$PROGRAMS/end_by" return
    [ -z "$(ls "$STATS_DIR")" ]
    pools "keep_stats=yes;$small" "$PROGRAMS/end_by" return
    survivor
    [ "$(figures MALLOC_40 used max allocs frees)" = "5 7 7 2" ]
    grep -q '"ended":1' "$DUMP"
}

@test "exec leaves the earlier image's file, and the later image has its own" {
    run --separate-stderr pools "keep_stats=yes;$small" "$PROGRAMS/end_by" exec "$PROGRAMS/end_with"
    [ "$status" = 0 ]
    local first second
    first=$(ls "$STATS_DIR" | grep -v '\.1\.') second=$(ls "$STATS_DIR" | grep '\.1\.')
    [ "$second" = "${first%.pmstat}.1.pmstat" ]
    "$PROGRAMS/read_stats" "$STATS_DIR/$first" >"$DUMP"
    grep -q '"program":"end_by"' "$DUMP"
    [ "$(figures MALLOC_40 used allocs frees)" = "5 7 2" ]
    "$PROGRAMS/read_stats" "$STATS_DIR/$second" >"$DUMP"
    grep -q '"program":"end_with"' "$DUMP"
    [ "$(figures process oversize)" = 10 ]
}

@test "a dump that cannot be written: one line says so, the file is kept, the status too" {
    local path why
    for why in "/dev/full: no space left" "/nonexistent/dump: no such file or directory" "/: is a directory"; do
        path=${why%: *}
        run --separate-stderr pools "dump=$path;$small" "$PROGRAMS/end_with" 3
        [ "$status" = 3 ]
        [ "$stderr" = "poolmalloc: the dump could not be written to $why" ]
        survivor
        rm -r "$STATS_DIR"
    done
}

@test "the path of a dump: program, process id, start and host" {
    local before after
    before=$(date +%s)
    run --separate-stderr pools "dump=$BATS_TEST_TMPDIR/d/%e-%p-%t-%h;programs=end_with;$small" \
        bash -c 'mkdir "$1" && shift && echo $$ && exec "$@"' - "$BATS_TEST_TMPDIR/d" \
        "$PROGRAMS/end_with" 3
    after=$(date +%s)
    [ "$status" = 3 ]
    local name=$BATS_TEST_TMPDIR/d/end_with-$output
    local start
    start=$(ls "$BATS_TEST_TMPDIR/d" | sed -n "s/^end_with-$output-\([0-9]*\)-$(uname -n)\$/\1/p")
    [ "$start" -ge "$before" ]
    [ "$start" -le "$after" ]
    [ "$(stat -c %a "$name"*)" = 600 ]
}

@test "a dump is added to a file that exists" {
    echo first >"$BATS_TEST_TMPDIR/file"
    pools "dump=$BATS_TEST_TMPDIR/file;$small" "$PROGRAMS/end_with" 0
    pools "dump=$BATS_TEST_TMPDIR/file;$small" "$PROGRAMS/end_with" 0
    [ "$(head -n 1 "$BATS_TEST_TMPDIR/file")" = first ]
    [ "$(grep -c '^poolmalloc: end_with' "$BATS_TEST_TMPDIR/file")" = 2 ]
}

@test "programs that close standard error before their end still give a dump" {
    run --separate-stderr pools "dump=stderr;$small" ls /
    [ "$status" = 0 ]
    [[ $stderr == "poolmalloc: ls, pid "* ]]
    run --separate-stderr pools "dump=stderr;$small" sort /etc/passwd
    [ "$status" = 0 ]
    [[ $stderr == "poolmalloc: sort, pid "* ]]
    run --separate-stderr pools "dump=stderr;$small" dd if=/dev/zero of=/dev/null count=1
    [ "$status" = 0 ]
    [[ $stderr == *"poolmalloc: dd, pid "* ]]
}

@test "a program that closes descriptor 2 and opens a file there finds its data as it wrote it" {
    run --separate-stderr pools "dump=stderr;$small" "$PROGRAMS/reuse_descriptors" \
        "$BATS_TEST_TMPDIR/data" two
    [ "$status" = 0 ]
    [[ $stderr == "poolmalloc: reuse_descriptors, pid "* ]]
    [ "$(cat "$BATS_TEST_TMPDIR/data")" = data ]
}

@test "a program that was started without descriptor 2 and opens a file there, too" {
    pools "dump=stderr;$small" "$PROGRAMS/reuse_descriptors" "$BATS_TEST_TMPDIR/data" already 2>&-
    [ "$(cat "$BATS_TEST_TMPDIR/data")" = data ]
    survivor
}

@test "a program that closes all descriptors and uses 700 and above itself, too" {
    passes "dump=stderr;$small" "$PROGRAMS/reuse_descriptors" \
        "$BATS_TEST_TMPDIR/data" all
    [ "$(cat "$BATS_TEST_TMPDIR/data")" = data ]
    survivor # what could not be dumped
}

@test "a reader that has gone away does not change how the program ends" {
    local status_file=$BATS_TEST_TMPDIR/status fifo=$BATS_TEST_TMPDIR/fifo
    mkfifo "$fifo"
    exec 5<>"$fifo" 6>"$fifo" # opened while there is a reader
    exec 5<&-
    pools "dump=stderr;$small" "$PROGRAMS/end_with" 3 2>&6 || echo $? >"$status_file"
    exec 6>&-
    [ "$(cat "$status_file")" = 3 ]
    survivor
}

@test "a program that closes its standard error and wants no dump keeps nobody waiting for its end" {
    passes "dump=off" "$PROGRAMS/closes_stderr"
}

@test "a daemon does not keep its caller waiting for the end of standard error" {
    local pid reader fifo=$BATS_TEST_TMPDIR/fifo
    mkfifo "$fifo"
    timeout 100 cat "$fifo" >"$BATS_TEST_TMPDIR/text" 3>&- &
    reader=$!
    pools "dump=stderr" "$PROGRAMS/daemonize" "$BATS_TEST_TMPDIR/pid" >"$fifo" 2>&1 3>&-
    local ended=0
    wait "$reader" || ended=$? # 124: somebody still had the other end open
    for ((i = 0; i < 2000; i++)); do
        [ ! -s "$BATS_TEST_TMPDIR/pid" ] || break
        sleep 0.05
    done
    pid=$(cat "$BATS_TEST_TMPDIR/pid")
    # A daemon that had ended would prove nothing; unreaped ones answer to kill, but are in state Z.
    local state
    state=$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat")
    kill "$pid"
    [ "$ended" = 0 ]
    [[ $state == [RSD] ]]
    [[ $(cat "$BATS_TEST_TMPDIR/text") == "poolmalloc: daemonize, pid "* ]]
}

@test "exit in a signal handler, in the middle of malloc and free, ends the program" {
    local pools
    for pools in "count=100" "count=100;thread_cache=off" "count=100;overflow_check=1"; do
        passes "malloc size=64 $pools" "$PROGRAMS/exit_in_handler" 100
    done
}

@test "a handler of SIGABRT that allocates, when the library itself aborts" {
    local cache
    for cache in "" ";thread_cache=off" ";overflow_check=1"; do
        run --separate-stderr pools "malloc size=64 count=9$cache" "$PROGRAMS/allocate_in_abort_handler" double
        [ "$status" = 7 ]
        [[ $stderr == "poolmalloc: invalid free of 0x"*": double free"* ]]
        run --separate-stderr pools "on_empty=abort;malloc size=64 count=9;malloc size=1000 count=50$cache" \
            "$PROGRAMS/allocate_in_abort_handler" empty
        [ "$status" = 7 ]
        [[ $stderr == "poolmalloc: pool MALLOC_64 is empty: "* ]]
    done
}
