# SPDX-License-Identifier: MIT
# Nothing leaves the library but what tests/exports.txt lists, and it takes nothing but libc.
load ../helpers

@test "the library exports exactly the names of exports.txt" {
    nm -D --defined-only "$LIB" | awk '{ print $3 }' | LC_ALL=C sort >"$BATS_TEST_TMPDIR/exports"
    diff "$TESTS/exports.txt" "$BATS_TEST_TMPDIR/exports"
}

@test "the library needs libc alone, and asks to be initialised first and never unloaded" {
    run readelf -dW "$LIB"
    [ "$(grep -c NEEDED <<<"$output")" -eq 1 ]
    [[ $output == *"NEEDED"*"[libc.so.6]"* ]]
    [[ $output == *INITFIRST* && $output == *NODELETE* && $output == *NOW* ]]
}

@test "thread-local words are reached without a call, which would allocate" {
    run readelf -rW "$LIB"
    [[ $output == *TPOFF64* || $output == *TLS_TPREL* ]]
    [[ $output != *DTPMOD* && $output != *TLSDESC* ]]
}
