// SPDX-License-Identifier: MIT
#include <signal.h>

#include "core.h"
#include "os.h"

static struct pool pool;
static struct stats_pool stats;

static uint32_t *few; // of the next pool

static uint32_t processors = 8;

static void make(uint64_t size, uint64_t count)
{
    uint64_t stride = align_up(size, ALIGN_MIN);
    uint64_t slice = max_u64(pool_min_slice(stride, count), 1 << 20);
    char *base = os_reserve(slice, 4096);
    cr_assert(base);
    struct pool_plan plan = {.size = size, .usable = stride, .stride = stride, .count = count,
                             .slice_bytes = slice, .processors = processors, .cache_limit = UINT32_MAX,
                             .cache_room = UINT32_MAX, .few = few};
    cr_assert(pool_init(&pool, &plan, base, &stats));
}

static void take_exactly(uint32_t *numbers, uint32_t n)
{
    uint32_t got;
    for (uint32_t taken = 0; taken < n; taken += got) {
        got = pool_take(&pool, numbers + taken, n - taken);
        cr_assert_gt(got, 0);
    }
}

Test(pool, hands_out_count_chunks_and_no_more)
{
    uint32_t chunks[128];
    make(1512, 50);
    uint32_t n = 0, got;
    while ((got = pool_take(&pool, chunks + n, 7)) > 0)
        n += got;
    cr_assert_eq(n, 50);
    bool seen[50] = {false};
    for (uint32_t i = 0; i < n; i++) {
        uint32_t nth = chunks[i] >> pool.spread;
        cr_assert(nth < 50 && !seen[nth] && pool_number(&pool, nth) == chunks[i]);
        seen[nth] = true;
        memset(pool_address(&pool, chunks[i]), (int)i, 1520); // every byte of every chunk
    }
    cr_assert(atomic_load(&pool.empty));
    cr_assert_eq(pool_out(&pool), 50);
}

Test(pool, takes_back_and_serves_again)
{
    uint32_t chunks[50];
    make(64, 50);
    take_exactly(chunks, 50);
    pool_give(&pool, chunks + 10, 5);
    cr_assert_not(atomic_load(&pool.empty));
    uint32_t again[50];
    cr_assert_eq(pool_take(&pool, again, 50), 5);
    cr_assert_eq(pool_take(&pool, again, 50), 0);
}

Test(pool, new_chunks_come_in_whole_lines_of_state)
{
    uint32_t chunks[256];
    make(64, 4000);
    cr_assert_eq(pool_take(&pool, chunks, 10), 10);
    cr_assert_eq(pool_take(&pool, chunks, 100), 54); // up to chunk 64, where the line ends
    cr_assert_eq(pool_take(&pool, chunks, 100), 64);
    cr_assert_eq(chunks[63], 64); // lowest last, so that a cache pops it first
}

Test(pool, unlimited_pool_grows_until_its_slice_is_full)
{
    uint32_t chunks[64];
    make(4096, COUNT_UNLIMITED);
    uint32_t n = 0, got;
    while ((got = pool_take(&pool, chunks, 64)) > 0) {
        for (uint32_t i = 0; i < got; i++)
            *(char *)pool_address(&pool, chunks[i]) = 1;
        n += got;
    }
    cr_assert_eq(n, (1 << 20) / 4096);
}

// pool_number_at must say yes for chunk starts and for nothing else.
Test(pool, chunk_starts_are_told_from_every_other_address)
{
    const uint64_t strides[] = {16, 32, 48, 112, 1520, 4096, 5008, 65536, 99984, 1 << 20, 3000000};
    for (unsigned s = 0; s < ARRAY_LENGTH(strides); s++) {
        uint64_t stride = align_up(strides[s], 16), multiplier = UINT64_MAX / stride + 1, chunk;
        for (uint64_t i = 0; i < 200; i++) {
            // the first chunks, and the last ones of a 64 GiB slice
            uint64_t at = (i < 100 ? i : (1ULL << 36) / stride - (200 - i)) * stride;
            cr_assert(pool_number_at(multiplier, at, &chunk));
            cr_assert_eq(chunk, at / stride);
            for (uint64_t off = 1; off < stride; off += off < 64 ? 1 : 16 + stride / 100)
                cr_assert_not(pool_number_at(multiplier, at + off, &chunk), "%lu + %lu", at, off);
        }
    }
}

