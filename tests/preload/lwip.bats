# SPDX-License-Identifier: MIT
# The library's answers to every trace of tests/lwip are lwIP's own: which pool serves each request,
# and what lwIP's counters say at the end.
load ../helpers
load ../lwip/answers

replay() { # conf, trace, yes | no, thread_cache
    local dump=$BATS_TEST_TMPDIR/dump
    rm -f "$dump"
    # shellcheck disable=SC2046 # one argument a line
    POOLMALLOC_CONF=$1 pools "try_bigger=$3;thread_cache=$4;dump=$dump;dump_format=lwip" \
        "$PROGRAMS/replay_trace" "$2" $(geometry "$1")
    counters "$dump"
}

replay_all() { # thread_cache
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
    replay_all off
}

@test "every trace is answered as lwIP answers it, with thread caches" {
    replay_all auto
}

@test "every trace is answered as lwIP answers it, with caches of a few chunks" {
    replay_all 3
}

@test "every trace is answered as lwIP answers it, with caches as large as the pools" {
    replay_all 4096
}
