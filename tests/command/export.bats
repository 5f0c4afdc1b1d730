# SPDX-License-Identifier: MIT
# poolmalloc export lwip, and the way there and back by poolmalloc import lwip.
load ../helpers

setup() {
    export STATS_DIR=$BATS_TEST_TMPDIR/stats
    cd "$BATS_TEST_TMPDIR"
    unset CC POOLMALLOC POOLMALLOC_CONF
}

# The malloc pools in their order and then the named ones, without what tells of their origin.
pool_lines() { # pools.conf
    sed -nE 's/ *#.*//; s/ +/ /g; /^malloc/p' "$1"
    sed -nE 's/ *# [^"]*$//; s/ +/ /g; /^p/p' "$1"
}

there_and_back() { # pools.conf
    "$BUILD/poolmalloc" export lwip "$1" -o back.h --force
    "$BUILD/poolmalloc" import lwip back.h -o back.conf --force 2>warnings
    diff <(pool_lines "$1") <(pool_lines back.conf)
}

@test "what was imported is exported and imported again the same" {
    local conf count=0
    for conf in "$TESTS"/command/import/*.conf; do
        case $conf in
            */sixteen_bits.conf | */wrapped.conf) continue ;; # not lwIP's
            *) cp "$conf" pools.conf ;;
        esac
        there_and_back ./pools.conf
        count=$((count + 1))
    done
    [ "$count" -ge 15 ]
}

random_header() { # seed
    awk -v seed="$1" '
        function random(n) { return int(rand() * n) }
        function number(n) { return random(3) ? n : sprintf("0x%x%s", n, random(2) ? "u" : "UL") }
        function expression(n,   a) {
            a = random(n)
            if (random(3) == 0) { print "#define N" ++macros " (" a "U +\\\n " n - a ")"; return "N" macros }
            return random(2) ? number(n) : "(" a " + (1 ? " n - a " : sizeof(int)))"
        }
        BEGIN {
            srand(seed)
            print "/* seed " seed " */"
            if (random(4)) {
                line = "LWIP_MALLOC_MEMPOOL_START"
                for (i = random(20); i >= 0; i--) {
                    count = expression(1 + random(65535))
                    line = line (random(5) ? "\n" : " /* , ( */ ") "LWIP_MALLOC_MEMPOOL(" count \
                        (random(2) ? "," : " ,\n ") number(random(9) ? 1 + random(65000) : 256) ")"
                }
                print line "\nLWIP_MALLOC_MEMPOOL_END // end"
            }
            for (i = random(20); i >= 0; i--) {
                count = expression(1 + random(65535))
                size = expression(1 + random(65000))
                print "LWIP_" (random(2) ? "" : "PBUF_") "MEMPOOL(POOL_" i ", " count ", " size \
                    ", \"pool \" \"" i (random(4) ? "" : " größer # ; ") "\")"
            }
        }' >"random_$1.h"
}

@test "generated headers: imported, exported, imported again, the pools are the same" {
    local seed
    for seed in {1..40}; do
        random_header "$seed"
        "$BUILD/poolmalloc" import lwip "random_$seed.h" -o there.conf --force 2>warnings
        ! grep -v 'never asked first\|a second pool' warnings
        # Every pool of the file is there.
        [ "$(grep -Eo 'LWIP_[A-Z_]*MEMPOOL *\(' "random_$seed.h" | wc -l)" = "$(grep -c '^[mp]' there.conf)" ]
        there_and_back ./there.conf
    done
}

@test "lwIP's rules hold for what was exported: no warning, even for equal sizes" {
    printf '%s\n' 'malloc size=64 count=3' 'malloc size=256 count=3' 'pool A size=3 count=2' >pools.conf
    there_and_back ./pools.conf
    [ ! -s warnings ]
    printf '%s\n' 'malloc size=256 count=3' 'malloc size=256 count=3' 'malloc size=256 count=4' >pools.conf
    there_and_back ./pools.conf
    ! grep -v 'never asked first' warnings
}

# Two chunks of 64 at most, one of 250, asked once while empty, and a request that nothing serves.
measure() { # dump_format
    printf '%s\n' 'semantics=lwip' 'malloc size=64 count=9' 'malloc size=250 count=1' \
        'malloc size=1000 count=unlimited' >measured.conf
    rm -rf dump "$STATS_DIR"
    POOLMALLOC_CONF=./measured.conf pools "dump=$PWD/dump;dump_format=$1;keep_stats=yes;thread_cache=off" \
        "$PROGRAMS/requests" m50 m64 m10 f0 m200 m200 m5000 >/dev/null
}

measured() {
    cat <<'END'
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(5, 64) /* max 3, err 0, waste 35% */
LWIP_MALLOC_MEMPOOL(2, 256) /* max 1, err 1, waste 21% */
LWIP_MALLOC_MEMPOOL_END
END
}

@test "a measured run, from its JSON dump and from its statistics file" {
    measure json
    "$BUILD/poolmalloc" export lwip --margin=50 --alignment=2 dump >header.h 2>warnings
    diff <(measured) <(sed '1,/ \*\/$/d' header.h)
    diff warnings - <<'END'
dump: warning: MALLOC_250: it was asked 1 time while empty: its max is what it had, not what is needed
dump: warning: 1 requests of 5000 bytes were larger than every pool
END
    "$BUILD/poolmalloc" export lwip -m 50 -a 2 "$(find "$STATS_DIR" -name '*.pmstat')" 2>/dev/null \
        | sed '1,/ \*\/$/d' | diff <(measured) -
    [[ $(head -1 header.h) == *": the pools of dump, measured with requests." ]]
}

@test "a preset, and the configuration that the library would find" {
    "$BUILD/poolmalloc" export lwip lwip | grep -q 'LWIP_MALLOC_MEMPOOL(50, 1512)'
    POOLMALLOC="malloc size=8 count=7" "$BUILD/poolmalloc" export lwip | grep -q 'LWIP_MALLOC_MEMPOOL(7, 8)'
    run "$BUILD/poolmalloc" export lwip general
    [ "$status" = 1 ]
    [[ $output =~ ^"general: "[0-9]+" unlimited pools have no count"[^$'\n']*$ ]]
}

@test "what cannot be read is said, with status 1" {
    run "$BUILD/poolmalloc" export lwip ./no/such/file
    [ "$status" = 1 ]
    [ "$output" = "poolmalloc: ./no/such/file: No such file or directory" ]
    echo 'malloc size=0 count=1' >bad.conf
    run "$BUILD/poolmalloc" export lwip ./bad.conf
    [ "$status" = 1 ]
    [[ $output == "poolmalloc: "*"bad.conf:1:13: size: 0 is out of range"* ]]
    echo '{"schema":' >bad.json
    run "$BUILD/poolmalloc" export lwip ./bad.json
    [ "$status" = 1 ]
    [[ $output == *"./bad.json"* ]]
}

@test "a wrong command line: status 2" {
    local arguments
    for arguments in "" "threadx" "lwip a b" "--margin=x lwip" "--margin=1001 lwip" "--alignment=3 lwip"; do
        # shellcheck disable=SC2086 # several words
        run "$BUILD/poolmalloc" export $arguments
        [ "$status" = 2 ]
        [[ $output == "poolmalloc export: "*"poolmalloc export --help"* ]]
    done
}