Test(pool, states_of_large_chunks_keep_apart)
{
    make(64, 5000);
    cr_assert_eq(pool_number(&pool, 1), 1);
    make(65536, 50);
    cr_assert_eq(pool_number(&pool, 1), 64);
    cr_assert_eq((char *)pool_address(&pool, pool_number(&pool, 3)) - pool.base, 3 * 65536);
}

Test(pool, states_of_a_small_pool_keep_apart_and_its_addresses_are_told)
{
    uint64_t number;
    for (uint64_t size = 16; size <= 512; size *= 2) {
        make(size, 32);
        for (uint32_t n = 0; n < 32; n++) {
            uint64_t offset = n * size;
            cr_assert(pool_number_at(pool.multiplier, offset, &number));
            cr_assert_eq(number, pool_number(&pool, n));
        }
    }
    cr_assert_eq(pool_number(&pool, 1), 32); // as far as the table of states remains small
    processors = 1;
    make(512, 32);
    cr_assert_eq(pool_number(&pool, 1), 8); // a line for each eight chunks, of which four threads take turns
    processors = 2;
    make(1024, 64);
    cr_assert_eq(pool_run(&pool), 1); // two threads pass any chunk to and fro
    make(1024, 72);
    cr_assert_eq(pool_run(&pool), 8);
    processors = 8;
}

Test(pool, an_exhausted_pool_is_empty_and_scarce)
{
    uint32_t chunks[50];
    make(64, 50);
    take_exactly(chunks, 50);
    cr_assert_not(atomic_load(&pool.exhausted)); // threads may have some cached
    atomic_store(&pool.scarce, true);
    cr_assert_eq(pool_take(&pool, chunks, 1), 0);
    cr_assert(atomic_load(&pool.exhausted));
    pool_give(&pool, chunks, 1);
    cr_assert_not(atomic_load(&pool.exhausted));
}

Test(pool, an_unlimited_pool_moves_to_a_stack_of_its_own_when_it_has_more_than_few_free_chunks)
{
    enum { CHUNKS = 5000 };
    static uint32_t chunks[CHUNKS], again[CHUNKS], room[POOL_FEW + 1];
    few = room;
    room[POOL_FEW] = 4711;
    make(64, COUNT_UNLIMITED);
    take_exactly(chunks, CHUNKS);
    pool_give(&pool, chunks, POOL_FEW);
    cr_assert_eq(pool.stack, room);
    pool_give(&pool, chunks + POOL_FEW, CHUNKS - POOL_FEW);
    cr_assert_neq(pool.stack, room);
    cr_assert_eq(room[POOL_FEW], 4711);
    pool_check(&pool, 0);
    take_exactly(again, CHUNKS);
    for (uint32_t i = 0; i < CHUNKS; i++)
        cr_assert_eq(again[i], chunks[i]);
}

Test(pool, slices_that_cannot_be_told_apart_exactly_are_refused)
{
    cr_assert_eq(pool_min_slice(48, 1ULL << 40), UINT64_MAX);
    cr_assert_eq(pool_min_slice(3ULL << 28, 1ULL << 16), UINT64_MAX);
    cr_assert_eq(pool_min_slice(1ULL << 30, 1ULL << 16), 1ULL << 46); // a power of two is exact
    cr_assert_eq(pool_min_slice(256, 50), 16384);
    cr_assert_eq(pool_min_slice(1520, 50), 131072);
}

