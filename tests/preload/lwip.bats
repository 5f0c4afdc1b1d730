# SPDX-License-Identifier: MIT
# The library's answers to every trace of tests/lwip are lwIP's own: which pool serves each request,
# and what lwIP's counters say at the end.
load ../helpers
load ../lwip/answers

replay() { # conf, trace, yes | no, options
    local dump=$BATS_TEST_TMPDIR/dump
    rm -f "$dump"
    # shellcheck disable=SC2046 # one argument a line
    POOLMALLOC_CONF=$1 pools "try_bigger=$3;$4;dump=$dump;dump_format=lwip" \
        "$PROGRAMS/replay_trace" "$2" $(geometry "$1")
    counters "$dump"
}

replay_all() { # options
    local trace compared=0
    for trace in "$TESTS"/lwip/*.trace; do
        local conf=${trace%-*}.conf answers=${trace%.trace}
        diff <(replay "$conf" "$trace" no "$1") "$answers.plain.out"
        diff <(replay "$conf" "$trace" yes "$1") "$answers.try_bigger.out"
        compared=$((compared + 2))
    done
    [ "$compared" -eq 48 ]
}

@test "every trace is answered as lwIP answers it, without thread caches" {
    replay_all thread_cache=off
}

@test "every trace is answered as lwIP answers it, with thread caches" {
    replay_all thread_cache=auto
}

@test "every trace is answered as lwIP answers it, with caches of a few chunks" {
    replay_all thread_cache=3
}

@test "every trace is answered as lwIP answers it, with caches as large as the pools" {
    replay_all thread_cache=4096
}

@test "every trace is answered as lwIP answers it, with overflow_check and poison" {
    replay_all "overflow_check=1;poison=yes"
}
