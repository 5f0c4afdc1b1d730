# SPDX-License-Identifier: MIT
# What every verb of the command has: help, version, the nearest known word, exit statuses.
load ../helpers

# A verb for each line: VERB help.
verbs() {
    "$COMMAND" --help | sed -nE 's/^  ([a-z]+) +.*/\1/p'
}

@test "without a verb: the list of verbs on standard error, status 2" {
    run --separate-stderr "$COMMAND"
    [ "$status" = 2 ]
    [ -z "$output" ]
    [[ $stderr == "Usage: poolmalloc VERB"* ]]
}

@test "--help, -? and help list every verb" {
    for word in --help '-?' help; do
        run --separate-stderr "$COMMAND" "$word"
        [ "$status" = 0 ]
        [ -z "$stderr" ]
        [ "$(verbs | paste -sd ' ')" = \
            "$(sed -nE 's/^VERB\(([a-z]+),.*/\1/p' "$TESTS/../tools/poolmalloc/verbs.def" | paste -sd ' ')" ]
    done
}

@test "--help and --version with every verb, help VERB is VERB --help" {
    for verb in $(verbs); do
        run --separate-stderr "$COMMAND" "$verb" --help
        [ "$status" = 0 ]
        [ -z "$stderr" ]
        [[ $output == "Usage: poolmalloc $verb "* ]]
        [ "$output" = "$("$COMMAND" help "$verb")" ]
        [ "$("$COMMAND" "$verb" --version)" = "$("$COMMAND" --version)" ]
    done
}

@test "the version is the header's" {
    [ "$("$COMMAND" --version)" = \
        "poolmalloc $(sed -n 's/#define PM_VERSION "\(.*\)"/\1/p' "$TESTS/../include/poolmalloc.h")" ]
}

@test "an unknown verb: the nearest one, status 2" {
    run --separate-stderr "$COMMAND" optins
    [ "$status" = 2 ]
    [ "$stderr" = "poolmalloc: there is no verb 'optins'; did you mean 'options'?" ]
    run --separate-stderr "$COMMAND" zzzzzz
    [ "$status" = 2 ]
    [ "$stderr" = "poolmalloc: there is no verb 'zzzzzz'; poolmalloc --help lists them" ]
    run --separate-stderr "$COMMAND" help optins
    [ "$status" = 2 ]
}

@test "an unknown option of any verb: the nearest one; status 125 of run, else 2" {
    for verb in $(verbs); do
        expected=2
        [ "$verb" != run ] || expected=125
        run --separate-stderr "$COMMAND" "$verb" --hlep
        [ "$status" = "$expected" ]
        [[ $stderr == "poolmalloc $verb: there is no option '--hlep'; did you mean '--help'?
Try \`poolmalloc $verb --help' or "* ]]
        try=$(tail -n +2 <<<"$stderr") # the same as argp has it
        run --separate-stderr "$COMMAND" "$verb" -Z
        [ "$status" = "$expected" ]
        [ "$(tail -n +2 <<<"$stderr")" = "$try" ]
    done
}

@test "-h is --help of every verb, unless it is another option's value, or a program's" {
    for verb in $(verbs); do
        [ "$("$COMMAND" "$verb" -h)" = "$("$COMMAND" "$verb" --help)" ]
    done
    [ "$("$COMMAND" -h)" = "$("$COMMAND" --help)" ]
    run -125 "$COMMAND" run -o -h true
    [ "$("$COMMAND" run -o dump=off echo -h)" = -h ]
}

@test "output that cannot be written is told, and is no success" {
    [ -w /dev/full ] || skip "no /dev/full"
    full() { # STATUS ARGUMENT...
        local expected=$1
        shift
        run --separate-stderr -"$expected" timeout 60 bash -c '"$@" >/dev/full' bash "$COMMAND" "$@"
        [[ ${stderr##*$'\n'} == "poolmalloc: standard output could not be written"* ]]
    }
    for verb in $(verbs); do
        expected=1
        [ "$verb" != run ] || expected=125
        full "$expected" "$verb" --help
    done
    full 1 --help
    full 1 --version
    mkdir -m 700 "$STATS_DIR"
    POOLMALLOC=stats_dir=$STATS_DIR "$COMMAND" run -o dump=off --keep true
    statistics=$(echo "$STATS_DIR"/*.pmstat)
    full 1 stats --stats-dir "$STATS_DIR"
    full 1 stats --stats-dir "$STATS_DIR" --json --watch=0.05
    full 1 stats --openmetrics "$statistics"
    full 1 top --stats-dir "$STATS_DIR" "$(basename "$statistics" .pmstat)"
    full 1 check general
    full 1 options
    full 1 presets lwip
    full 1 doctor true
    echo anything | full 1 resolve
    # A program's output is its own matter, and so is its status.
    run -0 bash -c '"$@" >/dev/full' bash "$COMMAND" run -o dump=off true
}

@test "no colour unless on a terminal, nor with NO_COLOR" {
    escape=$'\033'
    [[ $("$COMMAND" --help) != *"$escape"* ]]
    on_terminal() { TERM=xterm script -qec "$COMMAND --help" /dev/null; }
    command -v script >/dev/null || skip "no script(1)"
    [ -e /dev/pts/ptmx ] || skip "no pseudo-terminals"
    [[ $(on_terminal) == *"$escape"* ]]
    [[ $(NO_COLOR=1 on_terminal) != *"$escape"* ]]
}
