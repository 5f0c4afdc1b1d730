# SPDX-License-Identifier: MIT
# Invalid frees: each is noticed and counted, none is reported that is not one, and no chunk's state
# suffers.
load ../helpers
load ../figures

sizes=(16 48 100 1024 1512 3000 5000 65552)

# The program's pools, and one in between for what creating a thread allocates.
misuse_pools() { # count
    local size
    for size in "${sizes[@]}"; do
        echo -n ";malloc size=$size count=$1"
        [ "$size" -ne 100 ] || echo -n ";malloc size=512 count=9"
    done
}

# Runs thousands of misuses and compares the library's count of each pool with the program's.
misuse() { # options, cases, count (0: unlimited)
    local count=$3 name illegal used total=0
    [ "$count" -gt 0 ] || count=unlimited
    counted "on_invalid_free=ignore;on_oversize=fail;$1$(misuse_pools "$count")" \
        "$PROGRAMS/misuse" "$2" "$3" "${sizes[@]}" >"$BATS_TEST_TMPDIR/counted"
    while read -r name _ illegal _ used; do
        [ "$(figures "$name" illegal used)" = "$illegal $used" ]
        [ "$used" -eq "$3" ] # every chunk could still be had
        total=$((total + illegal))
    done <"$BATS_TEST_TMPDIR/counted"
    [ "$total" -ge "$2" ]
    [ "$(figure MALLOC_512 illegal)" -eq 0 ]
}

@test "thousands of invalid frees are counted exactly, without thread caches" {
    misuse "on_empty=fail;thread_cache=off" 2000 200
}

@test "thousands of invalid frees are counted exactly, with thread caches" {
    misuse "on_empty=fail" 10000 200
}

@test "thousands of invalid frees are counted exactly, with caches of a few chunks" {
    misuse "on_empty=fail;thread_cache=4" 3000 200
}

@test "thousands of invalid frees are counted exactly, in unlimited pools" {
    misuse "on_empty=fail" 3000 0
}

@test "thousands of invalid frees are counted exactly, with overflow_check and poison" {
    misuse "on_empty=fail;overflow_check=1;poison=yes" 3000 200
    misuse "on_empty=fail;overflow_check=1" 1000 0
    misuse "on_empty=fail;overflow_check=2" 200 30
    misuse "on_empty=fail;poison=yes" 1000 200
}

# The line that a fault gets; the program prints address and chunk itself.
line() { # fault
    echo "poolmalloc: invalid free of ${output% *}: pool MALLOC_64, chunk ${output#* }: $1"
}

cases="double|double free
realloc|double free
middle|pointer into the middle of a chunk
odd|pointer into the middle of a chunk
new|chunk was never handed out
beyond|pointer beyond the last chunk"

faulty() { # thread_cache and more, kind
    run --separate-stderr pools "thread_cache=$1;malloc size=64 count=4;malloc size=1K count=4" \
        "$PROGRAMS/invalid_free" "$2"
}

@test "an invalid free aborts, and one line says where and why" {
    local kind fault cache
    for cache in off auto 4; do
        while IFS='|' read -r kind fault; do
            faulty "$cache" "$kind"
            [ "$status" -eq 134 ]
            [ "$stderr" = "$(line "$fault")" ]
        done <<<"$cases"
    done
}

@test "on_invalid_free = warn: the same line, and the program goes on" {
    local kind fault
    while IFS='|' read -r kind fault; do
        faulty "auto;on_invalid_free=warn" "$kind"
        [ "$status" -eq 0 ]
        [ "$stderr" = "$(line "$fault")" ]
    done <<<"$cases"
}

@test "on_invalid_free = ignore: not a word" {
    local kind
    while IFS='|' read -r kind _; do
        faulty "off;on_invalid_free=ignore" "$kind"
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
    done <<<"$cases"
}

# What two threads free at the same moment may go to neither of them twice.
race() { # thread_cache, rounds, chunks
    counted "on_invalid_free=ignore;on_empty=fail;thread_cache=$1;malloc size=64 count=200;malloc size=1K count=4" \
        "$PROGRAMS/double_free_race" "$2" "$3"
    [ "$(figures MALLOC_64 illegal used)" = "$2 0" ]
}

@test "two threads free a chunk at the same moment: no chunk is in two hands, without thread caches" {
    race off 30000 3
}

@test "two threads free a chunk at the same moment: no chunk is in two hands, with thread caches" {
    race auto 30000 1
    race 4 30000 20
    race 200 30000 3
}
