# SPDX-License-Identifier: MIT
# The dump at the end of a small program, whole, in each format. Process id, time and the folder of
# the test are masked.
load ../helpers

# Requests of which every counter is known: m and c into pools, one spilled, one failed, one oversize.
dump() { # format
    rm -f "$BATS_TEST_TMPDIR/dump"
    POOLMALLOC_CONF=$BATS_TEST_TMPDIR/pools.conf pools "dump=$BATS_TEST_TMPDIR/dump;dump_format=$1" \
        "$PROGRAMS/requests" m50 m64 m10 c100:2 f0 m200 m200 m5000 m100 >/dev/null
}

masked() {
    sed -E 's/pid [0-9]+, [0-9]+\.[0-9]{3} s/pid P, T s/; s/("pid":|pid=")[0-9]+/\1P/; s/("milliseconds":|"start":)[0-9]+/\1T/g
            s|'"$BATS_TEST_TMPDIR"'|DIR|g' "$BATS_TEST_TMPDIR/dump"
}

setup_conf() {
    cat >"$BATS_TEST_TMPDIR/pools.conf" <<'END'
semantics = lwip
try_bigger = yes
thread_cache = off
malloc size=64 count=2
malloc size=250 count=3
malloc size=60 count=unlimited
END
}

@test "text" {
    setup_conf
    dump text
    diff <(masked) - <<'END'
poolmalloc: requests, pid P, T s; pools: DIR/pools.conf; semantics = lwip: DIR/pools.conf; try_bigger = yes: DIR/pools.conf; thread_cache = off: DIR/pools.conf; dump = DIR/dump: POOLMALLOC; dump_format = text: POOLMALLOC; stats_dir = DIR/stats: POOLMALLOC
  pool        size  avail  used  max  err  illegal  allocs  frees  cached  failed  spilled_in  spilled_out  requested_bytes  waste
  MALLOC_64     64      2     1    2    1        0       2      1       0       0           0            1              114    10%
  MALLOC_250   250      3     3    3    2        0       3      0       0       2           1            0              410    46%
  MALLOC_60     60     0+     0    0    0        0       0      0       0       0           0            0                0     0%  (shadowed: never first)
  oversize: 1 requests of 5000 bytes, 0 to the next malloc, 1 failed; foreign: 0 frees, 0 reallocs
  advice: MALLOC_250 was asked 2 times while empty: raise its count above 3
END
}

pool() { # name, then the values of its fields
    local name=$1 keys key
    keys=(size usable stride count avail used max err illegal corrupt allocs frees cached failed spilled_in
        spilled_out fell_back requested_bytes max_at_least shadowed)
    shift
    echo -n "{\"name\":\"$name\",\"kind\":\"malloc\",\"desc\":\"\""
    for key in "${keys[@]}"; do
        echo -n ",\"$key\":$1"
        shift
    done
    echo -n "}"
}