Test(pool, a_slice_without_room_for_a_chunk_has_none)
{
    enum { SLICE = 1 << 20, STRIDE = 900000, GAP = 32 };
    uint32_t number;
    struct pool_plan plan = {.size = STRIDE, .usable = STRIDE, .stride = STRIDE, .gap = GAP,
                             .count = COUNT_UNLIMITED, .slice_bytes = SLICE,
                             .cache_limit = UINT32_MAX, .cache_room = UINT32_MAX};
    cr_assert(pool_init(&pool, &plan, os_reserve(SLICE, 4096), &stats));
    cr_assert_eq(pool_take(&pool, &number, 1), 0);
}

Test(pool, rebuild_finds_every_chunk_that_is_not_live)
{
    uint32_t chunks[50], again[50];
    make(64, 50);
    take_exactly(chunks, 50);
    for (int i = 0; i < 20; i++)
        pool.state[chunks[i]] = CHUNK_LIVE;
    for (int i = 20; i < 25; i++)
        pool.state[chunks[i]] |= CHUNK_IDLE; // another thread was just trimming the pool
    pool_rebuild(&pool); // the other 30 were in caches that are no more
    pool_check(&pool, 0);
    cr_assert_eq(pool_take(&pool, again, 50), 30);
    for (int i = 0; i < 30; i++)
        cr_assert_eq(pool.state[again[i]], CHUNK_NEW);
}

Test(pool, check_finds_a_lost_chunk, .signal = SIGABRT)
{
    uint32_t chunks[4];
    make(64, 50);
    pool_take(&pool, chunks, 4); // neither LIVE nor said to be cached
    pool_check(&pool, 0);
}

Test(pool, check_finds_a_live_chunk_on_the_stack, .signal = SIGABRT)
{
    uint32_t chunks[4];
    make(64, 50);
    pool_take(&pool, chunks, 4);
    pool.state[chunks[0]] = CHUNK_LIVE;
    pool_give(&pool, chunks, 4);
    pool.made++; // makes the sum come out right
    pool_check(&pool, 0);
}

Test(pool, high_water_mark_never_falls)
{
    uint32_t chunks[50];
    make(64, 50);
    take_exactly(chunks, 30);
    pool_note_used(&pool, 5, 0);
    pool_give(&pool, chunks, 30);
    pool_note_used(&pool, 0, 0);
    cr_assert_eq(stats.max, 25);
    cr_assert_eq(stats.out, 0);
}

Test(pool, what_others_may_have_cached_is_as_much_as_their_bins_may_hold)
{
    uint32_t chunks[64];
    make(64, 100000);
    for (int i = 0; i < 100; i++)
        take_exactly(chunks, 64);
    pool_note_used(&pool, 0, 2);
    cr_assert_eq(stats.max, 6400);
    cr_assert_eq(stats.max_slack, 2 * pool.cache_capacity);
    pool_set_grown(&pool, true);
    take_exactly(chunks, 1);
    pool_note_used(&pool, 0, 2);
    cr_assert_eq(stats.max_slack, 6401); // 16,384 each, but no more than there are
}

Test(pool, caches_of_a_finite_pool_are_a_fraction_of_it)
{
    make(64, 50);
    cr_assert_eq(pool_share(&pool, CACHES_START_QUARTERS, 1), 25);
    cr_assert_eq(pool_share(&pool, CACHES_START_QUARTERS, 2), 12);
    cr_assert_eq(pool_share(&pool, CACHES_GROWN_QUARTERS, 2), 18);
    cr_assert_eq(pool.cache_max, 50); // of the only thread
    make(64, 1000000);
    cr_assert_eq(pool.cache_max, 16384);
    cr_assert_lt(pool.cache_capacity, 1000); // until it is needed
    make(65536, 64);
    cr_assert_gt(pool.cache_max, pool.cache_capacity);
    make(65536, 63);
    cr_assert_eq(pool.cache_max, pool.cache_capacity); // each chunk of a small pool counts
    make(64, 100000);
    cr_assert_eq(pool_share(&pool, CACHES_START_QUARTERS, 100), 384); // 500, in whole runs of 64, an even number of them
    cr_assert_eq(pool_whole_runs(&pool, 200), 192);
    cr_assert_eq(pool_whole_runs(&pool, 63), 63);
    make(64, COUNT_UNLIMITED);
    cr_assert_geq(pool.cache_capacity, 64);
    cr_assert_eq(pool.cache_max, 16384);
    make(1 << 18, COUNT_UNLIMITED);
    cr_assert_leq(pool.cache_max, 4); // large chunks are not hoarded
}

