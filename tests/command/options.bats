# SPDX-License-Identifier: MIT
# poolmalloc options and poolmalloc presets.
load ../helpers

names() {
    sed -nE 's/^OPTION\((\w+),.*/\1/p' "$TESTS/../src/options.def"
}

@test "options: every row of options.def, in its order" {
    [ "$("$COMMAND" options | sed -nE 's/^(\w+) = .*/\1/p')" = "$(names)" ]
    [ "$("$COMMAND" options --json | perl -ne 'print "$1\n" if /"name": "(\w+)"/')" = "$(names)" ]
}

@test "options: value, where it comes from, type, range, default, help" {
    run --separate-stderr "$COMMAND" options try_bigger
    [ "$output" = "try_bigger = no  # default
    bool: yes | no; default no
    whether later pools with large enough chunks are tried when the first that fits is empty" ]
    echo "try_bigger = yes" >"$BATS_TEST_TMPDIR/my.conf"
    export POOLMALLOC_CONF=$BATS_TEST_TMPDIR/my.conf
    run --separate-stderr "$COMMAND" options try_bigger
    [ "${lines[0]}" = "try_bigger = yes  # $POOLMALLOC_CONF" ]
    POOLMALLOC="try_bigger=no" run --separate-stderr "$COMMAND" options try_bigger
    [ "${lines[0]}" = "try_bigger = no  # POOLMALLOC" ]
    POOLMALLOC_CONF=lwip run --separate-stderr "$COMMAND" options on_empty
    [[ ${lines[0]} == "on_empty = fail  # "*/presets/lwip.conf ]]
}

@test "options --json: one array" {
    POOLMALLOC="dump=/tmp/%p" run --separate-stderr "$COMMAND" options --json dump
    [ "$(python3 -c 'import json, sys
row, = json.load(sys.stdin)
print(row["name"], row["type"], row["value"], row["default"], row["from"])' <<<"$output")" = \
        "dump text /tmp/%p stderr POOLMALLOC" ]
}

@test "options: a configuration with mistakes is status 1, an unknown name 2" {
    POOLMALLOC="dump=" run --separate-stderr -1 "$COMMAND" options
    [[ $stderr == "poolmalloc: POOLMALLOC:1:"* ]]
    run --separate-stderr -2 "$COMMAND" options on_emty
    [[ $stderr == *"there is no option 'on_emty' of pools.conf; did you mean 'on_empty'?"* ]]
}

@test "presets: each is listed with what it is for, and printed as it is" {
    [ "$("$COMMAND" presets | cut -d' ' -f1)" = "$(cd "$BUILD/presets" && ls | sed 's/\.conf$//')" ]
    for name in $("$COMMAND" presets | cut -d' ' -f1); do
        "$COMMAND" presets "$name" | cmp - "$BUILD/presets/$name.conf"
        [[ $("$COMMAND" presets | grep "^$name ") =~ ^$name\ +[a-z].{20,} ]]
        "$COMMAND" check "$name" >/dev/null
    done
}

@test "presets: an unknown one" {
    run --separate-stderr -1 "$COMMAND" presets genral
    [ "$stderr" = "poolmalloc: there is no preset 'genral'; did you mean 'general'?" ]
    run --separate-stderr -1 "$COMMAND" presets ../../etc/passwd
    [ "$stderr" = "poolmalloc: there is no preset '../../etc/passwd'" ]
}
