# SPDX-License-Identifier: MIT
# Which pool serves a request, and what happens when it is empty or no pool fits. The programs print
# usable sizes: a pool's is its size rounded up to mem_alignment; those of glibc's blocks are odd
# multiples of 8, so none of them is mistaken for a pool.
load ../helpers
load ../figures

# ask OPTIONS REQUEST...: the answers, in one line.
ask() {
    local options=$1
    shift
    counted "$options" "$PROGRAMS/requests" "$@" | paste -sd' '
}

strict="on_empty=fail;on_oversize=fail"

@test "a request goes to the first pool of the file that fits it, up to the exact size" {
    local pools="$strict;malloc size=64 count=9;malloc size=128 count=9;malloc size=256 count=9"
    [ "$(ask "$pools" m0 m1 m63 m64 m65 m127 m128 m129 m256 m257)" \
        = "64 x4 128 x3 256 x2 ENOMEM" ]
}

@test "order decides, not size: pools in descending order" {
    local pools="$strict;malloc size=256 count=2;malloc size=64 count=9"
    [ "$(ask "$pools" m1 m64 m64 m256)" = "256 x2 ENOMEM x2" ]
    [ "$(ask "$pools;try_bigger=yes" m1 m64 m64 m256)" = "256 x2 64 ENOMEM" ]
}

@test "order decides, not size: pools in no order" {
    local pools="$strict;malloc size=20 count=9;malloc size=100 count=9;malloc size=50 count=9"
    [ "$(ask "$pools;malloc size=1541 count=9" m0 m32 m33 m50 m112 m113 m1552 m1553)" \
        = "32 x2 112 x3 1552 x2 ENOMEM" ]
}

@test "sizes within one step of the routing table lead to different pools" {
    local pools="$strict;mem_alignment=1;malloc size=101 count=9;malloc size=102 count=9"
    [ "$(ask "$pools;malloc size=110 count=9;malloc size=105 count=9" \
        m97 m101 m102 m103 m105 m110 m111 m112)" = "101 x2 102 110 x3 ENOMEM x2" ]
    [ "$(figures MALLOC_101 allocs requested_bytes)" = "2 198" ]
    [ "$(figures MALLOC_102 allocs requested_bytes)" = "1 102" ]
    [ "$(figures MALLOC_110 allocs requested_bytes)" = "3 318" ]
    [ "$(figures process oversize oversize_bytes)" = "2 223" ]
}

@test "sizes around 64 KiB, where the routing table ends" {
    local pools="$strict;mem_alignment=1;malloc size=65519 count=9;malloc size=65535 count=9"
    pools+=";malloc size=65536 count=9;malloc size=65537 count=9;malloc size=100001 count=9"
    [ "$(ask "$pools" m65519 m65520 m65535 m65536 m65537 m65538 m100000 m100001 m100002)" \
        = "65519 65535 x2 65536 65537 100001 x3 ENOMEM" ]
    [ "$(figures MALLOC_65537 allocs requested_bytes)" = "1 65537" ]
    [ "$(figures MALLOC_100001 allocs requested_bytes)" = "3 $((65538 + 100000 + 100001))" ]
}

@test "chunk sizes beyond 16 and beyond 30 bits" {
    local pools="$strict;malloc size=65536 count=1;malloc size=65552 count=2;malloc size=1M count=2"
    pools+=";malloc size=1G count=1"
    [ "$(ask "$pools" m65536 m65537 m65552 m65553 m1048576 m1048577 m1073741824 m1073741825)" \
        = "65536 65552 x2 1048576 x2 1073741824 ENOMEM x2" ]
}

@test "usable sizes at every alignment, which every chunk has" {
    local alignment usable
    while read -r alignment usable; do
        [ "$(ask "$strict;mem_alignment=$alignment;malloc size=1500 count=9" "=$alignment" "*9" \
            "m$usable" "*1" m1 "m$((usable + 1))")" = "$usable x9 ENOMEM x2" ]
        [ "$(figure process oversize)" = 1 ]
    done <<'END'
1 1500
2 1500
4 1500
8 1504
16 1504
32 1504
64 1536
128 1536
256 1536
512 1536
1024 2048
2048 2048
4096 4096
END
}

@test "an aligned request goes to the first large enough pool whose chunks all are so aligned" {
    local pools="$strict;malloc size=48 count=9;malloc size=64 count=9;malloc size=192 count=9"
    pools+=";malloc size=4K count=9;malloc size=24K count=9;malloc size=2M count=3"
    [ "$(ask "$pools" a16:48 a32:32 a64:64 a64:65 a128:8 a4096:1 a4096:4097 a8192:4097 a16384:1)" \
        = "48 64 x2 192 4096 x2 24576 x2 2097152" ]
    [ "$(ask "$pools" a0x200000:1 a0x200000:0x200000 a0x400000:1)" = "2097152 x2 ENOMEM" ]
    [ "$(figures process oversize oversize_failed)" = "1 1" ]
}