Test(pool, trim_gives_back_whole_free_pages_and_nothing_else)
{
    uint32_t chunks[256];
    make(1024, COUNT_UNLIMITED); // four chunks a page
    take_exactly(chunks, 256);
    for (uint32_t i = 0; i < 256; i++) {
        memset(pool_address(&pool, pool_number(&pool, i)), (int)i, 1024);
        *pool_state(&pool, i) = i == 17 ? CHUNK_LIVE : CHUNK_FREE; // one chunk of page 4 is in use
    }
    uint32_t given[255];
    for (uint32_t i = 0, k = 0; i < 256; i++)
        if (i != 17)
            given[k++] = pool_number(&pool, i);
    pool_give(&pool, given, 255);
    pool_trim(&pool, pool.free);
    pool_check(&pool, 0);
    for (uint32_t page = 0; page < 64; page++)
        cr_assert_eq(is_resident(pool_address(&pool, pool_number(&pool, 4 * page))), page == 4, "page %u", page);
    cr_assert_eq(*(char *)pool_address(&pool, pool_number(&pool, 17)), 17);
    cr_assert_eq(*pool_state(&pool, 17), CHUNK_LIVE);
    cr_assert_eq(*pool_state(&pool, 18), CHUNK_FREE);
    cr_assert_eq(*pool_state(&pool, 20), CHUNK_NEW);
    uint32_t again[255];
    cr_assert_eq(pool_take(&pool, again, 255), 255);
    cr_assert_eq(again[254], 0); // the lowest is on top
}

// Takes 64 chunks of a page each, writes to them, and gives them back.
static void give_used_pages(uint32_t *ret_chunks)
{
    make(4096, COUNT_UNLIMITED);
    take_exactly(ret_chunks, 64);
    for (uint32_t i = 0; i < 64; i++) {
        *(char *)pool_address(&pool, ret_chunks[i]) = 1;
        pool.state[ret_chunks[i]] = CHUNK_FREE;
    }
    pool_give(&pool, ret_chunks, 64);
}

Test(pool, trim_leaves_what_was_used_lately)
{
    uint32_t chunks[64];
    give_used_pages(chunks);
    pool_trim(&pool, 60);
    cr_assert_not(is_resident(pool_address(&pool, chunks[0])));
    cr_assert(is_resident(pool_address(&pool, chunks[63])));
}

Test(pool, trim_of_the_unused_leaves_what_was_used_since_the_last_time)
{
    uint32_t chunks[64];
    give_used_pages(chunks);
    const uint64_t ms = 1000000;
    pool_trim_unused(&pool, 5 * ms); // the first time: all were used before it
    cr_assert(is_resident(pool_address(&pool, chunks[0])));
    cr_assert_not(pool_trim_is_due(&pool, 7 * ms));
    cr_assert(pool_trim_is_due(&pool, 8 * ms));
    pool_trim_unused(&pool, 8 * ms); // 64 pages of 4 KiB are just worth it
    for (uint32_t i = 0; i < 64; i++)
        cr_assert_not(is_resident(pool_address(&pool, chunks[i])));
    pool_check(&pool, 0);
    take_exactly(chunks, 10);
    pool_give(&pool, chunks, 10);
    cr_assert_eq(pool.free_low, 54);
}

Test(pool, finite_pools_keep_their_memory)
{
    uint32_t chunks[64];
    make(4096, 64);
    take_exactly(chunks, 64);
    *(char *)pool_address(&pool, 5) = 1;
    pool_give(&pool, chunks, 64);
    pool_trim(&pool, 64);
    cr_assert(is_resident(pool_address(&pool, 5)));
}
