# SPDX-License-Identifier: MIT
# poolmalloc run: what becomes of the program, its environment, and what is refused.
load ../helpers

on_pools() {
    "$COMMAND" run -o "stats_dir=$STATS_DIR" "$@"
}

@test "the program runs on pools, and its dump comes on standard error" {
    run --separate-stderr on_pools -o "malloc size=64 count=9" "$PROGRAMS/requests" m50
    [ "$status" = 0 ]
    [[ $stderr == "poolmalloc: requests, pid "* ]]
    [[ $stderr == *"MALLOC_64 "* ]]
}

@test "arguments, standard input and output, and the exit status are the program's" {
    run --separate-stderr on_pools -o dump=off -- sh -c 'cat; echo "$@"; exit 7' sh -o --help '*' <<<"in"
    [ "$status" = 7 ]
    [ "$output" = $'in\n-o --help *' ]
    [ -z "$stderr" ]
}

@test "the program's signal is kept, with --profile too" {
    for options in "" "--profile --output $BATS_TEST_TMPDIR/kept"; do
        # shellcheck disable=SC2086 # several arguments
        run -143 on_pools -o dump=off $options sh -c 'kill -TERM $$'
    done
}

@test "126 and 127 when the program cannot be started, 125 for every other failure" {
    run --separate-stderr -127 on_pools no_such_program
    [ "$stderr" = "poolmalloc: no_such_program: no such program" ]
    run --separate-stderr -126 on_pools "$TESTS"
    [ "$stderr" = "poolmalloc: $TESTS: Permission denied" ]
    printf '#!/no/such/interpreter\n' >"$BATS_TEST_TMPDIR/script"
    chmod +x "$BATS_TEST_TMPDIR/script"
    run --separate-stderr -127 on_pools "$BATS_TEST_TMPDIR/script"
    for bad in --stict "--output x true" "--follow some true" "-c no_such_preset true" "-c /no/file true" \
        "--next no_such_malloc true" "--next $PROGRAMS/no.so true" "--next $TESTS/helpers.bash true" ""; do
        # shellcheck disable=SC2086 # several arguments
        run --separate-stderr -125 "$COMMAND" run $bad
        [ -n "$stderr" ]
        [ -z "$output" ]
    done
}

