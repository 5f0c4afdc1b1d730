# SPDX-License-Identifier: MIT
# overflow_check and poison in programs as they are: what is said of a stray write, and that nothing is
# said where there is none and nothing else changes.
load ../helpers
load ../figures

P="malloc size=64 count=20;malloc size=512 count=20"

stray() { # options, what
    run --separate-stderr pools "$1;$P" "$PROGRAMS/stray_writes" "$2"
}

# The report without the place of the program in memory: in each line, function names instead of
# addresses.
report() {
    local line file
    while IFS= read -r line; do
        if [[ $line =~ ^"  "(allocated|freed)" by "(.*)"+"(0x[0-9a-f]+)" (0x"[0-9a-f]+")"$ ]]; then
            file=$(addr2line -fe "${BASH_REMATCH[2]}" "${BASH_REMATCH[3]}" | head -1)
            line="  ${BASH_REMATCH[1]} by $file"
        fi
        echo "${line/$output/ADDRESS}"
    done <<<"$stderr"
}

by() { # function, function
    echo "  allocated by $1"
    [ $# -eq 1 ] || echo "  freed by $2"
}

@test "an overflow is reported at free, with who allocated and freed the chunk" {
    stray overflow_check=1 overflow
    [ "$status" -eq 134 ]
    diff <(report) - <<END
poolmalloc: overflow of ADDRESS: pool MALLOC_64, chunk 0: 40 bytes asked for, offsets 40 to 42 hold 75 72 00 instead of cd
$(by by_malloc by_free)
END
}

@test "of a long overflow the first bytes are shown, and the program can go on" {
    stray "overflow_check=1;on_corruption=warn" long
    [ "$status" -eq 0 ]
    diff <(report) - <<END
poolmalloc: overflow of ADDRESS: pool MALLOC_64, chunk 0: 40 bytes asked for, offsets 40 to 79 hold 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 78 ... instead of cd
$(by by_malloc by_free)
END
}

@test "an underflow is reported at free" {
    stray overflow_check=1 underflow
    [ "$status" -eq 134 ]
    diff <(report) - <<END
poolmalloc: underflow of ADDRESS: pool MALLOC_64, chunk 0: 40 bytes asked for, offset -1 holds 07 instead of cd
$(by by_malloc by_free)
END
}

@test "an overflow of a block that is never freed is reported when the program ends" {
    stray overflow_check=1 at_exit
    [ "$status" -eq 134 ]
    diff <(report) - <<END
poolmalloc: overflow of ADDRESS: pool MALLOC_64, chunk 0: 40 bytes asked for, offset 40 holds 78 instead of cd
$(by by_malloc)
END
    run pools "overflow_check=1;on_corruption=warn;$P" "$PROGRAMS/stray_writes" at_exit
    [ "$status" -eq 0 ]
}

@test "a write after free is reported when the chunk is handed out again" {
    stray poison=yes after_free
    [ "$status" -eq 134 ]
    diff <(report) - <<END
poolmalloc: write after free of ADDRESS: pool MALLOC_64, chunk 0: 40 bytes asked for, offset 8 holds 09 instead of 5a
$(by by_malloc by_free)
END
    passes "overflow_check=2;$P" "$PROGRAMS/stray_writes" after_free
}

@test "a double free is reported with who freed the chunk before" {
    stray "overflow_check=1;on_invalid_free=warn" double
    [ "$status" -eq 0 ]
    diff <(report) - <<END
poolmalloc: invalid free of ADDRESS: pool MALLOC_64, chunk 0: double free
$(by by_malloc by_free)
END
}

@test "on_corruption = ignore counts in silence, and the dump has a column for it" {
    passes "overflow_check=1;on_corruption=ignore;$P" "$PROGRAMS/stray_writes" overflow
    stray "overflow_check=1;on_corruption=ignore;dump=stderr" overflow
    [[ $stderr == *" illegal  corrupt "* ]]
    stray "overflow_check=1;dump=stderr" none
    [[ $stderr == *" illegal "* && $stderr != *corrupt* ]]
    counted "overflow_check=1;on_corruption=ignore;$P" "$PROGRAMS/stray_writes" overflow
    [ "$(figures MALLOC_64 corrupt)" -eq 1 ]
    [ "$(figures MALLOC_512 corrupt)" -eq 0 ]
}

@test "a program that asks for the usable size may use all of it" {
    passes "overflow_check=1;$P" "$PROGRAMS/stray_writes" usable
}

@test "every way to get a block and to give it back is known by its caller" {
    stray "overflow_check=1;on_corruption=warn" every_way
    [ "$status" -eq 0 ]
    local gets="by_malloc by_calloc by_realloc_of_null by_reallocarray by_memalign by_aligned_alloc
        by_posix_memalign_call by_new by_new_array by_new_nothrow by_new_aligned by_realloc_in_place
        by_realloc_that_moves by_malloc by_malloc by_malloc by_malloc by_malloc by_malloc"
    # shellcheck disable=SC2086 # words
    diff <(report | sed -n 's/^  allocated by //p') \
        <(printf '%s\n' $gets)
    diff <(report | sed -n 's/^  freed by //p' | tail -6) \
        <(printf '%s\n' by_free by_delete by_delete_array by_delete_sized by_delete_aligned by_realloc_to_zero)
    [ "$(report | grep -c '^poolmalloc: overflow of ')" -eq 19 ]
}

# The same answers, sizes and counters at every level (lwIP 26213: guards made the pools too small).
@test "sizes, routing, alignment and counters are the same with checks on and off" {
    local options="thread_cache=off;semantics=lwip;try_bigger=yes;malloc size=16 count=3;malloc size=100 count=4;malloc size=1512 count=4;malloc size=4K count=4"
    local requests="m0 m1 m16 m17 m100 m112 m113 m1512 m1520 m1521 m4096 m4097 c10:10 c3:500 a64:50 a512:50
        a4096:10 r3:112 r3:40 r3:200 r3:20 f1 f2 m5 f8 m1000 m5 m5 m5 m5 m5"
    local level plain checked
    # shellcheck disable=SC2086 # words
    for level in "" "overflow_check=1" "overflow_check=2;poison=yes" "poison=yes" \
        "overflow_check=1;guard_before=64K;guard_after=1" "overflow_check=2;guard_before=0;guard_after=0"; do
        checked=$(counted "$options;$level" "$PROGRAMS/requests" $requests)
        checked+=$(sed 's/.*"pools"//' "$DUMP")
        plain=${plain:-$checked}
        diff <(echo "$plain") <(echo "$checked")
    done
    [[ $plain == *4096* && $plain == *ENOMEM* ]]
}

@test "programs as they are run with checks, and nothing is found" {
    local level
    cat >"$BATS_TEST_TMPDIR/hello.c" <<'END'
#include <stdio.h>
int main(void) { return puts("hello") < 0; }
END
    local general=$TESTS/../tools/presets/general.conf
    for level in "overflow_check=1;poison=yes" "overflow_check=2"; do
        export POOLMALLOC_CONF=$general
        passes "$level" sh -c 'ls -lR /etc/apt | sort | tail -3'
        passes "$level" perl -e '$n{$_ % 97} .= "x" x ($_ % 50) for 1..3000; print scalar keys %n'
        [ "$output" = 97 ]
        passes "$level" git --version
        passes "$level" cc -O1 -c -o "$BATS_TEST_TMPDIR/hello.o" "$BATS_TEST_TMPDIR/hello.c"
        ! command -v python3 >/dev/null || passes "$level" python3 -S -c 'print(sum(map(len, map(str, range(9999)))))'
        ! command -v sqlite3 >/dev/null \
            || passes "$level" sqlite3 :memory: 'create table t(a); insert into t values(1),(2); select sum(a) from t'
        ! command -v redis-server >/dev/null || passes "$level" redis-server --version
    done
}
