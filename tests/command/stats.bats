# SPDX-License-Identifier: MIT
# poolmalloc stats: what it finds, shows and refuses.
load ../helpers
COMMAND=$BUILD/poolmalloc

# A process on pools that waits until its standard input ends; its process id in $pid.
begin() { # OPTIONS
    mkfifo "$BATS_TEST_TMPDIR/stop" 2>/dev/null || true
    POOLMALLOC="stats_dir=$STATS_DIR;dump=off;$1" LD_PRELOAD=$LIB \
        "$PROGRAMS/requests" m50 m50 m200 m5000 wait <"$BATS_TEST_TMPDIR/stop" >"$BATS_TEST_TMPDIR/said" 3>&- &
    pid=$!
    exec 5>"$BATS_TEST_TMPDIR/stop"
    until grep -q waiting "$BATS_TEST_TMPDIR/said"; do kill -0 "$pid"; done
}

teardown() {
    exec 5>&-
    [ -z "${pid-}" ] || wait "$pid" || true
}

stats() {
    "$COMMAND" stats --stats-dir "$STATS_DIR" "$@"
}

# A JSON dump of a program that ended, in $1.
dump_json() {
    pools "dump=$1;dump_format=json;malloc size=64 count=2;malloc size=256 count=5" \
        "$PROGRAMS/requests" m50 m50 m50 m200 m5000 >/dev/null
}

@test "running and killed processes are listed" {
    begin "malloc size=64 count=5"
    pools "" "$BASH" -c 'kill -9 $$' || true
    stats >"$BATS_TEST_TMPDIR/out"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 3 ]
    grep -Eq "^ *$pid +requests +running " "$BATS_TEST_TMPDIR/out"
    grep -Eq "bash +died " "$BATS_TEST_TMPDIR/out"
}

@test "those that run come last, and the dead are counted; metrics are of those that run" {
    pools "keep_stats=yes" "$PROGRAMS/requests" m50 >/dev/null
    begin "malloc size=64 count=5"
    # Dead, and of a larger number.
    cp "$(ls "$STATS_DIR"/*.pmstat | grep -v "/$pid.pmstat")" "$STATS_DIR/4194304.pmstat"
    run --separate-stderr -0 stats
    [[ ${lines[-1]} =~ ^\ *$pid\ +requests\ +running\  ]]
    [ "$stderr" = "poolmalloc: 2 dead: poolmalloc stats --clean --stats-dir $STATS_DIR removes their files" ]
    stats --openmetrics | grep -q "pid=\"$pid\""
    stats --openmetrics | grep 'pid="' | grep -v "pid=\"$pid\"" && false
    stats --openmetrics "$STATS_DIR/4194304.pmstat" | grep -q 'pid="'
    stats --clean >/dev/null
    run --separate-stderr -0 stats
    [ -z "$stderr" ]
}

@test "a directory that is not there is an error, of top as well" {
    for verb in stats top; do
        run --separate-stderr -1 "$COMMAND" "$verb" --stats-dir=/nonexistent
        [ "$stderr" = "poolmalloc: /nonexistent: No such file or directory: its statistics are not read" ]
        [ -z "$output" ]
    done
}

@test "one process: by its id, as a table, and in every other form" {
    begin "malloc size=64 count=5"
    stats "$pid" | grep -Eq '^  MALLOC_64 +64 +5 +2 '
    [ "$(stats --lwip "$pid")" = "$(printf '\nMEM MALLOC_64\n\tavail: 5\n\tused: 2\n\tmax: 2\n\terr: 0')" ]
    stats --json "$pid" | grep -Eq "^\{\"schema\":1,\"program\":\"requests\",\"pid\":$pid,.*\"state\":\"running\""
    [ "$(stats --csv "$pid" | head -1 | cut -d, -f1-4,11-13)" = program,pid,state,start,count,avail,used ]
    stats --csv "$pid" | grep -Eq "^\"requests\",$pid,running,[0-9]+,[0-9]+,MALLOC_64,0,64,64,64,5,5,2,2,"
    stats --openmetrics "$pid" | grep -qxF "poolmalloc_pool_used{program=\"requests\",pid=\"$pid\",pool=\"MALLOC_64\",index=\"0\"} 2"
}

