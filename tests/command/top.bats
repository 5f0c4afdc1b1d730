# SPDX-License-Identifier: MIT
# poolmalloc top: plain text, and the screen as a terminal shows it.
load ../helpers
COMMAND=$BUILD/poolmalloc

# A process on pools that waits until its standard input ends.
begin() { # OPTIONS
    mkfifo "$BATS_TEST_TMPDIR/stop"
    POOLMALLOC="stats_dir=$STATS_DIR;dump=off;$1" LD_PRELOAD=$LIB \
        "$PROGRAMS/requests" m50 m50 m200 wait <"$BATS_TEST_TMPDIR/stop" >"$BATS_TEST_TMPDIR/said" 3>&- &
    pid=$!
    exec 5>"$BATS_TEST_TMPDIR/stop"
    until grep -q waiting "$BATS_TEST_TMPDIR/said"; do kill -0 "$pid"; done
}

teardown() {
    tmux -S "$BATS_TEST_TMPDIR/tmux" kill-server 2>/dev/null || true
    exec 5>&-
    [ -z "${pid-}" ] || wait "$pid" || true
}

@test "without a terminal: one look at all processes, or at the pools of one" {
    begin "malloc size=64 count=5;malloc size=256 count=unlimited"
    "$COMMAND" top --stats-dir "$STATS_DIR" >"$BATS_TEST_TMPDIR/out"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/out")" -eq 2 ]
    grep -Eq "^ *$pid +requests +running .* 384 +[0-9.K]+ +- +- +- " "$BATS_TEST_TMPDIR/out"
    "$COMMAND" top --stats-dir "$STATS_DIR" "$pid" >"$BATS_TEST_TMPDIR/out"
    grep -Eq '^MALLOC_64 +64 +5 +2 +2 ' "$BATS_TEST_TMPDIR/out"
    grep -Eq '^MALLOC_256 +256 +[0-9]+\+ +1 +[0-9]+ ' "$BATS_TEST_TMPDIR/out"
    ! grep -q $'\033' "$BATS_TEST_TMPDIR/out"
}

@test "plain text again and again has rates from the second look on" {
    begin "malloc size=64 count=5"
    "$COMMAND" top --stats-dir "$STATS_DIR" -d 0.1 -n 3 "$pid" >"$BATS_TEST_TMPDIR/out"
    [ "$(grep -c '^POOL' "$BATS_TEST_TMPDIR/out")" -eq 3 ]
    [ "$(grep '^MALLOC_64' "$BATS_TEST_TMPDIR/out" | awk '{ print $7 }' | xargs)" = "- 0 0" ]
}

@test "a process that has no statistics, and wrong command lines" {
    mkdir -m 700 "$STATS_DIR"
    run "$COMMAND" top --stats-dir "$STATS_DIR" 1
    [ "$status" -eq 1 ]
    run "$COMMAND" top x
    [ "$status" -eq 2 ]
    run "$COMMAND" top -d 0
    [ "$status" -eq 2 ]
}

shows() { # PATTERN: waits until the screen shows it
    local screen
    for _ in {1..2000}; do
        screen=$(tmux -S "$BATS_TEST_TMPDIR/tmux" capture-pane -p)
        ! grep -Eq -- "$1" <<<"$screen" || return 0
    done
    echo "$screen"
    return 1
}

press() {
    tmux -S "$BATS_TEST_TMPDIR/tmux" send-keys "$@"
}

@test "the screen lists processes, opens one, sorts, and outlives it" {
    command -v tmux >/dev/null || skip "no tmux"
    [ -e /dev/pts/ptmx ] || skip "no pseudo-terminals"
    begin "malloc size=64 count=5;malloc size=256 count=5"
    tmux -S "$BATS_TEST_TMPDIR/tmux" -f /dev/null new-session -d -x 100 -y 20 \
        "LC_ALL=C.UTF-8 '$COMMAND' top -d 0.1 --stats-dir '$STATS_DIR'; echo status \$?; sleep 60" 3>&-
    shows "^ *$pid +requests +running"
    press Enter
    shows '^MALLOC_64 +64 +5 +2 +2 '
    press '>'
    shows '^POOLv +SIZE'
    press r
    shows '^POOL\^ +SIZE'
    press h
    shows 'back to all processes'
    press h
    press Left
    shows "^ *$pid +requests +running"
    kill -9 "$pid"
    shows "^ *$pid +requests +died"
    press c
    shows 'No process on pools is running'
    press q
    shows 'status 0'
}
