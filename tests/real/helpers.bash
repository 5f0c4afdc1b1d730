# SPDX-License-Identifier: MIT
# The process of one case: helpers.bash FILE FUNCTION, started by run in an empty folder, with the
# environment below. What the function prints is compared between the run without the library and
# the runs with it, so anything that differs from run to run must be filtered out here.
#   PRELOAD   what LD_PRELOAD becomes for the programs (not for this bash); empty: the reference run
#   FULL      1: everything, 0: --quick
#   DATA      folder of inputs that are made once for all runs
#   NOTES     folder of notes to run: `missing` (a program that is not installed), `uses`
#   PROGRAMS  tests/real/programs;  SOURCE  the project's folder
# A function must end with status 0 when nothing is preloaded.
set -euo pipefail

# needs PROGRAM|FILE...: skips the case unless all are there.
needs() {
    local thing
    for thing; do
        if [ ! -e "$thing" ] && ! command -v "$thing" >/dev/null; then
            echo "$thing" >"$NOTES/missing"
            exit 77
        fi
    done
}

# uses PROGRAM...: needs them, and each must have been served by the library: it must leave a dump
# with requests in it.
uses() {
    needs "$@"
    printf '%s\n' "${@##*/}" >>"$NOTES/uses"
}

# pick QUICK FULL: how much to do.
pick() {
    if ((FULL)); then echo "$2"; else echo "$1"; fi
}

# status COMMAND...: runs it and prints its exit status, whatever it is.
status() {
    local result=0
    "$@" || result=$?
    echo "status $result"
}

# data NAME COMMAND...: an input that COMMAND writes to the path given as its last argument, on first
# use and without the library. Prints the path.
data() {
    local path=$DATA/$1
    shift
    if [[ ! -e $path ]]; then
        LD_PRELOAD='' "$@" "$path.new" </dev/null >/dev/null
        mv "$path.new" "$path"
    fi
    echo "$path"
}

# lines COUNT PATH: pseudo-random lines of text, the same in every run.
make_lines() {
    awk -v count="$1" 'BEGIN {
        x = 12345
        for (i = 0; i < count; i++) {
            x = (x * 16807) % 2147483647
            printf "%d line %d of %x %s\n", x % 1000000, i, x, substr("abcdefghijklmnopqrstuvwxyz", x % 20 + 1, 6)
        }
    }' >"$2"
}

lines() {
    data "lines-$1" make_lines "$1"
}

# A repository: make_repository COMMITS PATH. Made by fast-import, so it takes no time.
make_repository() {
    git init -q -b main "$2"
    awk -v count="$1" 'BEGIN {
        for (i = 1; i <= count; i++) {
            printf "commit refs/heads/main\nmark :%d\nauthor A U Thor <a@example.org> %d +0000\n", i, 1600000000 + i * 600
            printf "committer A U Thor <a@example.org> %d +0000\n", 1600000000 + i * 600
            message = "Change " i "\n\nBecause of " i % 7 ".\n"
            printf "data %d\n%s", length(message), message
            if (i > 1)
                printf "from :%d\n", i - 1
            for (file = 0; file < 20; file++) {
                if (i > 1 && (i + file) % 9 != 0)
                    continue
                body = ""
                for (line = 0; line < 120; line++)
                    body = body "int function_" file "_" line "(void) { return " int((i + line) / 13) "; }\n"
                printf "M 100644 inline src/part%d/file%d.c\ndata %d\n%s\n", file % 4, file, length(body), body
            }
            print ""
        }
    }' | git -C "$2" fast-import --quiet
    git -C "$2" reset -q --hard main
}

repository() {
    data "repository-$1" make_repository "$1"
}

# Servers: `serve COMMAND...` starts one in the background, its output in server.log, and sets
# `server`. Whatever happens, it is stopped when the case ends.
servers=()
serve() {
    # A shell's background process would ignore SIGINT.
    env --default-signal=INT "$@" >>server.log 2>&1 &
    server=$!
    servers+=("$server")
}

# stop [SIGNAL]: asks the last server to end and prints how it did.
stop() {
    local result=0
    kill -"${1:-TERM}" "$server"
    wait "$server" || result=$?
    servers=("${servers[@]/$server/}")
    echo "server status $result"
}

is_running() {
    kill -0 "$1" 2>/dev/null
}

# within SECONDS COMMAND...: repeats COMMAND until it succeeds; fails when the time is over or the
# server has ended.
within() {
    local end=$((SECONDS + $1))
    shift
    until "$@" >/dev/null 2>&1; do
        if ((SECONDS > end)) || ! is_running "$server"; then
            echo "the server does not answer: $*" >&2
            cat server.log >&2
            return 1
        fi
        sleep 0.02
    done
}

port_answers() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port: sets `port`.
free_port() {
    port=$((20000 + RANDOM % 12000))
    while port_answers "$port"; do
        port=$((20000 + RANDOM % 12000))
    done
}

end_servers() {
    local pid tries
    for pid in "${servers[@]}"; do
        if [[ -z $pid ]] || ! is_running "$pid"; then continue; fi
        kill -TERM "$pid"
        for ((tries = 0; tries < 250; tries++)); do
            is_running "$pid" || break
            sleep 0.02
        done
        is_running "$pid" && kill -KILL "$pid"
    done
    return 0
}
trap end_servers EXIT
trap 'exit 143' TERM INT HUP

# without_numbers: addresses and decimal numbers become N, runs of blanks one blank.
without_numbers() {
    sed -E 's/0x[0-9a-f]+/N/g; s/[0-9]+(\.[0-9]+)?/N/g; s/[ \t]+/ /g; s/ $//'
}

if [[ ${BASH_SOURCE[0]} == "$0" ]]; then
    # shellcheck source=/dev/null
    . "$1"
    [[ -z $PRELOAD ]] || export LD_PRELOAD=$PRELOAD
    "$2"
fi
