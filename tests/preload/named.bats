# SPDX-License-Identifier: MIT
# Named pools in a program that is linked with the library without a malloc, and runs with the one that has
# it preloaded, or on its own.
load ../helpers
load ../figures

conf="malloc size=200 count=9;pool BOX size=64 count=10 desc=\"mail boxes\";pbuf RX payload=100 count=4"

# alone OPTIONS PROGRAM...: nothing preloaded.
alone() {
    local options=$1
    shift
    POOLMALLOC="stats_dir=$STATS_DIR;dump=off;$options" "$@"
}

# Each test runs both ways: $1 is `pools` or `alone`.
in_json() {
    "$1" "dump=$DUMP;dump_format=json;$conf" "$PROGRAMS/named_pools" use
    [ "$(figures BOX size usable avail used max err allocs frees)" = "64 64 10 1 10 1 10 9" ]
    [ "$(figures RX size usable avail used max err allocs frees)" = "132 144 4 2 4 1 4 2" ]
    [ "$(figures sessions size usable avail used max err allocs frees)" = "40 48 7 3 7 1 7 4" ]
    [ "$(figures made size usable avail used max err allocs frees)" = "100 112 5 4 5 1 5 1" ]
    [ "$(figures blocks size usable avail used max err allocs frees)" = "100 112 6 5 6 1 6 1" ]
    [ "$(grep -oE '"name":"[A-Z_a-z0-9]*","kind":"[a-z]*","desc":"[^,]*"' "$DUMP" | grep -v MALLOC)" = '"name":"BOX","kind":"pool","desc":"mail boxes"
"name":"RX","kind":"pbuf","desc":""
"name":"sessions","kind":"static","desc":"open sessions"
"name":"made","kind":"created","desc":""
"name":"blocks","kind":"created","desc":"of \"malloc\""' ]
    rm "$DUMP"
}

@test "every kind of named pool is in the JSON dump, after the malloc pools" {
    in_json pools
    in_json alone
}

@test "the text dump has a row for each, in order" {
    pools "dump=$DUMP;$conf" "$PROGRAMS/named_pools" use
    [ "$(awk 'NR > 1 {print $1, $2}' "$DUMP" | head -7)" = "pool size
MALLOC_200 200
BOX 64
RX 132
sessions 40
made 100
blocks 100" ]
}

@test "the lwIP dump shows descriptions, as stats_display does" {
    pools "dump=$DUMP;dump_format=lwip;$conf" "$PROGRAMS/named_pools" use
    [ "$(grep '^MEM' "$DUMP")" = "MEM MALLOC_200
MEM mail boxes
MEM RX
MEM open sessions
MEM made
MEM of \"malloc\"" ]
}

@test "OpenMetrics tells a named pool from a malloc pool of the same name" {
    pools "dump=$DUMP;dump_format=openmetrics;pool MALLOC_200 size=16 count=2;$conf" \
        "$PROGRAMS/named_pools" use
    [ "$(grep -c '^poolmalloc_pool_avail{.*pool="MALLOC_200"' "$DUMP")" -eq 2 ]
    [ "$(grep '^poolmalloc_pool' "$DUMP" | sed 's/ [0-9]*$//' | sort | uniq -d)" = "" ]
    grep -q '^poolmalloc_pool_avail{.*pool="BOX",index="2"} 10$' "$DUMP"
}

@test "the figures of a killed program are in its statistics file" {
    run pools "$conf" "$PROGRAMS/named_pools" die
    "$PROGRAMS/read_stats" "$STATS_DIR"/*.pmstat >"$DUMP"
    [ "$(figures BOX used max err)" = "1 10 1" ]
    [ "$(figures blocks used max err)" = "5 6 1" ]
}

@test "free and realloc of a named pool's chunk are noticed, and size is known" {
    for kind in free realloc; do
        run --separate-stderr pools "$conf" "$PROGRAMS/named_pools" $kind
        [ "$status" -eq 134 ]
        [[ $stderr == "poolmalloc: invalid free of 0x"*": pool BOX, chunk "*": chunk of a named pool, which free is not for" ]]
        passes "on_invalid_free=ignore;$conf" "$PROGRAMS/named_pools" $kind
    done
    passes "$conf" "$PROGRAMS/named_pools" usable
}

# misused alone|pools: what pm_free gets wrongly.
misused() {
    run --separate-stderr "$1" "$conf" "$PROGRAMS/named_pools" wrong
    [ "$status" -eq 134 ]
    [[ $stderr == "poolmalloc: invalid free of 0x"*": pool RX: it belongs to BOX" ]]
    run --separate-stderr "$1" "$conf" "$PROGRAMS/named_pools" double
    [ "$status" -eq 134 ]
    [[ $stderr == "poolmalloc: invalid free of 0x"*": pool BOX, chunk "*": double free" ]]
    run --separate-stderr "$1" "on_invalid_free=warn;$conf" "$PROGRAMS/named_pools" double
    [ "$status" -eq 0 ]
    [ "$(wc -l <<<"$stderr")" -eq 1 ]
}

@test "a chunk given to the wrong pool, or twice" {
    misused pools
    misused alone
}

@test "a child of fork and of _Fork has the pools, the chunks, and nobody in the line" {
    for kind in fork _Fork; do
        passes "$conf" "$PROGRAMS/named_pools" $kind
        run --separate-stderr alone "$conf" "$PROGRAMS/named_pools" $kind
        [ "$status" -eq 0 ]
        [ -z "$stderr" ]
    done
}

# What the program gets of BOX and of its own pool; -1: no such pool.
exhausted() { # alone|pools, options, the two numbers
    run --separate-stderr "$1" "$2" "$PROGRAMS/named_pools" exhaust
    [ "$status" -eq 0 ]
    [ "$output" = "$3" ]
}

@test "policies of malloc don't touch named pools, nor does the program's name its own" {
    for how in pools alone; do
        exhausted $how "semantics=lwip;$conf" "10 7"
        exhausted $how "on_empty=abort;try_bigger=yes;$conf" "10 7"
        exhausted $how "thread_cache=off;$conf" "10 7"
        exhausted $how "prefault=yes;$conf" "10 7"
        exhausted $how "mem_alignment=4096;$conf" "10 7"
        exhausted $how "programs=other;$conf" "-1 7"
    done
}

@test "a configuration with mistakes has no pools, and the program its own all the same" {
    for how in pools alone; do
        run --separate-stderr $how "$conf;malloc size=0 count=1" "$PROGRAMS/named_pools" exhaust
        [ "$output" = "-1 7" ]
        [[ $stderr == *"size: 0 is out of range"*"the configuration has mistakes"* ]]
    done
}

@test "named pools take as much address space as they need, whatever the largest is" {
    local many="malloc size=64 count=100;pool LARGE size=1M count=20;" i
    for ((i = 1; i <= 189; i++)); do
        many+="pool P$i size=64 count=10;"
    done
    run --separate-stderr pools "${many}pool BOX size=64 count=10" bash -c \
        'ulimit -v 60000 && exec "$@"' - "$PROGRAMS/named_pools" exhaust
    echo "$stderr"
    [ "$status" -eq 0 ]
    [ "$output" = "10 7" ]
}

@test "pools that cannot be had are said to be so, and the program runs" {
    run --separate-stderr pools "dump=off;pool LARGE size=1G count=64000;$conf" bash -c \
        'ulimit -v 1000000 && exec "$@"' - "$PROGRAMS/named_pools" exhaust
    [[ $stderr == *"the kernel refused the memory of the named pools"* ]]
}
