# SPDX-License-Identifier: MIT
# poolmalloc import lwip. import/NAME.h is an lwippools.h of a form that real ones have (or lwIP refuses),
# with the options to import it with behind "import:"; NAME.conf is what it becomes, absent if it is
# refused, and NAME.err what is said about it.
load ../helpers

setup() {
    export STATS_DIR=$BATS_TEST_TMPDIR/stats
    cd "$TESTS/command/import"
    export TMPDIR=$BATS_TEST_TMPDIR/tmp
    mkdir "$TMPDIR"
    unset CC POOLMALLOC POOLMALLOC_CONF
}

# What compilers say is theirs: only the line of it is compared.
imported() { # file, more options...; with the expected status
    local options
    read -ra options <<<"$(sed -nE 's/^ \* import: (.*) \*\/\r?$/\1/p' "$1")"
    "$BUILD/poolmalloc" import lwip "$1" "${options[@]}" "${@:2}" >"$BATS_TEST_TMPDIR/conf" \
        2>"$BATS_TEST_TMPDIR/messages" && status=0 || status=$?
    sed -E 's/:[0-9]+: (warning: lwIP would not compile this|error):.*/: \1/' \
        "$BATS_TEST_TMPDIR/messages" >"$BATS_TEST_TMPDIR/err"
    [ -z "$(ls -A "$TMPDIR")" ] # nothing is left behind
}

import_all() {
    local file name count=0
    for file in *.h; do
        name=${file%.h}
        imported "$file"
        diff "$name.err" "$BATS_TEST_TMPDIR/err"
        if [ -e "$name.conf" ]; then
            [ "$status" = 0 ]
            diff "$name.conf" "$BATS_TEST_TMPDIR/conf"
        else
            [ "$status" = 1 ]
            [ ! -s "$BATS_TEST_TMPDIR/conf" ]
        fi
        count=$((count + 1))
    done
    [ "$count" = "$(ls -- *.err | wc -l)" ]
}

@test "every form becomes the right pools and warnings" {
    import_all
}

@test "the same with clang" {
    command -v clang >/dev/null || skip "no clang"
    CC=clang import_all
}

@test "the target's compiler decides sizes, whatever its byte order and object format" {
    command -v clang >/dev/null || skip "no clang"
    local target
    for target in powerpc-linux-gnu:408 mips64-linux-gnu:808 x86_64-w64-mingw32:808 arm-none-eabi:408; do
        CC="clang --target=${target%:*}" imported example.h # an int each for first and last, 100 pointers
        cat "$BATS_TEST_TMPDIR/messages"
        [ "$status" = 0 ]
        [ "$(sed -nE 's/.*SYS_MBOX size=([0-9]+) .*/\1/p' "$BATS_TEST_TMPDIR/conf")" = "${target#*:}" ]
    done
}

@test "-o writes a file, nothing when the import fails, and overwrites by --force only" {
    local file=$BATS_TEST_TMPDIR/pools.conf
    run ! "$BUILD/poolmalloc" import lwip unknown_type.h --output="$file"
    [ ! -e "$file" ]
    "$BUILD/poolmalloc" import lwip conditional.h -o "$file"
    diff conditional.conf "$file"
    run -1 "$BUILD/poolmalloc" import lwip example.h -include types.inc -o "$file"
    [ "$output" = "poolmalloc: $file is there already: --force overwrites it" ]
    diff conditional.conf "$file"
    "$BUILD/poolmalloc" import lwip example.h -include types.inc -o "$file" --force
    diff example.conf "$file"
    run "$BUILD/poolmalloc" import lwip conditional.h -o "$TMPDIR/no/such/folder"
    [ "$status" = 1 ]
    [ "$output" = "poolmalloc: -o $TMPDIR/no/such/folder: could not be written: No such file or directory" ]
}

@test "types come from the user's headers, in the compiler's spelling of -include and in ours" {
    "$BUILD/poolmalloc" import lwip example.h -include types.inc | diff example.conf -
    "$BUILD/poolmalloc" import lwip --include=types.inc example.h | diff example.conf -
    cd ..
    "$BUILD/poolmalloc" import lwip -Iimport --include types.inc import/example.h \
        | sed 's,import/,,' | diff import/example.conf -
}

@test "the library serves a program by what was imported" {
    "$BUILD/poolmalloc" import lwip conditional.h -o "$BATS_TEST_TMPDIR/pools.conf"
    POOLMALLOC_CONF=$BATS_TEST_TMPDIR/pools.conf pools \
        "dump=$BATS_TEST_TMPDIR/dump;dump_format=lwip" "$PROGRAMS/requests" m1 m1537 >/dev/null
    [[ $(cat "$BATS_TEST_TMPDIR/dump") == *$'MEM MALLOC_256\n\tavail: 100\n\tused: 1\n\tmax: 1\n\terr: 0\n'* ]]
}

@test "without a compiler, without the file: said, and status 1" {
    CC=/nonexistent/cc run "$BUILD/poolmalloc" import lwip conditional.h
    [ "$status" = 1 ]
    [[ $output == "poolmalloc: the C compiler /nonexistent/cc: No such file or directory; CC names another"* ]]
    CC=false run "$BUILD/poolmalloc" import lwip conditional.h
    [ "$status" = 1 ]
    [[ $output == *"conditional.h: could not be evaluated"* ]]
    CC=true run "$BUILD/poolmalloc" import lwip conditional.h # it says that it compiled, and did not
    [ "$status" = 1 ]
    [[ $output == *"/object.o: No such file or directory"* ]]
    run "$BUILD/poolmalloc" import lwip no_such_file.h
    [ "$status" = 1 ]
    [ "$output" = "poolmalloc: no_such_file.h: No such file or directory" ]
    [ -z "$(ls -A "$TMPDIR")" ]
}

@test "what is no header is refused, with its name" {
    cd "$BATS_TEST_TMPDIR"
    : >empty.h
    head -c 4096 "$BUILD/libpoolmalloc.so" >binary.h
    printf 'LWIP_MEMPOOL(A, 1, 8, "\xf6ffnen")\n' >latin1.h # bytes that are no UTF-8 are no mistake
    mkdir directory.h
    local file
    for file in empty.h binary.h directory.h; do
        run "$BUILD/poolmalloc" import lwip "$file"
        [ "$status" = 1 ]
        [[ $output == *"$file"* ]]
    done
    "$BUILD/poolmalloc" import lwip latin1.h | grep -q '^pool   A size=8 .* desc="?ffnen"'
}

@test "a wrong command line: status 2" {
    local arguments
    for arguments in "" "lwip" "threadx conditional.h" "lwip conditional.h more.h" "--unknown lwip conditional.h"; do
        # shellcheck disable=SC2086 # several words
        run "$BUILD/poolmalloc" import $arguments
        [ "$status" = 2 ]
        [[ $output == "poolmalloc import: "*"poolmalloc import --help"* ]]
    done
}

@test "a signal that ends it while the compiler runs leaves no file behind" {
    printf '#!/bin/sh\nfor object; do [ "$previous" = -o ] && break; previous=$object; done\n' >"$BATS_TEST_TMPDIR/cc"
    printf 'echo >"$object"\nkill -TERM $PPID\n' >>"$BATS_TEST_TMPDIR/cc"
    chmod +x "$BATS_TEST_TMPDIR/cc"
    CC=$BATS_TEST_TMPDIR/cc run "$BUILD/poolmalloc" import lwip conditional.h
    [ "$status" = 143 ]
    [ -z "$(ls -A "$TMPDIR")" ]
}
