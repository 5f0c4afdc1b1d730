# SPDX-License-Identifier: MIT
# poolmalloc resolve: who the addresses in reports are.
load ../helpers

setup() {
    cd "$BATS_TEST_TMPDIR"
    printf '%s\n' '#include <stdlib.h>' '__attribute__((noinline)) char *get(void)' '{' \
        '    char *p = malloc(40);' '    *p = 0;' '    return p;' '}' 'int main(void)' '{' '    char *p = get();' \
        '    p[40] = 1;' '    free(p);' '    return 0;' '}' >stray.c
    cc -g -O0 -fno-builtin -o "a program+0x" stray.c
    LD_PRELOAD=$BUILD/libpoolmalloc.so "./a program+0x" 2>report || true
}
export POOLMALLOC="malloc size=64 count=4;overflow_check=1;dump=off;stats_dir=/dev/null"

@test "functions and lines of source stand behind addresses, and nothing else changes" {
    [ "$(wc -l <report)" = 3 ]
    "$COMMAND" resolve report >resolved
    diff <(sed -n 's/.*(0x[0-9a-f]*)//p' resolved) - <<END
: get at $PWD/stray.c:4
: main at $PWD/stray.c:12
END
    diff report <(sed 's/: [a-z]* at .*stray.c:[0-9]*$//' resolved)
    diff resolved <("$COMMAND" resolve - <report)
    diff <(cat resolved resolved) <("$COMMAND" resolve report report)
}

@test "what is unknown stays as it is, text without an end of line too" {
    printf '%s\n' "other text" "  allocated by /no/such/file+0x1234 (0x55001234)" "  freed by 0x1234" \
        "  freed by +0x1 (0x1)" "  allocated by $PWD/stray.c+0x1234" >text
    printf 'no end' >>text
    "$COMMAND" resolve <text | cmp - text
}

@test "without addr2line, without the file: said, status 1" {
    ADDR2LINE=/no/such/program run --separate-stderr -1 "$COMMAND" resolve report
    [ "$output" = "$(cat report)" ]
    [ "$stderr" = "poolmalloc: /no/such/program: No such file or directory; it is part of binutils, \
ADDR2LINE names another" ]
    run --separate-stderr -1 "$COMMAND" resolve /no/such/file report
    [ "$stderr" = "poolmalloc: /no/such/file: No such file or directory" ]
    [ "$(wc -l <<<"$output")" = 3 ]
}
