// SPDX-License-Identifier: MIT
// Packet buffers: what ../lwip/pbufs_against_lwip.c cannot compare, because lwIP asserts, wraps, or has
// no such thing.
#include <criterion/criterion.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "core.h"
#include "pbuf.h"

static pm_pool *start_with_pool(unsigned alignment, unsigned payload, unsigned count)
{
    char options[200];
    snprintf(options, sizeof options, "mem_alignment=%u;malloc size=64 count=1;pbuf RX payload=%u count=%u",
             alignment, payload, count);
    start(options);
    return pm_pool_find("RX");
}

static uint64_t used(pm_pool *pool)
{
    struct pm_stats stats = {.bytes = sizeof stats};
    cr_assert_eq(pm_pool_stats(pool, &stats), 0);
    return stats.used;
}

Test(pbuf, header_and_payload_are_rounded_up_one_by_one)
{
    pm_pool *pool = start_with_pool(64, 100, 1);
    cr_assert_eq(pm_pbuf_chunk_size(100), 64 + 128);
    cr_assert_eq(pm_pool_usable_size(pool), 64 + 128);
    cr_assert_eq(pm_pbuf_payload_size(pool), 128);
    struct pm_pbuf *p = pm_pbuf_alloc(1, 64, pool);
    cr_assert_eq((char *)p->payload - (char *)p, 64 + 64);
    cr_assert_eq((uintptr_t)p->payload % 64, 0);
    cr_assert_null(p->next);
}

Test(pbuf, a_created_pool_of_chunk_size_holds_the_payload)
{
    start("mem_alignment=4");
    pm_pool *pool = pm_pool_create("TX", 2, pm_pbuf_chunk_size(1514), NULL, 0);
    cr_assert_eq(pm_pbuf_payload_size(pool), 1516);
    struct pm_pbuf *p = pm_pbuf_alloc(PM_PBUF_RAW, 1516, pool);
    cr_assert_eq(pm_pbuf_clen(p), 1);
    cr_assert_eq(pm_pbuf_free(p), 1);
}

Test(pbuf, an_empty_pool_keeps_nothing_of_a_packet_that_does_not_fit)
{
    pm_pool *pool = start_with_pool(16, 160, 3);
    errno = 0;
    cr_assert_null(pm_pbuf_alloc(PM_PBUF_RAW, 3 * 160 + 1, pool));
    cr_assert_eq(errno, ENOMEM);
    cr_assert_eq(used(pool), 0);
    struct pm_pbuf *p = pm_pbuf_alloc(PM_PBUF_RAW, 3 * 160, pool);
    cr_assert_eq(pm_pbuf_clen(p), 3);
    cr_assert_eq(used(pool), 3);
    errno = EDOM;
    cr_assert_eq(pm_pbuf_free(p), 3);
    cr_assert_eq(errno, EDOM);
    cr_assert_eq(used(pool), 0);
}

Test(pbuf, a_pool_without_room_for_a_byte_is_an_error)
{
    pm_pool *pool = start_with_pool(16, 64, 3);
    errno = 0;
    cr_assert_null(pm_pbuf_alloc(64, 1, pool));
    cr_assert_eq(errno, EINVAL);
    cr_assert_null(pm_pbuf_alloc(PM_PBUF_RAW, 1, NULL));
    cr_assert_null(pm_pbuf_alloc(UINT16_MAX, 1, pool));
    cr_assert_null(pm_pbuf_alloc_reference(&errno, 1, NULL));
    cr_assert_eq(used(pool), 0);
    cr_assert_eq(pm_pbuf_payload_size(NULL), 0);
}