@test "mistakes of -o, of POOLMALLOC and of files are told with their place, and nothing runs" {
    run --separate-stderr -125 on_pools -o on_empty=fial -o "malloc size=0 count=1" touch "$BATS_TEST_TMPDIR/ran"
    [ "$stderr" = "poolmalloc: -o:2:10: on_empty: 'fial' is not one of fallback | fail | abort
poolmalloc: -o:3:13: size: 0 is out of range 1 to 1G" ]
    POOLMALLOC="dmup=off" run --separate-stderr -125 on_pools touch "$BATS_TEST_TMPDIR/ran"
    [[ $stderr == "poolmalloc: POOLMALLOC:1:1: unknown option 'dmup'"* ]]
    echo "malloc size=1 count=" >"$BATS_TEST_TMPDIR/bad.conf"
    run --separate-stderr -125 on_pools -c "$BATS_TEST_TMPDIR/bad.conf" touch "$BATS_TEST_TMPDIR/ran"
    [[ $stderr == "poolmalloc: "*"/bad.conf:1:"* ]]
    [ ! -e "$BATS_TEST_TMPDIR/ran" ]
}

@test "places where nothing could be written are told before the program starts" {
    cd "$BATS_TEST_TMPDIR"
    refused() { # MESSAGE OPTION...
        local message=$1
        shift
        run --separate-stderr -125 "$COMMAND" run "$@" touch ran
        [ "$stderr" = "poolmalloc: $message" ]
        [ ! -e ran ]
    }
    refused "dump = /nonexist/x.json: No such file or directory: no dump could be written there" \
        -o dump=/nonexist/x.json
    refused "dump = .: Is a directory: no dump could be written there" -o dump=.
    refused "stats_dir = /proc/x: No such file or directory: no statistics can be kept there" \
        --keep -o stats_dir=/proc/x
    refused "stats_dir = /proc/x: No such file or directory: no statistics can be kept there" \
        --keep -o dump=off -o stats_dir=/proc/x
    refused "stats_dir = /proc/x: No such file or directory: no statistics can be kept there" \
        --profile -o stats_dir=/proc/x
    mkdir -m 755 open
    refused "stats_dir = open: it must belong to you, and be closed to others: no statistics can be kept there" \
        --keep -o stats_dir=open
    refused "--output /nonexist/x: No such file or directory" --profile --output /nonexist/x
    # Where no statistics were asked for, the program runs nevertheless.
    run --separate-stderr -0 "$COMMAND" run -o stats_dir=/proc/x -o dump=off true
    [ "$stderr" = "poolmalloc: stats_dir = /proc/x: No such file or directory: no statistics can be kept there" ]
    # What names only become at the end is not known before.
    run -0 "$COMMAND" run -o "stats_dir=$STATS_DIR" -o dump=%e/%p.txt true
    "$COMMAND" run -o "stats_dir=$STATS_DIR" -o dump=new.%p.txt true
    [ -s "$(echo new.*.txt)" ]
}

@test "a run's own directory is where the library would have its files: in memory if that can be had" {
    [ "$(stat -f -c %T /dev/shm)" = tmpfs ] || skip "no /dev/shm in memory"
    expected=/dev/shm/poolmalloc-$(id -u)
    [ "$(stat -f -c %T "$BATS_TEST_TMPDIR")" != tmpfs ] || expected=$BATS_TEST_TMPDIR/poolmalloc
    XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR run --separate-stderr -0 "$COMMAND" run sh -c 'echo "$POOLMALLOC"'
    [[ $output == *"stats_dir=\"$expected/run-"* ]]
}

@test "-c takes presets and files, and -o wins over both and over POOLMALLOC" {
    cd "$BATS_TEST_TMPDIR"
    echo "malloc size=48 count=9" >my.conf
    run --separate-stderr on_pools -c my.conf "$PROGRAMS/requests" m20
    [[ $stderr == *MALLOC_48* ]]
    run --separate-stderr on_pools -c lwip true
    [[ $stderr == *"semantics = lwip"* ]]
    POOLMALLOC="dump=stderr" run --separate-stderr on_pools -c lwip -o dump=off true
    [ -z "$stderr" ]
}

@test "--strict: lwIP's rules, which -o may change again" {
    strict() {
        on_pools --strict -o "malloc size=64 count=1" -o dump=off -o programs=requests "$@" \
            "$PROGRAMS/requests" m50 m50
    }
    [[ $(strict) == *ENOMEM* ]]
    [[ $(strict -o on_empty=fallback) != *ENOMEM* ]]
}

@test "LD_PRELOAD: the pools first, then --next, then what was there" {
    show() {
        on_pools -o programs=none "$@" sh -c 'echo "$LD_PRELOAD"'
    }
    [ "$(show)" = "$LIB" ]
    before=$PROGRAMS/libbefore_malloc.so
    [ "$(LD_PRELOAD=$before show)" = "$LIB:$before" ]
    other=$(realpath "$PROGRAMS/libother_malloc.so")
    [ "$(LD_PRELOAD=$before show --next "$other")" = "$LIB:$other:$before" ]
    [ "$(on_pools -o dump=off --next "$other" "$PROGRAMS/next_malloc")" = "0 10" ]
}

@test "--next jemalloc, mimalloc, tcmalloc" {
    for name in jemalloc mimalloc tcmalloc; do
        run --separate-stderr on_pools -o dump=off --next "$name" sh -c 'cat /proc/self/maps'
        [ "$status" = 0 ] || [[ $stderr == *"is not installed"* ]]
        [ "$status" != 0 ] || [[ $output == *"lib$name"* ]]
    done
}

@test "--python sets PYTHONMALLOC, nothing else does" {
    [ "$(on_pools -o dump=off --python sh -c 'echo $PYTHONMALLOC')" = malloc ]
    [ -z "$(on_pools -o dump=off sh -c 'echo $PYTHONMALLOC')" ]
}

@test "--only and --follow no: which programs of the run are served" {
    script=$BATS_TEST_TMPDIR/script
    printf '#!/bin/bash\n"%s" m50; exit 0\n' "$PROGRAMS/requests" >"$script"
    chmod +x "$script"
    served() { # the programs that wrote a dump
        on_pools --all-processes "$@" 2>&1 >/dev/null | sed -nE 's/^poolmalloc: ([^ ,]+), pid .*/\1/p' | sort | paste -sd ' '
    }
    [ "$(served "$script")" = "requests script" ]
    [ "$(served --follow exec "$script")" = "requests script" ]
    [ "$(served --follow no "$script")" = "script" ]
    [ "$(served --only requests "$script")" = "requests" ]
    [ "$(served --only nothing --only 'req*' "$script")" = "requests" ]
}

@test "--keep leaves the statistics" {
    on_pools -o dump=stderr "$PROGRAMS/requests" m50 2>/dev/null
    [ -z "$(ls "$STATS_DIR")" ]
    on_pools -o dump=stderr --keep "$PROGRAMS/requests" m50 2>/dev/null
    [ "$(ls "$STATS_DIR" | wc -l)" = 1 ]
}

@test "of many processes, the one that was started shows its statistics, and one line all others" {
    # Its last program by exec is meant; what it was before is one of the others.
    script="'$PROGRAMS/requests' m50; '$PROGRAMS/requests' m50 m50; exec '$PROGRAMS/requests' m200"
    run --separate-stderr on_pools -o "malloc size=64 count=9" -o "malloc size=4096 count=unlimited" \
        bash -c "$script; :"
    [ "$(grep -c ', pid ' <<<"$stderr")" = 1 ]
    [[ $stderr == "poolmalloc: requests, pid "* ]]
    grep -Eq '^  MALLOC_4096 +4096 +[0-9]+\+ +1 +1 ' <<<"$stderr"
    last=$(tail -n 1 <<<"$stderr")
    [[ $last =~ ^"poolmalloc: and 3 other processes (requests 2, bash): "[0-9]+" requests, "[0-9]+" of empty pools; " ]]
    [ -z "$(ls "$STATS_DIR")" ]
    run --separate-stderr on_pools --all-processes bash -c "$script; :"
    [ "$(grep -c ', pid ' <<<"$stderr")" = 3 ]
    # Whoever says where the dump goes gets it there, of each process.
    on_pools -o "dump=$BATS_TEST_TMPDIR/%e.txt" bash -c "$script"
    [ "$(grep -c ', pid ' "$BATS_TEST_TMPDIR/requests.txt")" = 3 ]
}

@test "the only process on pools is told in full, whoever started it; none is told as well" {
    run --separate-stderr on_pools --only requests bash -c "'$PROGRAMS/requests' m50; :"
    [[ $stderr == "poolmalloc: requests, pid "* ]]
    ! grep -q ': 1 process' <<<"$stderr"
    run --separate-stderr -3 on_pools --only nobody,some* bash -c 'exit 3'
    [ "$stderr" = "poolmalloc: no program of this run is named nobody,some* (--only): none was on pools" ]
}

@test "a program that leaves by _exit has ended, and a killed one has died: both are told" {
    run --separate-stderr -3 on_pools -o "malloc size=64 count=9" sh -c 'exit 3'
    [[ $stderr =~ ^"poolmalloc: sh, pid "[0-9]+", "[0-9]+\.[0-9]{3}" s; " ]]
    run --separate-stderr -137 on_pools -o "malloc size=64 count=9" sh -c 'kill -KILL $$'
    [[ $stderr == "poolmalloc: sh, pid "*", died; "* ]]
}

@test "killing the command kills the program" {
    mkfifo "$BATS_TEST_TMPDIR/started" "$BATS_TEST_TMPDIR/never"
    exec 5<>"$BATS_TEST_TMPDIR/never" 6<>"$BATS_TEST_TMPDIR/started"
    "$COMMAND" run -o "stats_dir=$STATS_DIR" sh -c 'echo $$ >"$1"; read -r never' \
        sh "$BATS_TEST_TMPDIR/started" <&5 3>&- 6>&- &
    local command=$!
    read -r -t 120 program <&6 # a command that does not start it fails the test, and hangs nothing
    kill -KILL "$command"
    wait "$command" || true
    exec 5>&- 6>&-
    while kill -0 "$program" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$program/status"; do :; done
}

@test "--keep moves the statistics of all processes to where they would have been" {
    on_pools --keep bash -c "'$PROGRAMS/requests' m50; '$PROGRAMS/requests' m50; :" 2>/dev/null
    [ "$(cd "$STATS_DIR" && ls | grep -cE '^[0-9]+\.pmstat$')" = 3 ]
    [ "$(ls "$STATS_DIR" | wc -l)" = 3 ]
}

@test "what outlives the program is told, and poolmalloc stats goes on showing it" {
    mkfifo "$BATS_TEST_TMPDIR/stop" "$BATS_TEST_TMPDIR/said"
    exec 5<>"$BATS_TEST_TMPDIR/stop"
    run --separate-stderr on_pools sh -c '"$1" m50 wait <"$2" >"$3" 3>&- 5>&- 2>&- & read -r line <"$3"; read -r line <"$3"; :' \
        sh "$PROGRAMS/requests" "$BATS_TEST_TMPDIR/stop" "$BATS_TEST_TMPDIR/said"
    [[ $stderr == *"poolmalloc: 1 of them still runs: poolmalloc stats shows what they do" ]]
    "$COMMAND" stats --stats-dir "$STATS_DIR" | grep -Eq '^ *[0-9]+ +requests +running '
    [ "$(ls "$STATS_DIR" | wc -l)" = 1 ]
    echo >&5
}

@test "a daemon that was forked at the end goes on without statistics, and that is told" {
    mkfifo "$BATS_TEST_TMPDIR/stop"
    exec 5<>"$BATS_TEST_TMPDIR/stop"
    cd "$BATS_TEST_TMPDIR"
    for options in "" "--profile --output p.pmstat"; do
        for title in "" title; do
            rm -f p.pmstat
            # shellcheck disable=SC2086 # several arguments
            "$COMMAND" run -o "stats_dir=$STATS_DIR" $options "$PROGRAMS/leave_child" $title \
                <"$BATS_TEST_TMPDIR/stop" >number 2>said 3>&- 5>&-
            cat said # seen when the test fails
            [ "$(tail -n 1 said)" = "poolmalloc: 1 process (leave_child) forked at the end goes on without \
statistics: a daemon that is told to stay in the foreground has them" ]
            [ -z "$(ls "$STATS_DIR")" ]
            echo >&5
            read -r child <number
            while kill -0 "$child" 2>/dev/null && ! grep -q '^State:.Z' "/proc/$child/status"; do :; done
        done
    done
    exec 5>&-
}

@test "stats sees what a run does while it is going on, and --clean leaves that alone" {
    on_pools bash -c "'$PROGRAMS/requests' m50; '$COMMAND' stats --stats-dir '$STATS_DIR' --clean;
        '$COMMAND' stats --stats-dir '$STATS_DIR'; :" >"$BATS_TEST_TMPDIR/out" 2>/dev/null
    grep -q '^nothing to remove' "$BATS_TEST_TMPDIR/out"
    grep -Eq '^ *[0-9]+ +requests +ended ' "$BATS_TEST_TMPDIR/out"
    grep -Eq '^ *[0-9]+ +bash +running ' "$BATS_TEST_TMPDIR/out"
}

# ---- --profile ----

@test "--profile: the statistics of every process in one file, and what to type next" {
    cd "$BATS_TEST_TMPDIR"
    run --separate-stderr on_pools --profile bash -c "'$PROGRAMS/requests' m50 m5000; exit 3"
    [ "$status" = 3 ]
    file=$(ls poolmalloc-bash.*.pmstat)
    [ "$(wc -l <"$file")" = 2 ]
    grep -q '"program":"bash"' "$file"
    grep -q '"program":"requests"' "$file"
    [[ $stderr =~ ^poolmalloc:\ [0-9]+\ requests\ of\ 2\ processes\ \(bash\)\ are\ in\ $file ]]
    [ "$(tail -n 1 <<<"$stderr")" = "poolmalloc: next: poolmalloc tune $file" ]
    "$COMMAND" stats "$file" | grep -q '^poolmalloc: requests, pid '
    [ ! -e "$STATS_DIR" ] || [ -z "$(ls "$STATS_DIR")" ]
}

@test "--profile: no file is overwritten, and --output names another" {
    cd "$BATS_TEST_TMPDIR"
    echo mine >there
    run --separate-stderr -125 on_pools --profile --output there touch ran
    [ "$stderr" = "poolmalloc: --output there: exists already, and is not overwritten: choose another name" ]
    [ "$(cat there)" = mine ]
    [ ! -e ran ]
    on_pools --profile --output new touch ran
    [ -e ran ]
    [ "$(wc -l <new)" = 1 ]
    run --separate-stderr -125 on_pools --profile -c lwip true
}

@test "--profile leaves no directory behind, and passes signals on" {
    cd "$BATS_TEST_TMPDIR"
    export XDG_RUNTIME_DIR=$BATS_TEST_TMPDIR/runtime
    mkdir -m 700 "$XDG_RUNTIME_DIR"
    mkfifo started
    "$COMMAND" run --profile --output out \
        bash -c 'trap "exit 9" USR1; echo >started; for i in {1..100}; do sleep 0.1; done' 3>&- &
    read -r <started
    kill -USR1 $!
    status=0
    wait $! || status=$?
    [ "$status" = 9 ]
    [ -s out ]
    [ -z "$(ls "$XDG_RUNTIME_DIR/poolmalloc")" ]
}

@test "--profile where SIGCHLD is ignored" {
    run -3 bash -c "trap '' CHLD; exec '$COMMAND' run --profile --output '$BATS_TEST_TMPDIR/out' bash -c 'exit 3'"
}

# ---- What cannot work ----

refuses() { # PROGRAM REASON
    run --separate-stderr -125 on_pools "$1"
    echo "$stderr"
    [ "$stderr" = "poolmalloc: $1 cannot run on pools: $2" ]
}

@test "static programs, also when a script names one" {
    local reason="it is linked statically: nothing can be preloaded"
    refuses "$PROGRAMS/static_binary" "$reason"
    printf '#!%s\n' "$PROGRAMS/static_binary" >"$BATS_TEST_TMPDIR/script"
    chmod +x "$BATS_TEST_TMPDIR/script"
    run --separate-stderr -125 on_pools "$BATS_TEST_TMPDIR/script"
    [ "$stderr" = "poolmalloc: $PROGRAMS/static_binary cannot run on pools: $reason" ]
}

@test "programs with a malloc of their own" {
    refuses "$PROGRAMS/own_malloc" \
        "it brings its own malloc, which the dynamic linker prefers to any preloaded one"
}

@test "sanitized programs" {
    echo 'int main(void) { return 0; }' >"$BATS_TEST_TMPDIR/p.c"
    for sanitizer in address:AddressSanitizer thread:ThreadSanitizer; do
        cc -fsanitize="${sanitizer%:*}" -o "$BATS_TEST_TMPDIR/p" "$BATS_TEST_TMPDIR/p.c" || skip
        refuses "$BATS_TEST_TMPDIR/p" "it is built with ${sanitizer#*:}, whose malloc must be the first"
    done
}

# patched OFFSET BYTES: a copy of a program of 64 bits with other bytes there.
patched() {
    cp "$PROGRAMS/requests" "$BATS_TEST_TMPDIR/p"
    # shellcheck disable=SC2059 # the bytes
    printf "$2" | dd of="$BATS_TEST_TMPDIR/p" bs=1 seek="$1" conv=notrunc status=none
}

@test "programs of 32 bits and of other machines" {
    patched 4 '\001'
    run --separate-stderr -125 on_pools "$BATS_TEST_TMPDIR/p"
    [[ $stderr == *"it is a 32-bit program ("*"), and libpoolmalloc.so is for 64-bit "* ]]
    patched 18 '\363' # RISC-V
    run --separate-stderr -125 on_pools "$BATS_TEST_TMPDIR/p"
    [[ $stderr == *"it is for riscv, and libpoolmalloc.so for "* ]]
}

@test "programs that are linked with musl" {
    offset=$(grep -abo '/lib[^ ]*/ld-linux' "$PROGRAMS/requests" | head -n 1 | cut -d: -f1)
    patched "$offset" '/lib/ld-musl.so.1\0'
    refuses "$BATS_TEST_TMPDIR/p" \
        "it is linked with musl (/lib/ld-musl.so.1), and libpoolmalloc.so needs glibc"
}

@test "programs that run with more rights" {
    [ "$(id -u)" = 0 ] || skip "needs root to make one"
    patched 0 '\177'
    chown nobody "$BATS_TEST_TMPDIR/p"
    chmod 4755 "$BATS_TEST_TMPDIR/p"
    refuses "$BATS_TEST_TMPDIR/p" "it runs with more rights than you have (set-user-ID, set-group-ID or \
capabilities): the dynamic linker ignores LD_PRELOAD then"
}

@test "a damaged program file is no crash" {
    patched 32 '\377\377\377\377\377\377\377\177'
    run on_pools "$BATS_TEST_TMPDIR/p"
    ((status < 128))
    patched 40 '\377\377\377\377\377\377\377\177'
    run on_pools -o dump=off "$BATS_TEST_TMPDIR/p"
    ((status < 128))
    head -c 100 "$PROGRAMS/requests" >"$BATS_TEST_TMPDIR/p"
    run on_pools "$BATS_TEST_TMPDIR/p"
    ((status < 128))
}
