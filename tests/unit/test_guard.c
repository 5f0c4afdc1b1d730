// SPDX-License-Identifier: MIT
#include "core.h"
#include "guard.h"

static struct guard_finding found[GUARD_PARTS];

static struct pool *first(void)
{
    return &pools.pool[0];
}

static void set(uint32_t chunk, enum guard_state state, uint64_t requested)
{
    *guard_record(first(), chunk) = (struct guard_record){.requested = requested, .state = state};
    guard_fill(first(), chunk);
}

static uint8_t *byte(uint32_t chunk, int64_t offset)
{
    return (uint8_t *)pool_address(first(), pool_number(first(), chunk)) + offset;
}

// Changing that byte of chunk 1 is found, alone, as this.
static void expect_found(int64_t offset, const char *what)
{
    uint8_t *at = byte(1, offset), was = *at;
    *at ^= 0xff;
    for (uint32_t chunk = 0; chunk < 3; chunk++)
        cr_assert_eq(guard_look(first(), chunk, found), what && chunk == 1, "offset %ld", (long)offset);
    if (what) {
        cr_assert_str_eq(found[0].what, what, "offset %ld", (long)offset);
        cr_assert(found[0].first == offset && found[0].last == offset && found[0].chunk == 1);
        cr_assert(found[0].bytes[0] == *at && found[0].expected == was);
    }
    *at = was;
}

static void expect_all(int64_t from, int64_t to, const char *what)
{
    for (int64_t offset = from; offset < to; offset++)
        expect_found(offset, what);
}

Test(guard, off_watches_nothing)
{
    start("malloc size=64 count=10");
    cr_assert_not(guard_is_on);
    cr_assert_not(guard_watches(first()));
    cr_assert_eq(first()->gap, 0);
}

Test(guard, chunk_in_hand_is_watched_from_the_request_to_the_guards_end)
{
    start("overflow_check=1; mem_alignment=4; guard_before=5; guard_after=3; malloc size=100 count=10");
    cr_assert(guard_watches(first()));
    for (uint32_t chunk = 0; chunk < 3; chunk++)
        set(chunk, GUARD_LIVE, 70);
    expect_all(-8, 0, "underflow");
    expect_all(0, 70, NULL);
    expect_all(70, 112 + 4, "overflow");
    expect_all(-12, -8, NULL); // between two chunks' guards
}

Test(guard, free_chunk_is_watched_around_and_with_poison_all_over)
{
    start("overflow_check=1; poison=yes; malloc size=64 count=10");
    for (uint32_t chunk = 0; chunk < 3; chunk++)
        set(chunk, GUARD_FREE, 70);
    expect_all(-16, 0, "underflow");
    expect_all(0, 64, "write after free");
    expect_all(64, 80, "overflow");
}

Test(guard, free_chunk_without_poison_may_hold_anything)
{
    start("overflow_check=1; malloc size=64 count=10");
    for (uint32_t chunk = 0; chunk < 3; chunk++)
        set(chunk, GUARD_FREE, 10);
    expect_all(-16, 0, "underflow");
    expect_all(0, 64, NULL);
    expect_all(64, 80, "overflow");
}

Test(guard, poison_alone_watches_nothing_around)
{
    start("poison=yes; malloc size=64 count=10");
    cr_assert_eq(first()->gap, 0);
    for (uint32_t chunk = 0; chunk < 3; chunk++)
        set(chunk, chunk == 1 ? GUARD_FREE : GUARD_LIVE, 10);
    expect_all(0, 64, "write after free");
    set(1, GUARD_LIVE, 10);
    expect_all(0, 64, NULL);
}

Test(guard, new_chunk_must_be_zero)
{
    start("overflow_check=1; poison=yes; malloc size=64 count=10");
    expect_all(-16, 0, "underflow");
    expect_all(0, 64, "write before allocation");
    expect_all(64, 80, "overflow");
}

Test(guard, every_part_is_a_finding_and_is_repaired)
{
    start("overflow_check=1; poison=yes; malloc size=256 count=10");
    set(4, GUARD_FREE, 100);
    *byte(4, -5) = 1;
    *byte(4, -1) = 2;
    memset(byte(4, 0), 3, 40);
    *byte(4, 271) = 4;
    cr_assert_eq(guard_look(first(), 4, found), 3);
    cr_assert(found[0].first == -5 && found[0].last == -1);
    cr_assert_eq(memcmp(found[0].bytes, "\1\xcd\xcd\xcd\2", 5), 0);
    cr_assert(found[1].first == 0 && found[1].last == 39);
    cr_assert_eq(memcmp(found[1].bytes, "\3\3\3\3\3\3\3\3\3\3\3\3\3\3\3\3", GUARD_SHOWN), 0);
    cr_assert(found[2].first == 271 && found[2].bytes[0] == 4);
    cr_assert_eq(found[2].record.requested, 100);
    guard_fill(first(), 4);
    cr_assert_eq(guard_look(first(), 4, found), 0);
}

Test(guard, no_guard_bytes_at_all_still_watch_the_tail)
{
    start("overflow_check=1; guard_before=0; guard_after=0; malloc size=64 count=10");
    cr_assert_eq(first()->gap, 0);
    for (uint32_t chunk = 0; chunk < 3; chunk++)
        set(chunk, GUARD_LIVE, 40);
    expect_all(0, 40, NULL);
    expect_all(40, 64, "overflow");
    set(1, GUARD_LIVE, 64);
    expect_all(0, 64, NULL);
}

Test(guard, chunks_keep_their_alignment)
{
    start("overflow_check=1; malloc size=48 count=9; malloc size=64 count=9; malloc size=1536 count=9;"
          "malloc size=8K count=9");
    const uint64_t alignment[] = {16, 64, 512, 8192};
    for (unsigned i = 0; i < 4; i++)
        for (uint32_t n = 0; n < 9; n++)
            cr_assert_eq((uintptr_t)pool_address(&pools.pool[i], pool_number(&pools.pool[i], n))
                             % alignment[i], 0);
}

Test(guard, records_of_an_unlimited_pool_grow_with_it)
{
    start("overflow_check=1; malloc size=16 count=unlimited");
    const uint32_t chunks[] = {0, 1, 4095, 4096, 5000, 1000000};
    for (unsigned i = 0; i < ARRAY_LENGTH(chunks); i++)
        guard_record(first(), chunks[i])->requested = chunks[i];
    for (unsigned i = 0; i < ARRAY_LENGTH(chunks); i++)
        cr_assert_eq(guard_record(first(), chunks[i])->requested, chunks[i]);
}
