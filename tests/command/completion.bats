# SPDX-License-Identifier: MIT
# bash completion of the command.
load ../helpers

# completes WORD...: the replies for the last word, one a line, sorted.
completes() {
    # shellcheck source=tools/completion/poolmalloc
    source "$TESTS/../tools/completion/poolmalloc"
    COMP_WORDS=(poolmalloc "$@")
    COMP_CWORD=$#
    _poolmalloc "$COMMAND"
    printf '%s\n' "${COMPREPLY[@]}" | sort
}

@test "verbs" {
    [ "$(completes o)" = options ]
    [[ $(completes "") == *run*stats* ]]
    [ "$(completes help pr)" = presets ]
}

@test "options of a verb: those of its --help" {
    [ "$(completes run --str)" = --strict ]
    [ "$(completes run --o | paste -sd ' ')" = "--only= --option= --output=" ]
    [ "$(completes check --max-w)" = --max-waste= ]
    [ -z "$(completes options --strict)" ]
}

@test "values: presets and files, mallocs, options of pools.conf" {
    cd "$BATS_TEST_TMPDIR"
    touch general.txt
    [ "$(completes run -c gen | paste -sd ' ')" = "general general.txt" ]
    [ "$(completes run --conf = gen | paste -sd ' ')" = "general general.txt" ]
    [ "$(completes run --next mi)" = mimalloc ]
    [ "$(completes run -o on_e)" = on_empty= ]
    [ "$(completes run --follow = | paste -sd ' ')" = "exec no" ]
    [ "$(completes presets l)" = lwip ]
    [ "$(completes options thread)" = thread_cache ]
    [ "$(completes check gen | paste -sd ' ')" = "general general.txt" ]
}

@test "the program of run, and then what completes its own arguments" {
    cd "$BATS_TEST_TMPDIR"
    touch argument
    [[ $(completes run base) == *basename* ]]
    [ "$(completes run -c lwip sort arg)" = argument ]
    [ "$(completes run sort --str)" = "" ] # an option of sort, not of run
    _command_offset() { COMPREPLY=("from $1"); }
    [ "$(completes run -o dump=off --strict -- sort arg)" = "from 6" ]
    [ "$(completes run --conf = lwip sort arg)" = "from 5" ]
}
