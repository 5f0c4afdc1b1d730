# SPDX-License-Identifier: MIT
# Threads that come and go, and exactness between those that are there.
load ../helpers
load ../figures

strict="on_empty=fail;malloc size=64 count=300"

# The most caches that existed at the same time, of the only program that left its file.
caches() {
    "$PROGRAMS/read_stats" "$STATS_DIR"/*.pmstat | sed -n 's/.*"blocks_used":\([0-9]*\).*/\1/p'
}

@test "a thread that ends gives its cache back" {
    local kind
    for kind in joined detached; do
        passes "$strict" "$PROGRAMS/thread_ends" 40 $kind
    done
}

@test "5,000 short threads share a few caches" {
    passes "$strict;keep_stats=yes" "$PROGRAMS/thread_ends" 5000 joined
    [ "$(caches)" -le 10 ]
}

@test "frees from thread destructors that run after the cache is gone, in all 4 rounds" {
    passes "$strict;keep_stats=yes" "$PROGRAMS/free_in_thread_destructors" 0
    [ "$(caches)" -le 10 ]
}

@test "threads whose first allocation is in a destructor leave no cache behind" {
    local round
    for round in 1 2 3 4; do
        passes "$strict;keep_stats=yes" \
            "$PROGRAMS/free_in_thread_destructors" $round
        [ "$(caches)" -le 30 ]
        rm -r "$STATS_DIR"
    done
}

@test "threads that never allocate leave no cache behind" {
    passes "$strict;keep_stats=yes" "$PROGRAMS/threads_that_never_allocate" 40
    [ "$(caches)" -le 30 ]
}

@test "the loader's own blocks: thread-local memory of plug-ins, which threads touch first at once" {
    counted "malloc size=120K count=20" "$PROGRAMS/thread_local_plugin" "$PROGRAMS/libthread_local.so"
    [ "$(figures MALLOC_122880 err illegal)" = "0 0" ]
    [ "$(figure MALLOC_122880 frees)" -ge 40 ]
}

@test "the library has no thread, no signal handler and no signal mask of its own" {
    run --separate-stderr pools "on_invalid_free=warn;malloc size=64 count=10;malloc size=200 count=unlimited" \
        "$PROGRAMS/nothing_of_its_own"
    [ "$status" = 0 ]
    [[ $stderr == "poolmalloc: invalid free of 0x"*": double free"* ]]
}

@test "more threads at once than there are caches" {
    run --separate-stderr pools "on_empty=fail;malloc size=64 count=8000" \
        "$PROGRAMS/threads_at_once" 1300
    [ "$status" != 77 ] || skip "1,300 threads are not allowed here"
    [ "$status" = 0 ]
    [ -z "$stderr" ]
}

@test "the main thread leaves by pthread_exit" {
    run --separate-stderr pools "$strict;dump=stderr" "$PROGRAMS/main_leaves_first"
    [ "$status" = 0 ]
    [[ $stderr == "poolmalloc: main_leaves_first, pid "* ]]
}

@test "threads that exhaust a pool together get exactly its chunks" {
    local cache
    for cache in auto off 64; do
        passes "$strict;thread_cache=$cache" "$PROGRAMS/exhaust_together" 100
    done
}

@test "threads that together hold no more than a pool has never see it empty" {
    local cache
    for cache in auto 16; do
        passes "on_empty=fail;malloc size=64 count=48;thread_cache=$cache" \
            "$PROGRAMS/share_exactly" 1
    done
}

@test "threads that are the first to need the next malloc, all at once" {
    local round
    for round in {1..20}; do
        passes "malloc size=4K count=200" "$PROGRAMS/threads_fall_back_first"
    done
}
