# SPDX-License-Identifier: MIT
# Children of every kind, of programs whose other threads are in the middle of something.
load ../helpers
load ../figures

strict="on_empty=fail;malloc size=64 count=300"

@test "fork while other threads allocate: the child allocates at once and loses no chunk" {
    passes "$strict" "$PROGRAMS/fork_while_threads_allocate" 20 fork
}

@test "_Fork and raw clone while other threads allocate, which run no fork handlers" {
    local kind
    for kind in _Fork clone; do
        passes "$strict" "$PROGRAMS/fork_while_threads_allocate" 20 $kind
    done
}

@test "a child of vfork that allocates leaves its parent's threads their caches" {
    for _ in {1..8}; do
        passes "malloc size=40 count=unlimited;malloc size=400 count=unlimited" "$PROGRAMS/vfork_allocates"
    done
}

@test "the child gets the chunks back that sat in the caches of threads that no longer exist" {
    local kind
    for kind in fork _Fork; do
        passes "$strict" "$PROGRAMS/fork_with_full_caches" $kind
    done
}

@test "a fork inside a child of _Fork that has not allocated yet" {
    passes "$strict" "$PROGRAMS/fork_with_full_caches" fork_in_Fork
}

@test "fork handlers of other libraries may allocate: linked before or after, or opened later" {
    local handlers=$PROGRAMS/libatfork_allocates.so list
    for list in "$LIB $handlers" "$handlers $LIB"; do
        passes "$strict" env LD_PRELOAD="$list" "$PROGRAMS/fork_with_handlers"
    done
    passes "$strict" "$PROGRAMS/fork_with_handlers" "$handlers"
}

children() { # kind...
    local kind
    for kind; do
        passes "$strict" "$PROGRAMS/children_of_every_kind" "$kind" "$PROGRAMS/end_with"
    done
}

@test "vfork, posix_spawn, clone, fork and exec leave the parent's pools whole" {
    children vfork vfork_exit posix_spawn clone_vm fork_exec
}

@test "system and popen leave the parent's pools whole" {
    children system popen
}

@test "the counters of a child are its own" {
    run --separate-stderr pools \
        "dump=$BATS_TEST_TMPDIR/%p;dump_format=json;malloc size=40 count=100" \
        "$PROGRAMS/fork_counts"
    [ "$status" = 0 ]
    read -r parent child <<<"$output"
    DUMP=$BATS_TEST_TMPDIR/$parent
    [ "$(figures MALLOC_40 used max allocs frees)" = "6 7 7 1" ]
    DUMP=$BATS_TEST_TMPDIR/$child # it inherited 7
    [ "$(figures MALLOC_40 used max allocs frees)" = "5 10 3 5" ]
    grep -q "\"pid\":$child," "$DUMP"
    [ "$(grep -c schema "$DUMP")" = 1 ]
    [ -z "$(ls "$STATS_DIR")" ]
}

@test "a child that lives on gets a file of its own, which outlives it" {
    run --separate-stderr pools "malloc size=40 count=100" "$PROGRAMS/fork_counts" live
    [ "$status" = 0 ]
    read -r parent child <<<"$output"
    "$PROGRAMS/read_stats" "$STATS_DIR/$child.pmstat" >"$DUMP"
    [ "$(figures MALLOC_40 used allocs frees fell_back)" = "100 98 5 105" ]
    grep -q "\"forked_from\":$parent," "$DUMP"
    [ "$(ls "$STATS_DIR")" = "$child.pmstat" ]
}

@test "a child begins with what its parent had at the fork, not with what it did later" {
    local dump
    run --separate-stderr pools "malloc size=40 count=100" "$PROGRAMS/fork_and_free" end
    [ "$status" = 0 ]
    "$PROGRAMS/read_stats" "$STATS_DIR/$output.pmstat" >"$DUMP"
    [ "$(figures MALLOC_40 used max allocs frees)" = "100 100 90 0" ]
    grep -q '"ended":0' "$DUMP"

    passes "dump=$BATS_TEST_TMPDIR/%p;dump_format=json;thread_cache=off;malloc size=40 count=2000" \
        "$PROGRAMS/fork_and_free" often
    for dump in $(grep -l '"allocs":0,' "$BATS_TEST_TMPDIR"/[0-9]*); do # the children's
        DUMP=$dump
        [ "$(figures MALLOC_40 used max allocs frees)" = "2000 2000 0 0" ]
    done
    [ -n "$dump" ]
}

@test "the file of a child that lives on is its own, though a child of vfork allocates first" {
    run --separate-stderr pools "malloc size=40 count=1000" "$PROGRAMS/fork_and_free" vfork
    [ "$status" = 0 ]
    [ "$(ls "$STATS_DIR")" = "$output.pmstat" ]
}

@test "whatever a child of _Fork does, the parent's file is untouched" {
    local what
    for what in nothing malloc free realloc usable fork; do
        run --separate-stderr pools "dump=$BATS_TEST_TMPDIR/%p;malloc size=40 count=100" \
            "$PROGRAMS/unannounced_child" $what
        [ "$status" = 137 ]
        [ -z "$stderr" ]
        "$PROGRAMS/read_stats" "$STATS_DIR"/*.pmstat >"$DUMP"
        [ "$(figures MALLOC_40 used allocs frees)" = "2 2 0" ]
        [ "$(figures process usable_size_calls)" = 0 ]
        grep -q '"ended":0' "$DUMP"
        local pid
        pid=$(sed -n 's/.*"pid":\([0-9]*\).*/\1/p' "$DUMP")
        [ ! -e "$BATS_TEST_TMPDIR/$pid" ] # no dump in the parent's name
        rm -r "$STATS_DIR"
    done
}

@test "a limit on address space that changes between start and fork" {
    passes "" "$PROGRAMS/raise_limit_then_fork"
    ulimit -S -v 400000
    passes "" "$PROGRAMS/raise_limit_then_fork"
}

@test "1,000 forks of a threaded program leave no files behind" {
    passes "$strict" "$PROGRAMS/fork_often" 1000
    [ -z "$(ls "$STATS_DIR")" ]
}

@test "200 times fork and exec leave no files behind" {
    passes "$strict" "$PROGRAMS/fork_often" 200 "$PROGRAMS/end_with"
    [ -z "$(ls "$STATS_DIR")" ]
}

@test "a signal handler forks in the middle of malloc and free" {
    local pools
    for pools in "count=unlimited" "count=100;on_empty=fail" "count=100;thread_cache=off" \
        "count=100;overflow_check=1"; do
        passes "malloc size=64 $pools" "$PROGRAMS/fork_in_handler" 300
    done
}
