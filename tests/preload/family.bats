# SPDX-License-Identifier: MIT
# Every function of the malloc family keeps its own rules: those that C, POSIX and glibc give it. The
# oracle is glibc: the same programs without the library print the same lines.
load ../helpers
load ../figures

# 40 unlimited pools, 16 bytes to 32 KiB, four an octave; nothing outside them.
many_pools() {
    local size step
    echo -n "on_empty=fail;on_oversize=fail"
    for step in 16 32 48 64 80 96 112 128 160 192 224 256 320 384 448 512 640 768 896 1024 1280 1536 \
        1792 2048 2560 3072 3584 4096 5120 6144 7168 8192 10240 12288 14336 16384 20480 24576 28672 32768; do
        size=$step
        echo -n ";malloc size=$size count=unlimited"
    done
}

tiny="malloc size=64 count=3;malloc size=256 count=3;malloc size=1512 count=3;malloc size=4K count=2"

configurations=(
    ""
    "thread_cache=off"
    "$(many_pools)"
    "$(many_pools);thread_cache=off"
    "$tiny"
    "$tiny;try_bigger=yes;thread_cache=2"
    "mem_alignment=1;malloc size=100 count=unlimited;malloc size=99 count=9;malloc size=33000 count=30"
    "mem_alignment=4096;malloc size=100 count=50;malloc size=9000 count=50;malloc size=40000 count=50"
    "malloc size=32768 count=unlimited"
    "malloc size=1 count=1"
)

# Runs a program without the library, then under every configuration, and compares.
same_everywhere() {
    local configuration expected=$BATS_TEST_TMPDIR/expected
    "$@" >"$expected"
    [ -s "$expected" ]
    for configuration in "${configurations[@]}"; do
        pools "$configuration" "$@" >"$BATS_TEST_TMPDIR/found"
        diff "$expected" "$BATS_TEST_TMPDIR/found" || { echo "$configuration"; return 1; }
    done
}

@test "sizes, alignments, errno and results at every edge are glibc's" {
    same_everywhere "$PROGRAMS/family_rules"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/expected")" -gt 1000 ]
}

@test "random calls of the whole family keep every block's content" {
    same_everywhere "$PROGRAMS/family_random" 60000 32768 1
}

@test "random calls up to large sizes keep every block's content" {
    configurations=("" "$tiny" "malloc size=100K count=9;malloc size=300K count=unlimited")
    same_everywhere "$PROGRAMS/family_random" 20000 400000 2
}

@test "requests that fail leave every block as it is" {
    local seed
    for seed in 1 2 3; do
        counted "semantics=lwip;try_bigger=yes;$tiny" "$PROGRAMS/family_random" 20000 5000 "$seed"
        [ "$(figure process oversize_failed)" -gt 100 ]
        [ "$(figure MALLOC_4096 failed)" -gt 100 ]
        [ "$(figures MALLOC_64 used illegal) $(figures MALLOC_1512 used illegal)" = "0 0 0 0" ]
    done
}

@test "calloc's memory is zero, fresh or used before" {
    same_everywhere "$PROGRAMS/calloc_is_zero" 140000
}

@test "free_sized, free_aligned_sized and cfree release a block" {
    [ "$(pools "semantics=lwip;thread_cache=off;malloc size=128 count=1;malloc size=4K count=9" "$PROGRAMS/frees_with_size")" = "0 0 0 0 77" ]
}

ask() {
    local options=$1
    shift
    counted "$options" "$PROGRAMS/requests" "$@" | paste -sd' '
}

classic="malloc size=256 count=2;malloc size=512 count=2;malloc size=1512 count=2"

@test "realloc stays in place while the size fits the chunk" {
    [ "$(ask "$classic" m10 r0:256 r1:1 m1520 r3:1 f4 m1512 r5:761 r6:1520 )" \
        = "256 =256 x2 1520 256 1520 =1520 x2" ]
}

@test "a grown block moves to the pool that its new size leads to, or to the next malloc" {
    [ "$(ask "$classic" m10 r0:257 r1:1520 r2:5000 m1 m1 f4 m300 m300)" \
        = "256 512 1520 5000 256 x2 512 x2" ]
    [ "$(figures MALLOC_256 used frees) $(figures MALLOC_512 used) $(figures MALLOC_1512 used frees)" \
        = "1 2 2 0 1" ]
}

@test "a block of the next malloc comes into a pool when its size has one" {
    [ "$(ask "$classic" m5000 r0:100 r1:40000 r2:1500 m1513)" = "5000 256 40008 1520 x2" ]
    [ "$(figures MALLOC_256 used frees) $(figure MALLOC_1512 used)" = "0 1 2" ]
}

@test "a shrunk block moves only below half its chunk and into a free chunk; a shrink never fails" {
    [ "$(ask "semantics=lwip;$classic" m1500 r0:760 r1:513 r2:512 r3:257 r4:256 m1 r5:1 m1 m1500 r9:1)" \
        = "1520 =1520 x2 512 =512 256 x2 =256 ENOMEM 1520 =1520" ]
    [ "$(ask "semantics=lwip;$classic" m1 m1 m257 m257 m1500 r4:1 r5:300)" \
        = "256 x2 512 x2 1520 =1520 x2" ]
    [ "$(figures MALLOC_256 err failed) $(figures MALLOC_512 err failed)" = "0 0 0 0" ]
}

@test "realloc and reallocarray to nothing free the block" {
    [ "$(ask "semantics=lwip;thread_cache=off;malloc size=64 count=1" m1 r0:0 m1 r2:0 m1 m1)" = "64 null 64 null 64 ENOMEM" ]
}

@test "a block that cannot grow stays, by either policy" {
    [ "$(ask "semantics=lwip;$classic" m512 m512 m10 r2:300 r2:2000 r2:256)" \
        = "512 x2 256 ENOMEM x2 =256" ]
    [ "$(figures MALLOC_512 err failed) $(figures process oversize oversize_failed)" = "1 1 1 1" ]
}

@test "realloc keeps all usable bytes, and the usable size stays as long as the block" {
    passes "" "$PROGRAMS/usable_bytes_survive"
    passes "$(many_pools)" "$PROGRAMS/usable_bytes_survive"
    passes "$tiny" "$PROGRAMS/usable_bytes_survive"
}

@test "blocks that libc handed out by names of its own are freed and resized" {
    passes "" "$PROGRAMS/around_malloc"
    passes "on_oversize=fallback;malloc size=64 count=3;malloc size=1K count=unlimited" "$PROGRAMS/around_malloc"
}
