# SPDX-License-Identifier: MIT
# poolmalloc tune: from what was measured to a pools.conf that fits, and back.
load ../helpers
COMMAND=$BUILD/poolmalloc

# As much and as varied as a small program asks for.
requests=(quiet '*40' m20 m50 '*10' m100 m200 '*3' m1000 m5000 '*1' m70000)

measure() { # OPTIONS, dump
    pools "dump=$2;dump_format=json;$1" "$PROGRAMS/requests" "${requests[@]}" >/dev/null
}

# The sum of columns of a dump, by their names.
sum() { # FILE NAME...
    local file=$1
    shift
    "$COMMAND" stats --csv "$file" | awk -F, -v names="$*" '
        NR == 1 { for (i = 1; i <= NF; i++) if (index(" " names " ", " " $i " ")) wanted[i] }
        NR > 1 { for (i in wanted) sum += $i }
        END { print sum + 0 }'
}

@test "run, tune, run again: nothing is empty any more" {
    cd "$BATS_TEST_TMPDIR"
    measure "malloc size=64 count=5;malloc size=256 count=5" before.json
    "$COMMAND" tune before.json >pools.conf
    POOLMALLOC_CONF=$PWD/pools.conf measure "on_empty=fail" after.json
    [ "$(sum before.json err)" -gt 0 ]
    [ "$(sum after.json err)" -eq 0 ]
    # One size a pool, all unlimited: every peak is known, and with no margin the pools are exact.
    measure "$(printf 'malloc size=%d count=unlimited;' 32 64 112 208 1008 5008 73728)" profile.json
    "$COMMAND" tune --margin 0 --largest all --pools 7 profile.json >exact.conf
    [ "$(grep -v '^#' exact.conf | tr -s ' ')" = "malloc size=32 count=40
malloc size=64 count=40
malloc size=112 count=10
malloc size=208 count=10
malloc size=1008 count=3
malloc size=5008 count=3
malloc size=80K count=1" ] || { cat exact.conf; return 1; }
    POOLMALLOC_CONF=$PWD/exact.conf measure "semantics=lwip" exact.json
    [ "$(sum exact.json err failed oversize)" -eq 0 ]
}

@test "a program that asks malloc_usable_size gets the chunk sizes that it was measured on" {
    cd "$BATS_TEST_TMPDIR"
    # Divisible in many ways, but every other size would make the program ask for other sizes.
    measured=$(printf 'malloc size=%d count=unlimited;' 112 224 448 944 2048 3936 8192)
    POOLMALLOC_CONF='' pools "dump=a.json;dump_format=json;$measured" "$PROGRAMS/grow_into_usable"
    "$COMMAND" tune a.json --margin 0 -o fits.conf >said
    ! grep malloc_usable_size said
    grep -qx "# The program asks malloc_usable_size: chunk sizes are those that it was measured on." fits.conf
    [ "$(grep '^malloc' fits.conf | sed 's/ *count=.*//' | paste -sd' ')" \
        = "malloc size=112 malloc size=224 malloc size=448 malloc size=944 malloc size=2K malloc size=3936 malloc size=8K" ]
    POOLMALLOC_CONF=$PWD/fits.conf pools "semantics=lwip;dump=b.json;dump_format=json" "$PROGRAMS/grow_into_usable"
    [ "$(sum b.json err failed oversize)" -eq 0 ]
    "$COMMAND" tune a.json --pools 2 >out
    grep -q "^# The program asks malloc_usable_size, and these pools answer otherwise" out
    [ "$(grep -c '^malloc' out)" -eq 2 ]
}

@test "blocks that grew where they were fit all the same" {
    cd "$BATS_TEST_TMPDIR"
    grow() { # OPTIONS, dump
        pools "dump=$2;dump_format=json;$1" "$PROGRAMS/requests" quiet '*3' m2100000 '*1' r0:4000000 \
            r1:3000000 r2:3000000 '*2' m5000000 '*1' r6:7000000 r7:7000000 >"$2.answers"
    }
    grow "malloc size=4M count=unlimited" a.json
    "$COMMAND" tune --pools 64 --margin 0 --largest all a.json >fits.conf
    POOLMALLOC_CONF=$PWD/fits.conf grow "semantics=lwip" b.json
    [ "$(sum b.json err failed oversize)" -eq 0 ]
    [ "$(cat b.json.answers)" = "block x10" ]
}

@test "--explain says what the data can tell and what it cannot" {
    cd "$BATS_TEST_TMPDIR"
    measure "malloc size=64 count=5;malloc size=256 count=unlimited" a.json
    "$COMMAND" tune a.json --explain >out
    grep -qxF "# MALLOC_64 was empty at times: what it lacked counts as if it had been in use at once." out
    grep -q "^# .* bytes: 10 requests of 200 bytes on average" out
    grep -q "poolmalloc run --profile requests measures each size by itself" out
    grep -q "^# Some were served by the next malloc" out
}

@test "what was measured finely is not to be measured so again, but on the pools that come of it" {
    cd "$BATS_TEST_TMPDIR"
    measure "$(seq -f 'malloc size=%.0f count=unlimited;' -s '' 80 80 5120)" a.json
    "$COMMAND" tune a.json --pools 3 >out
    grep -q "a run on these very pools, poolmalloc run -c FILE requests, measures what they need" out
    ! grep -e --profile out
}

@test "-o never overwrites a file, unless --force" {
    cd "$BATS_TEST_TMPDIR"
    measure "" a.json
    "$COMMAND" tune a.json -o new.conf >said
    grep -q "^new.conf: [0-9]* pools. Next: poolmalloc run -c new.conf requests$" said
    echo mine >new.conf
    run --separate-stderr "$COMMAND" tune a.json -o new.conf
    [ "$status" -eq 1 ]
    [ "$stderr" = "poolmalloc: new.conf is there already: --force overwrites it" ]
    [ "$(cat new.conf)" = mine ]
    "$COMMAND" tune a.json -o new.conf --force >/dev/null
    grep -q "^malloc size" new.conf
}

@test "the choice is a table, and --pools chooses" {
    cd "$BATS_TEST_TMPDIR"
    measure "" a.json
    "$COMMAND" tune a.json --pools 3 >out
    [ "$(grep -c '^malloc ' out)" -eq 3 ]
    grep -q '^#>     3 ' out
    "$COMMAND" tune a.json --unlimited >out
    ! grep '^malloc' out | grep -v 'count=unlimited$'
}

@test "wrong command lines and missing data are told apart" {
    cd "$BATS_TEST_TMPDIR"
    for line in "" "--pools 65 x" "--margin -1 x" "--largest 2G x"; do
        # shellcheck disable=SC2086
        run "$COMMAND" tune $line
        [ "$status" -eq 2 ]
    done
    run --separate-stderr "$COMMAND" tune none
    [ "$status" -eq 1 ]
    [ "$stderr" = "poolmalloc: none: No such file or directory" ]
    echo >blank
    run --separate-stderr -1 "$COMMAND" tune blank
    [ "$stderr" = "poolmalloc: there are no statistics to go by" ]
    run --separate-stderr -2 "$COMMAND" tune --largest 3Q none
    [[ $stderr == "poolmalloc tune: --largest: '3Q' is not a size from 1 to 1G, as 4096, 64K or 2M, nor all"$'\n'* ]]
    run --separate-stderr -2 "$COMMAND" tune --unlimited=0 none
    [[ $stderr == "poolmalloc tune: --unlimited: '0' is not a size from 1 to 1G, as 4096, 64K or 2M"$'\n'* ]]
}

@test "what unlimited pools grow to is told apart from what is reserved" {
    cd "$BATS_TEST_TMPDIR"
    measure "$(printf 'malloc size=%d count=unlimited;' 32 64 112 208 1008 5008 73728)" a.json
    "$COMMAND" tune a.json | sed -n 2p | grep -Eq '^# [0-9]+ pools, [0-9.]+[KM]? reserved, [0-9.]+% waste'
    "$COMMAND" tune --unlimited a.json | sed -n 2p |
        grep -Eq '^# [0-9]+ pools, at most [0-9.]+[KM]? in unlimited ones, [0-9.]+% waste'
    "$COMMAND" tune --unlimited=64 a.json | sed -n 2p |
        grep -Eq '^# [0-9]+ pools, [0-9.]+[KM]? reserved, at most [0-9.]+[KM]? in unlimited ones, [0-9.]+% waste'
}

@test "a pools.conf is told from statistics" {
    cd "$BATS_TEST_TMPDIR"
    printf '\n# mine\nmalloc size=64 count=4\n' >a.conf
    printf 'on_empty = fail\n' >b.conf
    for file in a.conf b.conf; do
        for verb in tune stats report; do
            run --separate-stderr -1 "$COMMAND" "$verb" "$file"
            [ "$stderr" = "poolmalloc: $file: that is a pools.conf, and no statistics: poolmalloc check shows it, \
poolmalloc run -c runs programs on it" ]
        done
    done
}

@test "thousands of dumps need no more memory than a few" {
    cd "$BATS_TEST_TMPDIR"
    measure "" a.json
    cp a.json many.json
    for _ in {1..11}; do cat many.json many.json >more && mv more many.json; done
    "$COMMAND" tune a.json | grep '^malloc' >one
    (ulimit -v 100000 && "$COMMAND" tune - <many.json) >out
    grep -q 'measured in 2048 processes' out
    grep '^malloc' out | cmp - one
}

@test "a pool of few small chunks fills the page that it takes, unless there is to be no margin" {
    cd "$BATS_TEST_TMPDIR"
    measure "malloc size=64 count=unlimited;malloc size=256 count=unlimited" a.json
    "$COMMAND" tune a.json --pools 64 --margin 1 --explain >filled.conf
    "$COMMAND" tune a.json --pools 64 --margin 0 >exact.conf
    awk '/^malloc/ { sub("size=", "", $2); sub("count=", "", $3); if ($2 < 2048 && $3 < int(4096 / $2)) exit 1 }' \
        filled.conf
    grep -q "^# .* in use at once; 1% more in reserve, and what fills a page\.$" filled.conf
    awk '/^malloc/ { sub("size=", "", $2); sub("count=", "", $3); few += $3 < int(4096 / $2) } END { exit !few }' \
        exact.conf
}