@test "an empty pool: fail, and only that pool was asked" {
    [ "$(ask "$strict;malloc size=64 count=2;malloc size=128 count=2" m1 m1 m1 m1 f0 m1)" \
        = "64 x2 ENOMEM x2 64" ]
    [ "$(figures MALLOC_64 used max err failed fell_back)" = "2 2 2 2 0" ]
    [ "$(figures MALLOC_128 used max err failed)" = "0 0 0 0" ]
    [ "$(figures process oversize oversize_failed oversize_fell_back)" = "0 0 0" ]
}

@test "an empty pool: the next malloc stands in, and gets its block back" {
    [ "$(ask "on_oversize=abort;malloc size=64 count=2;malloc size=128 count=2" m1 m24 m24 m40 f2 f3 f0 m1)" \
        = "64 x2 24 40 64" ]
    [ "$(figures MALLOC_64 used max err failed fell_back)" = "2 2 2 0 2" ]
    [ "$(figures process oversize next_frees)" = "0 2" ]
}

@test "an empty pool: abort, with one line that says so" {
    run --separate-stderr pools "on_empty=abort;malloc size=50 count=2;malloc size=128 count=2" \
        "$PROGRAMS/requests" m1 m1 m33
    [ "$status" -eq 134 ]
    [ -z "$output" ]
    [ "$stderr" = "poolmalloc: pool MALLOC_50 is empty: all 2 chunks are in use, 33 bytes were asked for" ]
}

@test "no pool fits: fail" {
    [ "$(ask "on_empty=abort;on_oversize=fail;malloc size=64 count=2" m65 m64 m100000 c10:10)" \
        = "ENOMEM 64 ENOMEM x2" ]
    [ "$(figures process oversize oversize_failed oversize_fell_back oversize_bytes)" = "3 3 0 100165" ]
    [ "$(figures MALLOC_64 used err failed)" = "1 0 0" ]
}

@test "no pool fits: the next malloc stands in" {
    [ "$(ask "on_empty=abort;malloc size=64 count=2" m72 m64 c2:100 f0)" = "72 64 200" ]
    [ "$(figures process oversize oversize_failed oversize_fell_back oversize_bytes next_frees)" \
        = "2 0 2 272 1" ]
    [ "$(figures MALLOC_64 used err fell_back)" = "1 0 0" ]
}

@test "no pool fits: abort, with one line that says so" {
    run --separate-stderr pools "on_oversize=abort;malloc size=64 count=2" "$PROGRAMS/requests" m65
    [ "$status" -eq 134 ]
    [ "$stderr" = "poolmalloc: no pool has chunks for 65 bytes aligned to 16" ]
    run --separate-stderr pools "on_oversize=abort;malloc size=64 count=2" "$PROGRAMS/requests" a4096:9
    [ "$status" -eq 134 ]
    [ "$stderr" = "poolmalloc: no pool has chunks for 9 bytes aligned to 4096" ]
}

@test "try_bigger counts as lwIP does: 152 requests on 50/50/50" {
    [ "$(ask "$strict;try_bigger=yes;malloc size=256 count=50;malloc size=512 count=50;malloc size=1512 count=50" \
        "*152" m100)" = "256 x50 512 x50 1520 x50 ENOMEM x2" ]
    [ "$(figures MALLOC_256 used max err allocs failed spilled_in spilled_out requested_bytes)" \
        = "50 50 102 50 2 0 100 5000" ]
    [ "$(figures MALLOC_512 used max err allocs failed spilled_in spilled_out requested_bytes)" \
        = "50 50 52 50 0 50 0 5000" ]
    [ "$(figures MALLOC_1512 used max err allocs failed spilled_in spilled_out requested_bytes)" \
        = "50 50 2 50 0 50 0 5000" ]
}

@test "try_bigger skips pools that are too small, and falls back after the last" {
    [ "$(ask "try_bigger=yes;malloc size=256 count=1;malloc size=64 count=1;malloc size=128 count=1" \
        m100 m104 m104 m10 m24 f0 m1)" = "256 128 104 64 24 256" ]
    [ "$(figures MALLOC_256 err fell_back spilled_out)" = "4 2 2" ]
    [ "$(figures MALLOC_64 err fell_back spilled_in)" = "1 0 1" ]
    [ "$(figures MALLOC_128 err fell_back spilled_in)" = "2 0 1" ]
}

@test "the dump names shadowed pools, and no others" {
    run --separate-stderr pools "dump=stderr;malloc size=128 count=2;malloc size=64 count=2;malloc size=121 count=2;malloc size=256 count=2" \
        "$PROGRAMS/requests" m1
    grep -q "MALLOC_64 .*(shadowed: never first)" <<<"$stderr"
    grep -q "MALLOC_121 .*(shadowed: never first)" <<<"$stderr"
    [ "$(grep -c shadowed <<<"$stderr")" -eq 2 ]
}

@test "an unlimited pool grows as long as there is memory" {
    [ "$(ask "$strict;malloc size=64 count=unlimited;malloc size=4K count=1" "*100000" m64 "*1" m65 m65)" \
        = "64 x100000 4096 ENOMEM" ]
    [ "$(figures MALLOC_64 used max err)" = "100000 100000 0" ]
}
