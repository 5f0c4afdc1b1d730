# SPDX-License-Identifier: MIT
# include/poolmalloc_lwip.h: programs written for lwIP's pools compile as they are, and behave as lwIP.
load ../helpers
load answers

ROOT=$TESTS/..

# compile OUTPUT FOLDER ARGUMENT...: with the folder of a program's lwippools.h on the include path.
compile() {
    local output=$1 folder=$2
    shift 2
    "${CC:-cc}" -O1 -Wall -Wextra -Wundef -Werror -o "$output" -I"$folder" -I"$ROOT/include" \
        -I"$ROOT/include/poolmalloc-lwip" "$@" -L"$BUILD" -l"${LIBRARY:-poolmalloc}" -Wl,-rpath,"$BUILD"
}

# with OPTIONS PROGRAM...: configured like pools of ../helpers.bash; the program is linked already.
with() {
    local options=$1
    shift
    POOLMALLOC="stats_dir=$STATS_DIR;dump=off;$options" "$@"
}

# accepts TEXT LINE...: an lwippools.h of this text compiles in C and C++, and declares these pools.
accepts() {
    local folder=$BATS_TEST_TMPDIR/accepts
    mkdir -p "$folder"
    printf '%s\n' "$1" >"$folder/lwippools.h"
    printf '%s\n' "$LWIPOPTS" >"$folder/lwipopts.h"
    shift
    CC=${CXX:-c++} compile "$folder/show_cc" "$folder" -x c++ "$TESTS/lwip/show_pools.c" -x none
    compile "$folder/show" "$folder" "$TESTS/lwip/show_pools.c"
    diff <(with "malloc size=1 count=1" "$folder/show") <((($#)) && printf '%s\n' "$@" || true)
    diff <(with "malloc size=1 count=1" "$folder/show") <(with "malloc size=1 count=1" "$folder/show_cc")
}

@test "lwIP's documented example, and code that uses it, run unchanged" {
    local folder=$TESTS/lwip/example
    compile "$BATS_TEST_TMPDIR/use" "$folder" "$folder/use.c" "$folder/pools.c"
    with "" "$BATS_TEST_TMPDIR/use" >"$BATS_TEST_TMPDIR/said"
    diff "$BATS_TEST_TMPDIR/said" - <<'END'
SYS_MBOX 22 SYS_SEM 12
100 bytes 50, 400 bytes 50, 1000 bytes 50
zero 1, trimmed in place 1
sessions 1, then 0
one freed, one got 1
END
}

# What lwIP accepts

@test "all three kinds, in order, and pools before and behind the malloc pools" {
    accepts 'LWIP_MEMPOOL(A, 2, 40, "a")
        LWIP_MALLOC_MEMPOOL_START
        LWIP_MALLOC_MEMPOOL(3, 256) LWIP_MALLOC_MEMPOOL(4, 512)
        LWIP_MALLOC_MEMPOOL_END
        LWIP_PBUF_MEMPOOL(RX, 5, 100, "rx")' \
        "0 A 40 2 a" "1 MALLOC_256 256 3 MALLOC_256" "2 MALLOC_512 512 4 MALLOC_512" "3 RX 144 5 rx"
}

@test "sizes in every base and from macros, and counts that are expressions" {
    accepts '#define MYSIZE 600
        #define TWICE(n) ((n) * 2)
        LWIP_MALLOC_MEMPOOL_START
        LWIP_MALLOC_MEMPOOL(2*2, 0x200)
        LWIP_MALLOC_MEMPOOL((2U), 1024u)
        LWIP_MALLOC_MEMPOOL(TWICE(3), MYSIZE)
        LWIP_MALLOC_MEMPOOL_END' \
        "0 MALLOC_0x200 512 4 MALLOC_0x200" "1 MALLOC_1024u 1024 2 MALLOC_1024u" \
        "2 MALLOC_MYSIZE 600 6 MALLOC_MYSIZE"
}

@test "conditionals, comments, entries over several lines, several on one line, extern C" {
    accepts '// one kind
        #ifdef __cplusplus
        extern "C" {
        #endif
        #if 1
        LWIP_MALLOC_MEMPOOL_START LWIP_MALLOC_MEMPOOL (1, 64) /* and */ LWIP_MALLOC_MEMPOOL
        (2,
         128) LWIP_MALLOC_MEMPOOL_END
        #else
        LWIP_MALLOC_MEMPOOL_START LWIP_MALLOC_MEMPOOL_END
        #endif
        #ifdef __cplusplus
        }
        #endif' \
        "0 MALLOC_64 64 1 MALLOC_64" "1 MALLOC_128 128 2 MALLOC_128"
}

@test "a pool of no chunks keeps its number" {
    accepts 'LWIP_MEMPOOL(NONE, 0, 40, "none") LWIP_MEMPOOL(SOME, 1, 40, "some")' \
        "0 none" "1 SOME 40 1 some"
}

# What lwIP rejects

@test "an include guard" {
    accepts '#ifndef GUARD
        #define GUARD
        LWIP_MALLOC_MEMPOOL_START LWIP_MALLOC_MEMPOOL(3, 256) LWIP_MALLOC_MEMPOOL_END
        #endif' "0 MALLOC_256 256 3 MALLOC_256"
    accepts '#pragma once
        LWIP_MEMPOOL(A, 2, 40, "a")' "0 A 40 2 a"
}

@test "sizes of types" {
    accepts 'struct mine { char bytes[72]; };
        LWIP_MALLOC_MEMPOOL_START
        LWIP_MALLOC_MEMPOOL(3, sizeof(struct mine)) LWIP_MALLOC_MEMPOOL(4, sizeof(long long) * 4 + 8)
        LWIP_MALLOC_MEMPOOL(5, 256)
        LWIP_MALLOC_MEMPOOL_END' \
        "0 MALLOC_72 72 3 MALLOC_sizeof(struct mine)" "1 MALLOC_40 40 4 MALLOC_sizeof(long long) * 4 + 8" \
        "2 MALLOC_256 256 5 MALLOC_256"
}

@test "sizes that are expressions, without names" {
    LWIPOPTS="#define PM_LWIP_POOL_NAMES 0"
    accepts 'struct mine { char bytes[72]; };
        LWIP_MALLOC_MEMPOOL_START
        LWIP_MALLOC_MEMPOOL(1, 256+16) LWIP_MALLOC_MEMPOOL(2, (256)) LWIP_MALLOC_MEMPOOL(3, sizeof(struct mine))
        LWIP_MALLOC_MEMPOOL_END' \
        "0 MALLOC_272 272 1 MALLOC_256+16" "1 MALLOC_256 256 2 MALLOC_(256)" \
        "2 MALLOC_72 72 3 MALLOC_sizeof(struct mine)"
}

@test "malloc pools of equal sizes: by different words, or without names" {
    accepts 'LWIP_MALLOC_MEMPOOL_START LWIP_MALLOC_MEMPOOL(3, 256) LWIP_MALLOC_MEMPOOL(4, 0x100)
        LWIP_MALLOC_MEMPOOL_END' "0 MALLOC_256 256 3 MALLOC_256" "1 MALLOC_0x100 256 4 MALLOC_0x100"
    LWIPOPTS="#define PM_LWIP_POOL_NAMES 0"
    accepts 'LWIP_MALLOC_MEMPOOL_START LWIP_MALLOC_MEMPOOL(3, 256) LWIP_MALLOC_MEMPOOL(4, 256)
        LWIP_MALLOC_MEMPOOL_END' "0 MALLOC_256 256 3 MALLOC_256" "1 MALLOC_256_2 256 4 MALLOC_256"
}

@test "several blocks, one that is empty, none at all, entries outside, semicolons" {
    accepts 'LWIP_MALLOC_MEMPOOL_START LWIP_MALLOC_MEMPOOL(3, 256); LWIP_MALLOC_MEMPOOL_END;
        LWIP_MALLOC_MEMPOOL_START LWIP_MALLOC_MEMPOOL_END
        LWIP_MALLOC_MEMPOOL(1, 32)
        LWIP_MALLOC_MEMPOOL_START LWIP_MALLOC_MEMPOOL(4, 64) LWIP_MALLOC_MEMPOOL_END' \
        "0 MALLOC_256 256 3 MALLOC_256" "1 MALLOC_32 32 1 MALLOC_32" "2 MALLOC_64 64 4 MALLOC_64"
    accepts ''
}

@test "types, variables and includes between the entries" {
    accepts '#include <limits.h>
        typedef struct { int number; char more[CHAR_BIT]; } item;
        extern int somewhere[];
        LWIP_MEMPOOL(ITEMS, 2, sizeof(item) + sizeof(size_t), "items")' "0 ITEMS 20 2 items"
}

# Numbers

@test "malloc pools have lwIP's constants, and an interval" {
    printf '%s\n' 'LWIP_MEMPOOL(A, 1, 8, "a")' 'LWIP_MALLOC_MEMPOOL_START' 'LWIP_MALLOC_MEMPOOL(3, 256)' \
        'LWIP_MALLOC_MEMPOOL(2, SIZE)' 'LWIP_MALLOC_MEMPOOL_END' 'LWIP_MEMPOOL(B, 1, 8, "b")' \
        >"$BATS_TEST_TMPDIR/lwippools.h"
    cat >"$BATS_TEST_TMPDIR/main.c" <<'END'
#define SIZE (2 * 300)
#define PM_LWIP_DEFINE
#include "lwip/memp.h"
static const memp_t constants[] = {MEMP_A, MEMP_POOL_256, MEMP_POOL_SIZE, MEMP_B, MEMP_MAX};
int main(void)
{
    for (memp_t i = 0; i <= MEMP_MAX; i++)
        if (constants[i] != i)
            return 1;
    char *chunk = (char *)memp_malloc(MEMP_POOL_SIZE);
    if (pm_pool_usable_size(pm_pool_of(chunk)) != 608)
        return 2;
    memp_free(MEMP_POOL_SIZE, chunk);
    unsigned n = 0;
    for (memp_t type = MEMP_POOL_FIRST; type <= MEMP_POOL_LAST; type = (memp_t)(type + 1))
        n = n * 10 + type;
    return n;
}
END
    compile "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/main.c"
    run with "" "$BATS_TEST_TMPDIR/main"
    [ "$status" = 12 ]
    CC=${CXX:-c++} compile "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR" -x c++ "$BATS_TEST_TMPDIR/main.c" -x none
    run with "" "$BATS_TEST_TMPDIR/main"
    [ "$status" = 12 ]
    echo 'LWIP_MEMPOOL(A, 1, 8, "a")' >"$BATS_TEST_TMPDIR/lwippools.h"
    printf '%s\n' '#define PM_LWIP_DEFINE' '#include "lwip/memp.h"' \
        'int main(void) { return MEMP_POOL_FIRST * 10 + MEMP_POOL_LAST; }' >"$BATS_TEST_TMPDIR/main.c"
    compile "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/main.c"
    run with "" "$BATS_TEST_TMPDIR/main"
    [ "$status" = 10 ] # an empty one
}

@test "a size that makes no constant is an error in its line, which says what allows it" {
    local size
    for size in 256+16 "(256)" 512; do
        printf '%s\n' 'LWIP_MALLOC_MEMPOOL(3, 512)' "LWIP_MALLOC_MEMPOOL(3, $size)" >"$BATS_TEST_TMPDIR/lwippools.h"
        run ! compile "$BATS_TEST_TMPDIR/show" "$BATS_TEST_TMPDIR" "$TESTS/lwip/show_pools.c"
        [[ $output == *lwippools.h:2:* ]]
        # clang does not say which macros it went through.
        [[ $output == *NOT_IF_PM_LWIP_POOL_NAMES_IS_0* || $(${CC:-cc} --version) == *clang* ]]
        compile "$BATS_TEST_TMPDIR/show" "$BATS_TEST_TMPDIR" -DPM_LWIP_POOL_NAMES=0 "$TESTS/lwip/show_pools.c"
    done
}

@test "source files that see other entries are found out at start-up" {
    printf '#ifdef MORE\nLWIP_MEMPOOL(B, 1, 8, "b")\n#endif\nLWIP_MEMPOOL(A, 1, 8, "a")\n' \
        >"$BATS_TEST_TMPDIR/lwippools.h"
    printf '#define MORE\n#include "lwip/memp.h"\n' >"$BATS_TEST_TMPDIR/other.c"
    compile "$BATS_TEST_TMPDIR/show" "$BATS_TEST_TMPDIR" "$TESTS/lwip/show_pools.c" "$BATS_TEST_TMPDIR/other.c"
    run with "" "$BATS_TEST_TMPDIR/show"
    [ "$status" -ne 0 ]
    [[ $output == *"other.c: sees other entries in lwippools.h than "*show_pools.c* ]]
}

@test "another use of __COUNTER__ among the entries is found out" {
    printf 'LWIP_MEMPOOL(A, 1, 8, "a")\nenum { taken = __COUNTER__ };\n' >"$BATS_TEST_TMPDIR/lwippools.h"
    compile "$BATS_TEST_TMPDIR/show" "$BATS_TEST_TMPDIR" "$TESTS/lwip/show_pools.c"
    run with "" "$BATS_TEST_TMPDIR/show"
    [ "$status" -ne 0 ]
    [[ $output == *"show_pools.c: something in lwippools.h uses __COUNTER__"* ]]
}

@test "PM_LWIP_DEFINE that comes too late, or without lwippools.h, does not compile" {
    printf 'LWIP_MEMPOOL(A, 1, 8, "a")\n' >"$BATS_TEST_TMPDIR/lwippools.h"
    printf '#include "lwip/memp.h"\n#define PM_LWIP_DEFINE\n#include "poolmalloc_lwip.h"\n' \
        >"$BATS_TEST_TMPDIR/late.c"
    run compile "$BATS_TEST_TMPDIR/late" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/late.c"
    [[ $output == *"must be defined before poolmalloc_lwip.h is first included"* ]]
    run compile "$BATS_TEST_TMPDIR/show" /nonexistent "$TESTS/lwip/show_pools.c"
    [[ $output == *"there is no lwippools.h on the include path"* ]]
}

# Behaviour

@test "a pool of pools.conf takes the place of an entry with its name" {
    printf 'LWIP_MEMPOOL(A, 3, 40, "a")\n' >"$BATS_TEST_TMPDIR/lwippools.h"
    compile "$BATS_TEST_TMPDIR/show" "$BATS_TEST_TMPDIR" "$TESTS/lwip/show_pools.c"
    [ "$(with "pool A size=64 count=7 desc=\"from pools.conf\"" "$BATS_TEST_TMPDIR/show")" \
        = "0 A 64 7 from pools.conf" ]
    run with "pool A size=16 count=7" "$BATS_TEST_TMPDIR/show"
    [ "$status" -ne 0 ]
    [[ $output == *"poolmalloc_lwip: A: another pool has this name"* ]]
}

@test "what a program measured becomes the lwippools.h of its kinds of pools again" {
    [ -x "$BUILD/poolmalloc" ] || skip "built without the command"
    local folder=$TESTS/lwip/fixed_bugs
    cd "$BATS_TEST_TMPDIR"
    compile program "$folder" -DLWIP_NOASSERT "$folder/fixed_bugs.c" -pthread
    with "dump=$PWD/dump;dump_format=json;malloc size=4K count=9" ./program names_and_counters_belong_together
    "$BUILD/poolmalloc" export lwip --alignment=4 dump -o measured.h 2>warnings
    diff <(sed '1,/ \*\/$/d; s/) .*/)/' measured.h) - <<'END'
LWIP_MALLOC_MEMPOOL_START
LWIP_MALLOC_MEMPOOL(2, 100)
LWIP_MALLOC_MEMPOOL(2, 1512)
LWIP_MALLOC_MEMPOOL_END
LWIP_MEMPOOL(FIRST, 1, 40, "before malloc pools")
LWIP_MEMPOOL(INSIDE, 1, 5000, "between START and END")
LWIP_PBUF_MEMPOOL(RX, 1, 304, "packets")
/* AFTER is left out: its chunks are too large for lwIP */
END
}

@test "a request that no pool is large enough for is an assertion, unless there are none" {
    printf 'LWIP_MALLOC_MEMPOOL(1, 64)\n' >"$BATS_TEST_TMPDIR/lwippools.h"
    cat >"$BATS_TEST_TMPDIR/main.c" <<'END'
#define PM_LWIP_DEFINE
#include <poolmalloc_lwip.h>
int main(void)
{
    return mem_malloc(65) ? 1 : pm_lwip_mem_err() == 1 ? 42 : 2;
}
END
    compile "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/main.c"
    run with "" "$BATS_TEST_TMPDIR/main"
    [ "$status" -gt 128 ]
    [[ $output == *"mem_malloc: no pool has chunks of this size"* ]]
    compile "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR" -DLWIP_NOASSERT "$BATS_TEST_TMPDIR/main.c"
    run with "" "$BATS_TEST_TMPDIR/main"
    [ "$status" = 42 ]
}

@test "every trace is answered by mem_malloc as lwIP answers it" {
    local conf trace alignment try_bigger compared=0
    for conf in "$TESTS"/lwip/*.conf; do
        local folder=$BATS_TEST_TMPDIR/${conf##*/}
        mkdir "$folder"
        sed -n 's/^malloc size=\([0-9]*\) count=\([0-9]*\)$/LWIP_MALLOC_MEMPOOL(\2, \1)/p' "$conf" \
            >"$folder/lwippools.h"
        alignment=$(sed -n 's/^mem_alignment = //p' "$conf")
        for try_bigger in 0 1; do
            compile "$folder/replay" "$folder" -w -DLWIP_NOASSERT -DMEM_ALIGNMENT="$alignment" \
                -DMEM_USE_POOLS_TRY_BIGGER_POOL=$try_bigger "$TESTS/lwip/replay_mem_malloc.c"
            for trace in "${conf%.conf}"-*.trace; do
                local answers=plain
                ((try_bigger)) && answers=try_bigger
                rm -f "$folder/dump"
                # shellcheck disable=SC2046 # one argument a line
                diff <(with "mem_alignment=$alignment;malloc size=1 count=1;dump=$folder/dump;dump_format=lwip" \
                    "$folder/replay" "$trace" $(geometry "$conf")
                    counters "$folder/dump" | grep -v '^POOL 1 ') "${trace%.trace}.$answers.out"
                compared=$((compared + 1))
            done
        done
    done
    [ "$compared" -eq 48 ]
}

# The bugs of lwIP's history and of its present: see fixed_bugs/fixed_bugs.c.

no_bug_with() { # OPTIONS COMPILER-ARGUMENT...
    local options=$1 name
    shift
    compile "$BATS_TEST_TMPDIR/fixed_bugs" "$TESTS/lwip/fixed_bugs" -DLWIP_NOASSERT "$@" \
        "$TESTS/lwip/fixed_bugs/fixed_bugs.c" -pthread
    with "" "$BATS_TEST_TMPDIR/fixed_bugs" >"$BATS_TEST_TMPDIR/names"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/names")" -eq 15 ]
    while read -r name; do
        echo "$name, $options, $*" # seen when it fails
        with "on_invalid_free=ignore;$options" timeout 60 "$BATS_TEST_TMPDIR/fixed_bugs" "$name"
    done <"$BATS_TEST_TMPDIR/names"
}

@test "bugs that lwIP fixed are not here, at any alignment" {
    for alignment in 1 4 64; do
        no_bug_with "" -DMEM_ALIGNMENT=$alignment
    done
}

@test "nor in a program that keeps its malloc" {
    LIBRARY=poolmalloc-pools no_bug_with "" -DMEM_ALIGNMENT=8
    LIBRARY=poolmalloc-pools no_bug_with "" -DMEMP_MEM_MALLOC=1 -DMEM_ALIGNMENT=8
}

@test "nor with try_bigger, with pools on the heap, without thread caches" {
    no_bug_with "" -DMEM_USE_POOLS_TRY_BIGGER_POOL=1
    no_bug_with "" -DMEMP_MEM_MALLOC=1 -DMEM_USE_POOLS_TRY_BIGGER_POOL=1 -DMEM_ALIGNMENT=8
    no_bug_with "thread_cache=off" -DMEM_ALIGNMENT=4
}

@test "nor with a hook for pools that have chunks again" {
    no_bug_with "" "-DLWIP_HOOK_MEMP_AVAILABLE(type)=({ void available(memp_t); available(type); })"
    no_bug_with "" "-DLWIP_HOOK_MEMP_AVAILABLE(type)=({ void available(memp_t); available(type); })" \
        -DMEMP_MEM_MALLOC=1 -DMEM_ALIGNMENT=16
}

@test "nor with checks, which leave sizes, counts and alignment as they are" {
    no_bug_with "overflow_check=1" -DMEM_ALIGNMENT=4
    no_bug_with "overflow_check=2;poison=yes" -DMEM_ALIGNMENT=64
    no_bug_with "overflow_check=2;guard_before=0;guard_after=0" -DMEM_ALIGNMENT=8
    no_bug_with "overflow_check=1;poison=yes" -DMEMP_MEM_MALLOC=1 -DMEM_ALIGNMENT=8
}

@test "overflow_check sees a byte behind what mem_malloc was asked for" {
    printf 'LWIP_MALLOC_MEMPOOL(1, 64) LWIP_MALLOC_MEMPOOL(1, 128)\n' >"$BATS_TEST_TMPDIR/lwippools.h"
    cat >"$BATS_TEST_TMPDIR/main.c" <<'END'
#define PM_LWIP_DEFINE
#include <poolmalloc_lwip.h>
int main(int argc, char **argv)
{
    (void)argv;
    char *block = mem_malloc(100);
    block[99 + argc] = 1;
    mem_free(block);
    return 0;
}
END
    compile "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/main.c"
    run with "overflow_check=1" "$BATS_TEST_TMPDIR/main"
    [ "$status" -gt 128 ]
    [[ $output == *MALLOC_128* ]]
    run with "" "$BATS_TEST_TMPDIR/main"
    [ "$status" = 0 ]
}

@test "a full descending list with try_bigger is no assertion" {
    printf 'LWIP_MALLOC_MEMPOOL(1, 512) LWIP_MALLOC_MEMPOOL(1, 64)\n' >"$BATS_TEST_TMPDIR/lwippools.h"
    cat >"$BATS_TEST_TMPDIR/main.c" <<'END'
#define PM_LWIP_DEFINE
#define MEM_USE_POOLS_TRY_BIGGER_POOL 1
#include <poolmalloc_lwip.h>
int main(void)
{
    return mem_malloc(100) && !mem_malloc(100) && mem_malloc(10) && !mem_malloc(10) ? 42 : 1;
}
END
    compile "$BATS_TEST_TMPDIR/main" "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR/main.c"
    run with "" "$BATS_TEST_TMPDIR/main"
    [ "$status" = 42 ]
}
