# SPDX-License-Identifier: MIT
# C++ operator new and delete: all forms, and what happens when memory runs out.
load ../helpers
load ../figures

@test "every form allocates and releases as without the library" {
    "$PROGRAMS/operators" >"$BATS_TEST_TMPDIR/expected"
    local options="on_empty=fail;on_oversize=fail;malloc size=64 count=2;malloc size=256 count=2"
    options+=";malloc size=1K count=2;malloc size=4K count=4;malloc size=8K count=4"
    counted "$options" "$PROGRAMS/operators" >"$BATS_TEST_TMPDIR/found"
    diff "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/found"
    [ "$(figures MALLOC_64 used) $(figures MALLOC_4096 used) $(figures MALLOC_8192 used)" = "0 0 0" ]
    [ "$(figure MALLOC_64 frees)" -gt 30 ]
}

@test "every form allocates and releases as without the library, compiled by clang++" {
    command -v clang++ >/dev/null || skip "no clang++"
    clang++ -std=c++17 -fsized-deallocation -O1 -fno-builtin -w -o "$BATS_TEST_TMPDIR/operators" "$TESTS/programs/operators.cc"
    "$PROGRAMS/operators" >"$BATS_TEST_TMPDIR/expected"
    counted "malloc size=64 count=2" "$BATS_TEST_TMPDIR/operators" >"$BATS_TEST_TMPDIR/found"
    diff "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/found"
    [ "$(figure MALLOC_64 used)" -eq 0 ]
}

forms="new array aligned aligned_array nothrow nothrow_array aligned_nothrow aligned_nothrow_array"

exhausted() { # form, handler
    counted "on_empty=fail;on_oversize=fail;malloc size=64 count=4;malloc size=128K count=1" \
        "$PROGRAMS/new_handler" "$1" "$2"
}

# The answer of a throwing form, or of a nothrow form, which turns exceptions into NULL.
expect() { # form, answer of a throwing form
    local answer=$2
    [[ $1 != *nothrow* || $2 == block* ]] || answer="NULL, ${2#*, }"
    [ "$output" = "$answer" ]
}

@test "without a handler: bad_alloc, or NULL, and the pool was asked once" {
    for form in $forms; do
        run exhausted "$form" none
        expect "$form" "bad_alloc, 0 calls"
        [ "$(figures MALLOC_64 used err failed)" = "4 1 1" ]
    done
}

@test "a handler that frees something: the request succeeds" {
    for form in $forms; do
        run exhausted "$form" frees
        expect "$form" "block, 1 calls"
        [ "$(figures MALLOC_64 used err failed)" = "4 1 1" ]
    done
}

@test "a handler is called until it has freed something" {
    for form in $forms; do
        run exhausted "$form" frees_late
        expect "$form" "block, 3 calls"
        [ "$(figures MALLOC_64 used err failed)" = "4 3 3" ]
    done
}

@test "what a handler throws comes through; the nothrow forms return NULL for bad_alloc" {
    for form in $forms; do
        run exhausted "$form" throws_bad_alloc
        expect "$form" "bad_alloc, 1 calls"
        [ "$(figures MALLOC_64 used err failed)" = "4 1 1" ]
    done
    for form in new array aligned aligned_array; do
        run exhausted "$form" throws
        expect "$form" "given up, 1 calls"
    done
}

@test "a handler that uninstalls itself: bad_alloc in the end" {
    for form in $forms; do
        run exhausted "$form" uninstalls
        expect "$form" "bad_alloc, 1 calls"
        [ "$(figures MALLOC_64 used err failed)" = "4 2 2" ]
    done
}

@test "no pool fits: bad_alloc, and counted once" {
    run exhausted oversize none
    [ "$output" = "bad_alloc, 0 calls" ]
}

@test "a program's own operator new and delete are used by the forms that it did not replace" {
    "$PROGRAMS/replaced_new" >"$BATS_TEST_TMPDIR/expected"
    pools "" "$PROGRAMS/replaced_new" >"$BATS_TEST_TMPDIR/found"
    diff "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/found"
}

@test "next mallocs that have operators of their own: those of the pools come first" {
    local next found=0
    "$PROGRAMS/operators" | grep -v ^wide >"$BATS_TEST_TMPDIR/expected" # mimalloc 2.0.9 misaligns it
    for next in libjemalloc.so.2 libmimalloc.so.2 libtcmalloc_minimal.so.4; do
        [[ $(gcc -print-file-name=$next) == /* ]] || continue
        found=1
        counted "malloc size=64 count=200" env LD_PRELOAD="$LIB $next" "$PROGRAMS/operators" \
            | grep -v ^wide >"$BATS_TEST_TMPDIR/found"
        diff "$BATS_TEST_TMPDIR/expected" "$BATS_TEST_TMPDIR/found"
        [ "$(figures MALLOC_64 illegal failed)" = "0 0" ]
        [ "$(figure MALLOC_64 frees)" -gt 30 ]
    done
    [ $found = 1 ] || skip "no other malloc here"
}