Test(pbuf, the_longest_packet_has_its_room_but_no_more_length)
{
    start("mem_alignment=16");
    struct pm_pbuf *p = pm_pbuf_alloc(PM_PBUF_TRANSPORT, UINT16_MAX, PM_PBUF_HEAP);
    cr_assert_eq(p->len, UINT16_MAX);
    memset(p->payload, 1, UINT16_MAX);
    cr_assert_eq(pm_pbuf_add_header(p, 1), 1);
    cr_assert_eq(pm_pbuf_remove_header(p, 10), 0);
    cr_assert_eq(pm_pbuf_add_header(p, 10), 0);
    pm_pbuf_free(p);
}

Test(pbuf, a_reference_has_its_header_in_a_pool_or_on_the_heap)
{
    pm_pool *pool = start_with_pool(16, 0, 1);
    char text[] = "elsewhere";
    struct pm_pbuf *p = pm_pbuf_alloc_reference(text, 9, pool);
    struct pm_pbuf *q = pm_pbuf_alloc_reference(text, 9, PM_PBUF_HEAP);
    cr_assert_null(pm_pbuf_alloc_reference(text, 9, pool));
    cr_assert_eq(p->payload, text);
    cr_assert_eq(q->payload, text);
    pm_pbuf_cat(p, q);
    cr_assert_eq(pm_pbuf_strstr(p, "hereelse"), 5);
    cr_assert_eq(pm_pbuf_add_header(p, 1), 1);
    cr_assert_eq(pm_pbuf_free(p), 2);
    cr_assert_eq(used(pool), 0);
}

PM_POOL_DECLARE(declared, 2, 96, NULL);

Test(pbuf, chunks_of_a_pool_on_the_heap_and_of_a_static_pool)
{
    start("");
    pm_pool *pools_of[] = {pm_pool_create("HEAP", 2, 96, NULL, PM_POOL_ON_HEAP), PM_POOL_INIT(declared)};
    for (int i = 0; i < 2; i++) {
        struct pm_pbuf *p = pm_pbuf_alloc(PM_PBUF_RAW, 2 * 64, pools_of[i]);
        cr_assert_eq(pm_pbuf_clen(p), 2);
        cr_assert_null(pm_pbuf_alloc(PM_PBUF_RAW, 1, pools_of[i]));
        cr_assert_eq(pm_pbuf_free(p), 2);
        cr_assert_eq(used(pools_of[i]), 0);
    }
}

static struct pm_pbuf *freed_custom;

static void note_free(struct pm_pbuf *p)
{
    freed_custom = p;
}

Test(pbuf, the_header_of_a_custom_pbuf_does_not_grow_over_its_function)
{
    start("mem_alignment=8");
    struct {
        struct pm_pbuf_custom custom;
        char payload[64];
    } mine = {.custom.custom_free_function = note_free};
    struct pm_pbuf *p = pm_pbuf_alloced_custom(14, 40, PM_PBUF_POOL, &mine.custom, mine.payload, 64);
    cr_assert_eq(p->payload, mine.payload + 16);
    cr_assert_eq(pm_pbuf_add_header(p, 17), 1);
    cr_assert_eq(pm_pbuf_add_header(p, 16), 0);
    cr_assert_null(pm_pbuf_alloced_custom(14, 49, PM_PBUF_POOL, &mine.custom, mine.payload, 64));
    pm_pbuf_free(p);
    cr_assert_eq(freed_custom, p);
}

Test(pbuf, more_than_255_pbufs_are_freed_and_counted)
{
    pm_pool *pool = start_with_pool(16, 16, 1000);
    struct pm_pbuf *p = pm_pbuf_alloc(PM_PBUF_RAW, 257 * 16, pool);
    cr_assert_null(pm_pbuf_dechain(p)); // lwIP counts in 8 bits, and returns the freed 256 here
    cr_assert_eq(pm_pbuf_free(p), 1);
    p = pm_pbuf_alloc(PM_PBUF_RAW, 1000 * 16, pool);
    cr_assert_eq(pm_pbuf_free(p), 1000);
    cr_assert_eq(used(pool), 0);
}

