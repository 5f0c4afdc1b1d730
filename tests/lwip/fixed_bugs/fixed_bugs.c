// SPDX-License-Identifier: MIT
// fixed_bugs NAME: bugs that lwIP's pools once had, or have, and that poolmalloc_lwip.h has not. Each
// function is named by what holds instead; ../header.bats runs them with several options.
#define PM_LWIP_DEFINE
#include <poolmalloc_lwip.h>

#include <pthread.h>

#define CHECK(condition) \
    do { \
        if (!(condition)) { \
            printf("line %d: %s is false\n", __LINE__, #condition); \
            exit(1); \
        } \
    } while (0)

enum {
    POOLS = 7,
    MALLOC_POOLS = 3,
    BIGGEST = 1512,
    MANY = 64,
};

// What lwippools.h declares, by MEMP_name: of a malloc pool the size is its only name.
static const struct {
    const char *desc;
    unsigned count, size;
} declared[POOLS] = {
    {"before malloc pools", 4, 40}, {"MALLOC_100", 5, 100},   {"between START and END", 3, 5000},
    {"MALLOC_512", 4, 512},         {"MALLOC_1512", 3, 1512}, {"packets", 6, 300},
    {"behind malloc pools, and larger", 2, 80000}};
static const unsigned malloc_pool[MALLOC_POOLS] = {1, 3, 4};

LWIP_MEMPOOL_DECLARE(PRIVATE, 3, 20, "a private pool")

static struct pm_stats stats_of(pm_pool *pool)
{
    struct pm_stats stats = {.bytes = sizeof stats};
    CHECK(pm_pool_stats(pool, &stats) == 0);
    return stats;
}

static struct pm_stats stats(memp_t type)
{
    return stats_of(pm_lwip_pool(type));
}

static uint64_t errors_of_all(void)
{
    uint64_t sum = 0;
    for (memp_t type = 0; type < MEMP_MAX; type++)
        sum += stats(type).err + stats(type).illegal;
    return sum;
}

static void names_and_counters_belong_together(void)
{
    void *chunk[POOLS][MANY];
    CHECK((int)MEMP_MAX == (int)POOLS && MEMP_FIRST == 0 && MEMP_INSIDE == 2 && MEMP_RX == 5 && MEMP_AFTER == 6);
    for (memp_t type = 0; type < POOLS; type++)
        for (unsigned i = 0; i < (type + 1) % declared[type].count; i++)
            CHECK((chunk[type][i] = memp_malloc(type)));
    for (memp_t type = 0; type < POOLS; type++) {
        struct pm_stats now = stats(type);
        CHECK(strcmp(now.desc, declared[type].desc) == 0 && now.on_heap == MEMP_MEM_MALLOC);
        CHECK(now.avail == declared[type].count && now.used == (type + 1) % declared[type].count);
        for (unsigned i = 0; i < now.used; i++)
            memp_free(type, chunk[type][i]);
        CHECK(stats(type).used == 0);
    }
}

// Too large a request was not noticed; later it was served by the pool declared after the last.
static void oversize_gets_null_from_no_pool(void)
{
    static const size_t sizes[] = {LWIP_MEM_ALIGN_SIZE(BIGGEST) + 1, 5000, 65519, 65520, 65535, 65536,
                                   65636, 80000, SIZE_MAX - 15, SIZE_MAX};
    for (unsigned i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK(mem_malloc(sizes[i]) == NULL);
        CHECK(mem_calloc(1, sizes[i]) == NULL);
    }
    for (memp_t type = 0; type < MEMP_MAX; type++)
        CHECK(stats(type).allocs == 0 && stats(type).err == 0);
}

// Storage was smaller than the chunks together.
static void every_byte_of_every_chunk_is_its_own(void)
{
    unsigned char *chunk[POOLS][MANY];
    for (memp_t type = 0; type < POOLS; type++)
        for (unsigned i = 0; i < declared[type].count; i++) {
            CHECK((chunk[type][i] = memp_malloc(type)));
            memset(chunk[type][i], (int)(type * 10 + i), pm_pool_usable_size(pm_lwip_pool(type)));
        }
    for (memp_t type = 0; type < POOLS; type++)
        for (unsigned i = 0; i < declared[type].count; i++) {
            CHECK(pm_pool_usable_size(pm_lwip_pool(type)) >= declared[type].size);
            for (unsigned n = 0; n < pm_pool_usable_size(pm_lwip_pool(type)); n++)
                CHECK(chunk[type][i][n] == type * 10 + i);
            memp_free(type, chunk[type][i]);
        }
}

// The header was counted without its rounding: what was declared did not fit.
static void declared_sizes_fit_and_are_aligned(void)
{
    for (unsigned i = 0; i < MALLOC_POOLS; i++) {
        memp_t type = malloc_pool[i];
        void *chunk[MANY];
        for (unsigned n = 0; n < declared[type].count; n++) {
            CHECK((chunk[n] = mem_malloc(declared[type].size)));
            CHECK((uintptr_t)chunk[n] % MEM_ALIGNMENT == 0);
            CHECK(stats(type).used == n + 1);
        }
        for (unsigned n = 0; n < declared[type].count; n++)
            mem_free(chunk[n]);
    }
}

// A failure returned the address of a header behind NULL.
static void failure_is_null(void)
{
    void *chunk[MANY];
    unsigned n = 0;
    while ((chunk[n] = mem_malloc(BIGGEST)))
        n++;
    CHECK(n == 3 && mem_malloc(BIGGEST) == NULL && mem_calloc(2, 700) == NULL);
    CHECK(stats(4).err == 3 && stats(4).failed == 3);
    while (n > 0)
        mem_free(chunk[--n]);
}

// NULL went onto the free list, and the pool was dead.
static void free_of_null_leaves_all_chunks(void)
{
    for (memp_t type = 0; type < POOLS; type++)
        memp_free(type, NULL);
    mem_free(NULL);
    CHECK(errors_of_all() == 0);
    every_byte_of_every_chunk_is_its_own();
}

static void private_pools_stay_inside_their_storage(void)
{
    char *chunk[4], *end = (char *)memp_PRIVATE.storage + memp_PRIVATE.storage_bytes;
    CHECK(LWIP_MEMPOOL_ALLOC(PRIVATE) == NULL); // before INIT
    LWIP_MEMPOOL_FREE(PRIVATE, NULL);
    LWIP_MEMPOOL_INIT(PRIVATE);
    for (int i = 0; i < 3; i++) {
        CHECK((chunk[i] = LWIP_MEMPOOL_ALLOC(PRIVATE)));
        CHECK((uintptr_t)chunk[i] % MEM_ALIGNMENT == 0);
        // With checks the chunks are elsewhere, where there is room for guards.
        CHECK(chunk[i] >= end || chunk[i] + LWIP_MEM_ALIGN_SIZE(20) <= end);
        memset(chunk[i], 0xff, LWIP_MEM_ALIGN_SIZE(20));
    }
    CHECK(LWIP_MEMPOOL_ALLOC(PRIVATE) == NULL);
    CHECK(strcmp(stats_of(memp_PRIVATE.pool).name, "PRIVATE") == 0); // lwIP: not displayed
    CHECK(stats_of(memp_PRIVATE.pool).used == 3 && stats_of(memp_PRIVATE.pool).err == 1);
    for (int i = 0; i < 3; i++)
        LWIP_MEMPOOL_FREE(PRIVATE, chunk[i]);
    CHECK(stats_of(memp_PRIVATE.pool).used == 0);
}

static void calloc_notices_an_overflow(void)
{
    uint64_t errors = pm_lwip_mem_err();
    CHECK(mem_calloc(SIZE_MAX / 2, 4) == NULL);
    CHECK(mem_calloc((size_t)1 << 32, (size_t)1 << 32) == NULL);
    CHECK(mem_calloc(SIZE_MAX, SIZE_MAX) == NULL);
    CHECK(errors_of_all() == 0 && pm_lwip_mem_err() == errors); // nothing was asked for
    char *zeros = mem_calloc(0, 100);
    CHECK(zeros != NULL);
    mem_free(zeros);
}

// mem.used counted requested bytes, and wrapped; pools counted none.
static void requested_bytes_are_counted(void)
{
    void *block[] = {mem_malloc(10), mem_malloc(0), mem_calloc(3, 25)};
    struct pm_stats now = stats(1);
    CHECK(now.requested_bytes == 85 && now.allocs == 3);
    for (int i = 0; i < 3; i++)
        mem_free(block[i]);
}

// What was counted as used differed from what was freed, when blocks had been shortened.
static void used_is_back_at_zero_after_trims(void)
{
    void *block[MANY] = {NULL};
    uint32_t random = 1;
    for (int step = 0; step < 20000; step++) {
        random = random * 1664525 + 1013904223;
        void **place = &block[random >> 8 & (MANY - 1)];
        size_t size = (random >> 16) % 1400;
        if (*place && random >> 30) {
            CHECK(mem_trim(*place, size) == *place);
        } else {
            mem_free(*place);
            *place = mem_malloc(size);
        }
    }
    for (int i = 0; i < MANY; i++)
        mem_free(block[i]);
    for (unsigned i = 0; i < MALLOC_POOLS; i++) {
        struct pm_stats now = stats(malloc_pool[i]);
        CHECK(now.used == 0 && now.allocs == now.frees && now.max == now.avail && now.allocs > 0);
    }
}

// Requests that succeed in a later pool, or at a second try, made err useless as a count of failures.
static void failures_are_counted_apart_from_tries(void)
{
    void *block[MANY];
    unsigned n = 0, served = MEM_USE_POOLS_TRY_BIGGER_POOL ? 5 + 4 + 3 : 5;
    while ((block[n] = mem_malloc(100)))
        n++;
    CHECK(n == served);
    mem_free(block[0]);
    CHECK((block[0] = mem_malloc(100)));
    CHECK(stats(1).err == (MEM_USE_POOLS_TRY_BIGGER_POOL ? 4 + 3 + 1 : 1));
    CHECK(pm_lwip_mem_err() == 1);
    CHECK(!mem_malloc(BIGGEST * 2) && pm_lwip_mem_err() == 2); // lwIP leaves no trace of it
    while (n > 0)
        mem_free(block[--n]);
}

// Counters raced, and a free by another context damaged the list.
static void *passed_on[MANY];

static void *exchange(void *argument)
{
    for (unsigned step = 0; step < 20000; step++) {
        void **place = &passed_on[(step * 7 + (uintptr_t)argument) % MANY];
        void *fresh = step % 3 ? mem_malloc(step % 1500) : NULL;
        mem_free(__atomic_exchange_n(place, fresh, __ATOMIC_ACQ_REL));
    }
    return NULL;
}

static void counters_are_exact_when_threads_free_for_each_other(void)
{
    pthread_t thread[4];
    for (uintptr_t i = 0; i < 4; i++)
        CHECK(pthread_create(&thread[i], NULL, exchange, (void *)i) == 0);
    for (int i = 0; i < 4; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    for (int i = 0; i < MANY; i++)
        mem_free(passed_on[i]);
    for (unsigned i = 0; i < MALLOC_POOLS; i++) {
        struct pm_stats now = stats(malloc_pool[i]);
        CHECK(now.used == 0 && now.allocs == now.frees && now.max <= now.avail && now.illegal == 0);
    }
}

// One flood starved all others, while they had one pool together.
static void an_exhausted_pool_leaves_the_others_alone(void)
{
    while (memp_malloc(MEMP_RX))
        ;
    while (memp_malloc(MEMP_FIRST))
        ;
    CHECK(memp_malloc(MEMP_INSIDE) && memp_malloc(MEMP_AFTER) && mem_malloc(100) && mem_malloc(1512));
    CHECK(pm_pbuf_alloc(PM_PBUF_RAW, 10, pm_lwip_pool(MEMP_RX)) == NULL);
}

// A double free put the chunk into pool 0, or the list into a circle whose check never ended.
static void invalid_frees_change_nothing(void)
{
    void *only = mem_malloc(600), *other = memp_malloc(MEMP_INSIDE);
    char *middle = mem_malloc(300);
    mem_free(only);
    mem_free(only);                  // double
    mem_free(middle + 16);           // inside
    mem_free(other);                 // of a pool that is not mem_malloc's
    memp_free(MEMP_FIRST, other);    // of another pool
    mem_free(&only);                 // of no pool
    CHECK(stats(0).used == 0 && stats(2).used == 1 && stats(3).used == 1);
    uint64_t illegal = 0;
    for (memp_t type = 0; type < MEMP_MAX; type++)
        illegal += stats(type).illegal;
    CHECK(illegal == 5);
    mem_free(middle);
    memp_free(MEMP_INSIDE, other);
    every_byte_of_every_chunk_is_its_own();
}

static unsigned available_called[POOLS];

// Callbacks ran with the allocator's lock held.
void available(memp_t type)
{
    static int inside; // that chunk is the only free one: its free is another such moment
    if (inside++ == 0) {
        available_called[type]++;
        memp_free(type, memp_malloc(type));
    }
    inside--;
}

static void the_hook_may_allocate(void)
{
    unsigned expected = 0;
#ifdef LWIP_HOOK_MEMP_AVAILABLE
    expected = 1;
#endif
    for (memp_t type = 0; type < POOLS; type++) {
        void *chunk[MANY];
        unsigned n = 0;
        while ((chunk[n] = memp_malloc(type)))
            n++;
        while (n > 0)
            memp_free(type, chunk[--n]);
        CHECK(available_called[type] == expected);
    }
}

#define ROW(name) {#name, name}
static const struct {
    const char *name;
    void (*run)(void);
} checks[] = {
    ROW(names_and_counters_belong_together), ROW(oversize_gets_null_from_no_pool),
    ROW(every_byte_of_every_chunk_is_its_own), ROW(declared_sizes_fit_and_are_aligned),
    ROW(failure_is_null), ROW(free_of_null_leaves_all_chunks),
    ROW(private_pools_stay_inside_their_storage), ROW(calloc_notices_an_overflow),
    ROW(requested_bytes_are_counted), ROW(used_is_back_at_zero_after_trims),
    ROW(failures_are_counted_apart_from_tries),
    ROW(counters_are_exact_when_threads_free_for_each_other),
    ROW(an_exhausted_pool_leaves_the_others_alone), ROW(invalid_frees_change_nothing),
    ROW(the_hook_may_allocate),
};

int main(int argc, char **argv)
{
    for (unsigned i = 0; i < sizeof checks / sizeof *checks; i++) {
        if (argc < 2)
            puts(checks[i].name);
        else if (strcmp(argv[1], checks[i].name) == 0) {
            checks[i].run();
            return 0;
        }
    }
    return argc < 2 ? 0 : 2;
}
