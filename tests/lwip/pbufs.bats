# SPDX-License-Identifier: MIT
# Packet buffers do what lwIP's do.
load ../helpers

@test "random operations on packets leave the same in lwIP's pbufs and in ours" {
    # mem_alignment and sizes as in Debian's liblwip; the counts are small enough to run out.
    local pools="mem_alignment=8;pbuf RX payload=1534 count=45;pbuf REF payload=0 count=2"
    for library in poolmalloc pools; do
        for seed in 1 2 3 4 5 6; do
            POOLMALLOC="stats_dir=$STATS_DIR;dump=off;$pools" \
                "$BUILD/tests/lwip/pbufs_with_$library" "$seed" 20000
        done
    done
}