Test(pbuf, a_copy_may_begin_beyond_the_first_pbuf)
{
    pm_pool *pool = start_with_pool(16, 16, 10);
    struct pm_pbuf *to = pm_pbuf_alloc(PM_PBUF_RAW, 64, pool);
    struct pm_pbuf *from = pm_pbuf_alloc(PM_PBUF_RAW, 32, pool);
    char text[] = "....................................abcdefghijklmnopqrstuvwxyz..", got[65] = {0};
    pm_pbuf_take(to, "................................................................", 64);
    pm_pbuf_take(from, "abcdefghijklmnopqrstuvwxyz", 26);
    cr_assert_eq(pm_pbuf_copy_partial_pbuf(to, from, 26, 36), PM_ERR_OK);
    pm_pbuf_copy_partial(to, got, 64, 0);
    cr_assert_str_eq(got, text);
    cr_assert_eq(pm_pbuf_copy_partial_pbuf(to, from, 29, 36), PM_ERR_ARG);
}

enum { DROPPERS = 4, ROUNDS = 500 };
static struct pm_pbuf *shared;
static pthread_barrier_t barrier;

static void *drop(void *unused)
{
    for (int round = 0; round < ROUNDS; round++) {
        pthread_barrier_wait(&barrier);
        pm_pbuf_free(shared);
        pthread_barrier_wait(&barrier);
    }
    return unused;
}

Test(pbuf, threads_drop_their_references_at_the_same_time)
{
    pm_pool *pool = start_with_pool(16, 64, 2);
    pthread_t thread[DROPPERS];
    pthread_barrier_init(&barrier, NULL, DROPPERS + 1);
    for (int i = 0; i < DROPPERS; i++)
        pthread_create(&thread[i], NULL, drop, NULL);
    for (int round = 0; round < ROUNDS; round++) {
        shared = pm_pbuf_alloc(PM_PBUF_RAW, 128, pool);
        cr_assert_not_null(shared, "round %d", round);
        for (int i = 1; i < DROPPERS; i++)
            pm_pbuf_ref(shared);
        pthread_barrier_wait(&barrier);
        pthread_barrier_wait(&barrier);
        cr_assert_eq(used(pool), 0, "round %d", round);
    }
    for (int i = 0; i < DROPPERS; i++)
        pthread_join(thread[i], NULL);
}

Test(pbuf, null_where_lwip_asserts_or_does_nothing)
{
    start("");
    cr_assert_eq(pm_pbuf_free(NULL), 0);
    pm_pbuf_ref(NULL);
    pm_pbuf_cat(NULL, NULL);
    pm_pbuf_chain(NULL, NULL);
    cr_assert_eq(pm_pbuf_clen(NULL), 0);
    cr_assert_null(pm_pbuf_skip(NULL, 3, NULL));
    cr_assert_null(pm_pbuf_free_header(NULL, 3));
}

Test(pbuf, a_reference_too_many_aborts, .signal = SIGABRT)
{
    struct pm_pbuf *p = pm_pbuf_alloc(PM_PBUF_RAW, 10, start_with_pool(16, 64, 2));
    for (int i = 0; i < 254; i++)
        pm_pbuf_ref(p);
    cr_assert_eq(p->ref, 255);
    pm_pbuf_ref(p);
    _exit(0);
}

Test(pbuf, a_free_without_reference_aborts, .signal = SIGABRT)
{
    struct pm_pbuf *p = pm_pbuf_alloc(PM_PBUF_RAW, 10, start_with_pool(16, 64, 2));
    p->ref = 0;
    pm_pbuf_free(p);
    _exit(0);
}

Test(pbuf, a_pbuf_of_no_pool_aborts, .signal = SIGABRT)
{
    start("");
    struct pm_pbuf mine = {.type_internal = PM_PBUF_POOL & 0xff, .ref = 1};
    pm_pbuf_free(&mine);
    _exit(0);
}
