# SPDX-License-Identifier: MIT
# Counters agree with what a program counted itself, and dumps with the counters.
load ../helpers
load ../figures

sizes=(16 64 112 256 1024 4096 70000)

random() { # policy of the program, options, count
    local size name line pools=""
    for size in "${sizes[@]}"; do
        pools+=";malloc size=$size count=$3"
    done
    counted "$2$pools" "$PROGRAMS/count_random" "$1" 30000 "$3" "${sizes[@]}" >"$BATS_TEST_TMPDIR/counted"
    while read -r name line; do
        if [ "$name" = process ]; then
            [ "$(figures process oversize oversize_bytes next_frees)" = "$line" ]
            continue
        fi
        [ "$(figures "$name" used max err allocs frees failed spilled_in spilled_out fell_back requested_bytes)" \
            = "$line" ] || { echo "$name: $line"; return 1; }
        read -r used max least illegal cached < <(figures "$name" used max max_at_least illegal cached)
        [ "$least $illegal" = "$max 0" ]
        [ $((used + cached)) -le "$3" ]
    done < <(grep -v '^\[' "$BATS_TEST_TMPDIR/counted")
}

# The histogram of the dump, as the program prints its own; only for sizes up to 64 KiB.
histogram() {
    sed 's/.*"sizes":\[//; s/\]\]}$/]/; s/\],\[/]\n[/g' "$DUMP"
}

@test "one thread: every counter and the high-water mark are exact, for each policy and cache" {
    local cache
    for cache in off auto 2 50; do
        random fail "semantics=lwip;thread_cache=$cache" 40
        random bigger "semantics=lwip;try_bigger=yes;thread_cache=$cache" 40
        random fallback "thread_cache=$cache" 40
    done
}

@test "thread_cache is the most that a thread keeps of a pool" {
    local cache
    for cache in 1 2 3 10; do
        random fail "semantics=lwip;thread_cache=$cache" 100
        for size in "${sizes[@]}"; do
            [ "$(figure "MALLOC_$size" cached)" -le "$cache" ]
        done
    done
    random fail "semantics=lwip;thread_cache=off" 100
    for size in "${sizes[@]}"; do
        [ "$(figure "MALLOC_$size" cached)" -eq 0 ]
    done
}

@test "the histogram of requested sizes is exact" {
    sizes=(16 64 112 256 1024 4096 60000)
    for cache in off auto; do
        random fail "semantics=lwip;thread_cache=$cache" 30
        diff <(grep '^\[' "$BATS_TEST_TMPDIR/counted") <(histogram)
    done
}

threads() { # options, threads, peak of each
    local count=unlimited
    [[ $1 != *on_empty=fail* ]] || count=$(($2 * $3 + 4 * 41))
    # By way of a file: the program must have ended, dump and all, before the figures are read.
    counted "$1;malloc size=64 count=$count;malloc size=1K count=20" \
        "$PROGRAMS/count_threads" "$2" "$3" 50000 >"$BATS_TEST_TMPDIR/counted"
    read -r peak line <"$BATS_TEST_TMPDIR/counted"
    # What starting threads allocates is larger than 64 bytes.
    [ "$(figures MALLOC_64 allocs frees used requested_bytes)" = "$line" ]
    [ "$(figure MALLOC_64 max)" -ge "$peak" ]
    [ "$(figure MALLOC_64 max_at_least)" -le "$peak" ]
}

@test "several threads: counters are exact when they are done" {
    threads "" 4 100
    threads "thread_cache=8" 3 300
    threads "thread_cache=8;on_empty=fail" 4 400
    threads "on_empty=fail" 3 20
    threads "thread_cache=4096" 2 1000
}

@test "several threads: the high-water mark is in its range, which is at most what was cached" {
    threads "thread_cache=8" 4 500
    [ "$(($(figure MALLOC_64 max) - $(figure MALLOC_64 max_at_least)))" -le $((3 * 8)) ]
}

@test "several threads: without thread caches the high-water mark is exact" {
    threads "thread_cache=off" 4 100
    [ "$(figures MALLOC_64 max max_at_least cached)" = "$peak $peak 0" ]
}

@test "the high-water mark survives that caches are emptied" {
    for how in fork thread; do
        for cache in off auto 6 50; do
            counted "on_empty=fail;thread_cache=$cache;malloc size=64 count=50;malloc size=1K count=4" \
                "$PROGRAMS/max_after_reclaim" "$how"
            [ "$(figure MALLOC_64 max)" -eq 50 ] || { echo "$how, thread_cache=$cache"; return 1; }
        done
    done
}
