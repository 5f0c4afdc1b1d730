# SPDX-License-Identifier: MIT
# What finite pools promise once their memory is there: no call of malloc or free waits for the kernel.
load ../helpers

conf="prefault=yes;semantics=lwip;malloc size=256 count=1000;malloc size=1024 count=1000;"
conf+="malloc size=2048 count=1000;malloc size=8192 count=8"

@test "no page fault in malloc and free of prefaulted pools" {
    passes "$conf" "$PROGRAMS/steady" 100000
    [ "$output" = "0 page faults" ]
}

@test "no system call in malloc and free of finite pools" {
    command -v strace >/dev/null || skip "no strace"
    local log=$BATS_TEST_TMPDIR/calls
    POOLMALLOC="stats_dir=$STATS_DIR;dump=off;$conf" \
        strace -o "$log" -E LD_PRELOAD="$LIB" "$PROGRAMS/steady" 100000
    # Between the two marks only what reads the page faults.
    sed '1,/^getppid/d; /^getppid/,$d' "$log" | grep -v ^getrusage >"$log.between" || true
    [ "$(grep -c ^getppid "$log")" = 2 ]
    echo "between: $(cat "$log.between")"
    [ ! -s "$log.between" ]
}