@test "a process whose statistics are elsewhere is found by what it has mapped" {
    begin "malloc size=64 count=5"
    mkdir -p -m 700 "$BATS_TEST_TMPDIR/run/poolmalloc"
    XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run "$COMMAND" stats "$pid" | grep -q MALLOC_64
    # Also when an earlier process of the same number left some where it is looked for first.
    STATS_DIR=$BATS_TEST_TMPDIR/run/poolmalloc pools "keep_stats=yes;malloc size=48 count=9" \
        "$PROGRAMS/requests" m5 >/dev/null
    mv "$BATS_TEST_TMPDIR/run/poolmalloc"/*.pmstat "$BATS_TEST_TMPDIR/run/poolmalloc/$pid.pmstat"
    XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run "$COMMAND" stats "$pid" >"$BATS_TEST_TMPDIR/out"
    grep -q MALLOC_64 "$BATS_TEST_TMPDIR/out"
    grep -q MALLOC_48 "$BATS_TEST_TMPDIR/out"
    # Or one whose statistics another version wrote (the second word of the file).
    printf '\1' | dd of="$BATS_TEST_TMPDIR/run/poolmalloc/$pid.pmstat" bs=1 seek=8 conv=notrunc status=none
    XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/run "$COMMAND" stats "$pid" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err"
    [ ! -s "$BATS_TEST_TMPDIR/err" ]
    grep -q MALLOC_64 "$BATS_TEST_TMPDIR/out"
}

@test "a process without statistics is told apart" {
    run --separate-stderr stats 1
    [ "$status" -eq 1 ]
    [[ $stderr == "poolmalloc: $STATS_DIR: No such file or directory"* ]]
    mkdir -m 700 "$STATS_DIR"
    run --separate-stderr stats 1
    [ "$status" -eq 1 ]
    [[ $stderr == "poolmalloc: process 1 has no statistics"* || $stderr == "poolmalloc: process 1: has no statistics"* ]]
}

@test "JSON lines are read back as they were written, from a file and from a pipe" {
    dump_json "$BATS_TEST_TMPDIR/a.json"
    dump_json "$BATS_TEST_TMPDIR/a.json"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/a.json")" -eq 2 ]
    "$COMMAND" stats --json "$BATS_TEST_TMPDIR/a.json" | cmp - "$BATS_TEST_TMPDIR/a.json"
    "$COMMAND" stats --json - <"$BATS_TEST_TMPDIR/a.json" | cmp - "$BATS_TEST_TMPDIR/a.json"
}

@test "merged: totals are summed, high-water marks are not" {
    dump_json "$BATS_TEST_TMPDIR/a.json"
    dump_json "$BATS_TEST_TMPDIR/a.json"
    "$COMMAND" stats --merge --csv "$BATS_TEST_TMPDIR/a.json" | tail -2 | cut -d, -f2,6,11-15,18 >"$BATS_TEST_TMPDIR/out"
    [ "$(cat "$BATS_TEST_TMPDIR/out")" = "0,MALLOC_64,2,2,2,2,2,4
0,MALLOC_256,5,5,1,1,0,2" ]
}

@test "a statistics file comes from a path and from a pipe" {
    pools "keep_stats=yes;malloc size=64 count=5" "$PROGRAMS/requests" m50 >/dev/null
    file=$(echo "$STATS_DIR"/*.pmstat)
    "$COMMAND" stats "$file" >"$BATS_TEST_TMPDIR/out"
    grep -q MALLOC_64 "$BATS_TEST_TMPDIR/out"
    "$COMMAND" stats - <"$file" | cmp - "$BATS_TEST_TMPDIR/out"
    # Not all of it came.
    run --separate-stderr bash -c "head -c 100000 '$file' | '$COMMAND' stats -"
    [ "$status" -eq 1 ]
    [ "$stderr" = "poolmalloc: standard input: damaged or cut short" ]
}

@test "what is no statistics is refused with a reason and its place" {
    local case
    cd "$BATS_TEST_TMPDIR"
    dump_json good.json
    printf 'poolmalloc: perl, pid 1, 0.1 s; pools: x\n' >text
    printf '{"schema":1}\n' >lacks
    printf '{"schema":1,}\n' >grammar
    printf ' What is this?\n' >prose
    : >empty
    { cat good.json; echo '[]'; cat good.json; } >second
    printf 'poolmts\0and then nothing' >short
    head -c 5000 /bin/sh >binary
    for case in "text:1: a dump for people or for other programs; one of dump_format = json can be read back" \
        "lacks:1: program is missing" \
        "grammar:1:13: string or '}' expected near '}'" \
        "prose:1: neither statistics nor JSON" \
        "empty: empty" \
        "second:2: not an object" \
        "short: too short for a statistics file" \
        "none: No such file or directory"; do
        run --separate-stderr "$COMMAND" stats "${case%%:*}"
        [ "$status" -eq 1 ]
        [ "$stderr" = "poolmalloc: $case" ] || { echo "$stderr"; return 1; }
    done
    [ "$("$COMMAND" stats --json second 2>/dev/null | wc -l)" -eq 2 ]
    run "$COMMAND" stats binary
    [ "$status" -eq 1 ]
    [ "${#lines[@]}" -eq 1 ]
}

@test "a directory that another could write to is refused" {
    pools "keep_stats=yes" "$PROGRAMS/requests" m50 >/dev/null
    chmod 770 "$STATS_DIR"
    run --separate-stderr stats
    [ "$status" -eq 1 ]
    [[ $stderr == "poolmalloc: $STATS_DIR: others may write to it: its statistics are not read"* ]]
    [ -z "$output" ]
    chmod 700 "$STATS_DIR"
    ln -s "$STATS_DIR" "$BATS_TEST_TMPDIR/link"
    run "$COMMAND" stats --stats-dir "$BATS_TEST_TMPDIR/link"
    [ "$status" -eq 1 ]
}

@test "--clean removes the files of dead processes, says which, and keeps the others" {
    begin "malloc size=64 count=5"
    pools "keep_stats=yes" "$PROGRAMS/requests" m50 >/dev/null
    echo x >"$STATS_DIR/notes.txt"
    mv "$STATS_DIR/$pid.pmstat" "$BATS_TEST_TMPDIR"
    dead=$(echo "$STATS_DIR"/*.pmstat)
    mv "$BATS_TEST_TMPDIR/$pid.pmstat" "$STATS_DIR"
    [ "$(stats --clean)" = "removed $dead" ]
    [ "$(cd "$STATS_DIR" && echo *)" = "$pid.pmstat notes.txt" ]
    [ "$(stats --clean)" = "nothing to remove: there are no statistics of dead processes" ]
}

@test "a program that called exec left the statistics of what it was" {
    pools "malloc size=64 count=5" "$BASH" -c "exec $PROGRAMS/requests m50 wait" <<<"" >/dev/null
    stats | grep -Eq 'bash +died'
}

@test "--watch comes again, and ends with what it watches" {
    begin "malloc size=64 count=5"
    stats --json --watch=0.05 "$pid" >"$BATS_TEST_TMPDIR/out" 2>/dev/null 5>&- &
    local watcher=$!
    until [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -ge 3 ]; do kill -0 "$watcher"; done
    exec 5>&-
    wait "$pid"
    pid=
    ! wait "$watcher"
}

@test "wrong command lines have their own exit status" {
    for line in "--json --csv" "--watch=never" "--clean --json" "--nonsense"; do
        # shellcheck disable=SC2086
        run "$COMMAND" stats $line
        [ "$status" -eq 2 ]
    done
}

@test "Prometheus' own parser accepts the metrics" {
    command -v promtool >/dev/null || skip "no promtool"
    dump_json "$BATS_TEST_TMPDIR/a.json"
    begin "malloc size=64 count=5;malloc size=64 count=9"
    stats --openmetrics "$pid" "$BATS_TEST_TMPDIR/a.json" | promtool check metrics
}