@test "json" {
    setup_conf
    dump json
    if command -v python3 >/dev/null; then
        python3 -m json.tool "$BATS_TEST_TMPDIR/dump" >/dev/null
    fi
    [ "$(wc -l <"$BATS_TEST_TMPDIR/dump")" -eq 1 ]
    [ "$(masked | sed 's/,"origin":"[^"]*"/,/; s/,,/,/')" = "$(
        echo -n '{"schema":1,"program":"requests","pid":P,"start":T,"milliseconds":T,"state":"ended","mem_alignment":16,"pools":['
        pool MALLOC_64 64 64 64 2 2 1 2 1 0 0 2 1 0 0 0 1 0 114 2 false
        echo -n ,
        pool MALLOC_250 250 256 256 3 3 3 3 2 0 0 3 0 0 2 1 0 0 410 3 false
        echo -n ,
        pool MALLOC_60 60 64 64 null 0 0 0 0 0 0 0 0 0 0 0 0 0 0 0 true
        echo -n '],"process":{"oversize":1,"oversize_failed":1,"oversize_fell_back":0,"oversize_bytes":5000,"next_frees":0,"next_reallocs":0,"usable_size_calls":8}'
        echo ',"sizes":[[16,1,10],[64,2,114],[112,1,100],[208,3,600],[5008,1,5000]]}'
    )" ]
}

@test "lwip" {
    setup_conf
    dump lwip
    printf '\nMEM MALLOC_64\n\tavail: 2\n\tused: 1\n\tmax: 2\n\terr: 1\n\nMEM MALLOC_250\n\tavail: 3\n\tused: 3\n\tmax: 3\n\terr: 2\n\nMEM MALLOC_60\n\tavail: 0\n\tused: 0\n\tmax: 0\n\terr: 0\n' \
        | cmp - "$BATS_TEST_TMPDIR/dump"
}

@test "openmetrics" {
    setup_conf
    dump openmetrics
    [ "$(tail -1 "$BATS_TEST_TMPDIR/dump")" = "# EOF" ]
    # Each family begins with HELP, after TYPE where it is no total; its samples follow.
    awk '/^# TYPE / { type = $3; next }
         /^# HELP / { if (seen[$3]++ || ($3 == type) == ($3 ~ /_total$/)) exit 1; family = $3; next }
         /^# EOF$/ { ended++; next }
         { name = $0; sub(/[{].*/, "", name); if (name != family) exit 1 }
         !/^poolmalloc_[a-z_]+[{]program="requests",pid="[0-9]+"(,pool="MALLOC_[0-9]+",index="[0-9]")?[}] [0-9]+$/ { exit 1 }
         END { exit ended != 1 }' "$BATS_TEST_TMPDIR/dump"
    [ "$(grep -c '^poolmalloc_pool_' "$BATS_TEST_TMPDIR/dump")" -eq 42 ] # 14 counters of 3 pools
    local line
    for line in 'pool_err_total{program="requests",pid="P",pool="MALLOC_64",index="0"} 1' \
        'pool_err_total{program="requests",pid="P",pool="MALLOC_250",index="1"} 2' \
        'pool_max{program="requests",pid="P",pool="MALLOC_250",index="1"} 3' \
        'pool_requested_bytes_total{program="requests",pid="P",pool="MALLOC_64",index="0"} 114' \
        'oversize_bytes_total{program="requests",pid="P"} 5000'; do
        masked | grep -qxF "poolmalloc_$line"
    done
}

# All pools that there can be, and a request of every size step up to 64 KiB.
full_dump() { # where to, format
    {
        seq -f 'malloc size=%.0fK count=unlimited' 64
        seq -f "pool NAME_%.0f size=64 count=9 desc=\"$(printf %0250d 0)\"" 192
    } >"$BATS_TEST_TMPDIR/full.conf"
    # shellcheck disable=SC2046 # a request an argument
    POOLMALLOC_CONF=$BATS_TEST_TMPDIR/full.conf pools "dump=$1;dump_format=$2" \
        "$PROGRAMS/requests" $(seq -f 'm%.0f' 16 16 65536) >/dev/null
}

@test "the largest dumps are whole, in a file and in a pipe" {
    full_dump "$BATS_TEST_TMPDIR/dump" json
    full_dump "$BATS_TEST_TMPDIR/dump" json
    [ "$(grep -c '^{"schema":.*,"sizes":\[\[16,[0-9]*,.*\[65536,[0-9]*,[0-9]*\]\]}$' "$BATS_TEST_TMPDIR/dump")" -eq 2 ]
    [ "$(head -1 "$BATS_TEST_TMPDIR/dump" | grep -o '"allocs":' | wc -l)" -eq 256 ]
    full_dump stderr openmetrics 2>&1 | cat >"$BATS_TEST_TMPDIR/metrics"
    [ "$(grep -c '^poolmalloc_pool_' "$BATS_TEST_TMPDIR/metrics")" -eq $((14 * 256)) ]
    [ "$(tail -1 "$BATS_TEST_TMPDIR/metrics")" = "# EOF" ]
    [ -z "$(ls "$STATS_DIR")" ]
}
