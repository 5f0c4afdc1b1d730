// SPDX-License-Identifier: MIT
// overflow_check and poison: when chunks are looked at, and what is said and done about what is found.
// Nothing is written to standard error while a lock is held.
#include <stdlib.h>
#include <string.h>

#include "heap_slow.h"
#include "message.h"
#include "os.h"

// Where an address is, as somebody can look it up later: MODULE+0xOFFSET (0xADDRESS).
static void add_place(struct text *out, const char *what, const void *address)
{
    struct os_module module;
    if (!address)
        return;
    text_addf(out, "\n  %s by ", what);
    if (os_find_module(address, &module))
        text_addf(out, "%s+0x%lx (0x%lx)", module.path, (unsigned long)module.offset,
                  (unsigned long)(uintptr_t)address);
    else
        text_addf(out, "0x%lx", (unsigned long)(uintptr_t)address);
}

static void add_history(struct text *out, const struct guard_record *record)
{
    add_place(out, "allocated", record->allocated_by);
    add_place(out, "freed", record->freed_by);
}

void heap_check_history(struct pool *pool, uint64_t chunk, struct text *out)
{
    struct guard_record record = {0};
    if (!guard_is_on || !guard_watches(pool))
        return;
    lock_take(&pool->lock);
    const struct guard_record *known = chunk < pool->made ? guard_record(pool, (uint32_t)chunk) : NULL;
    if (known)
        record = *known;
    lock_drop(&pool->lock);
    add_history(out, &record);
}

// "offset 40 holds 41", "offsets 40 to 60 hold 41 00 41 ...".
static void add_bytes(struct text *out, const struct guard_finding *finding)
{
    int64_t length = finding->last - finding->first + 1;
    if (length == 1)
        text_addf(out, "offset %ld holds", (long)finding->first);
    else
        text_addf(out, "offsets %ld to %ld hold", (long)finding->first, (long)finding->last);
    for (int64_t i = 0; i < length && i < GUARD_SHOWN; i++)
        text_addf(out, " %02x", finding->bytes[i]);
    text_addf(out, "%s instead of %02x", length > GUARD_SHOWN ? " ..." : "", finding->expected);
}

SLOW static void report(const struct pool *pool, const struct guard_finding *finding)
{
    char buffer[MESSAGE_MAX];
    struct text text;
    text_init(&text, buffer, sizeof buffer);
    text_addf(&text, "%s of 0x%lx: pool %s, chunk %u: ", finding->what,
              (unsigned long)(uintptr_t)pool_address(pool, pool_number(pool, finding->chunk)),
              stats_file->pools[pool->index].name, finding->chunk);
    if (finding->record.state != GUARD_NEW)
        text_addf(&text, "%lu bytes asked for, ", (unsigned long)finding->record.requested);
    add_bytes(&text, finding);
    add_history(&text, &finding->record);
    message("%s", text.data);
}

static void count_and_report(const struct pool *pool, const struct heap_findings *found)
{
    if (found->count == 0)
        return;
    COUNT(pools[pool->index].corrupt, found->count);
    for (unsigned i = 0; i < found->count; i++)
        if (runtime_conf.on_corruption != MISUSE_IGNORE)
            report(pool, &found->list[i]);
}

static void consequences(uint64_t findings)
{
    if (findings > 0 && runtime_conf.on_corruption == MISUSE_ABORT)
        abort();
}

void heap_check_report(const struct pool *pool, const struct heap_findings *found)
{
    count_and_report(pool, found);
    consequences(found->count);
}

// Looks at a chunk, lets its record be what it is to become, and fills it accordingly. The lock is held.
static void change(struct pool *pool, uint32_t number, const struct guard_record *becomes,
                   struct heap_findings *found)
{
    uint32_t chunk = (uint32_t)pool_nth(pool, number);
    struct guard_record *record = guard_record(pool, chunk);
    found->count = guard_look(pool, chunk, found->list);
    if (!record)
        return;
    *record = *becomes;
    guard_fill(pool, chunk);
}

static uint32_t number_of(const struct pool *pool, const void *chunk)
{
    return (uint32_t)((uint64_t)((const char *)chunk - pool->base) / pool->pitch);
}

// The chunk becomes one in the program's hands. The lock is held.
static void hand_out(struct pool *pool, const void *chunk, const struct request *request,
                     struct heap_findings *found)
{
    struct guard_record live = {
        .requested = request->size, .allocated_by = request->caller, .state = GUARD_LIVE};
    change(pool, number_of(pool, chunk), &live, found);
}

void *heap_check_take(struct pool *pool, const struct request *request)
{
    struct heap_findings found = {0};
    void *chunk;
    bool was_new;
    lock_take(&pool->lock);
    bool taken = cache_take_locked(pool, &chunk, &was_new);
    if (taken)
        hand_out(pool, chunk, request, &found);
    lock_drop(&pool->lock);
    if (!taken)
        return NULL;
    heap_check_report(pool, &found);
    bool is_zero = was_new && found.count == 0;
    return request->zeroed && !is_zero ? memset(chunk, 0, request->size) : chunk;
}

void *heap_check_taken(struct pool *pool, void *chunk, const struct request *request)
{
    struct heap_findings found;
    lock_take(&pool->lock);
    hand_out(pool, chunk, request, &found);
    lock_drop(&pool->lock);
    heap_check_report(pool, &found);
    return request->zeroed ? memset(chunk, 0, request->size) : chunk;
}

void heap_check_freed(struct pool *pool, uint32_t number, const void *caller,
                      struct heap_findings *ret_found)
{
    struct guard_record *record = guard_record(pool, (uint32_t)pool_nth(pool, number));
    ret_found->count = 0;
    if (!record)
        return;
    record->freed_by = caller; // for the report
    struct guard_record freed = *record;
    freed.state = GUARD_FREE;
    change(pool, number, &freed, ret_found);
}

bool heap_check_give(struct pool *pool, uint32_t number, const void *caller)
{
    struct heap_findings found = {0};
    lock_take(&pool->lock);
    bool claimed = cache_claim_locked(pool, number);
    if (claimed) {
        heap_check_freed(pool, number, caller, &found);
        cache_give_locked(pool, number);
    }
    lock_drop(&pool->lock);
    heap_check_report(pool, &found);
    return claimed;
}

void heap_check_resize(struct pool *pool, uint32_t number, size_t size, const void *caller)
{
    struct heap_findings found = {0};
    if (!guard_watches(pool))
        return;
    lock_take(&pool->lock);
    struct guard_record *record = guard_record(pool, (uint32_t)pool_nth(pool, number));
    if (record && record->state == GUARD_LIVE) {
        struct guard_record resized = *record;
        resized.requested = size;
        if (caller)
            resized.allocated_by = caller;
        change(pool, number, &resized, &found);
    }
    lock_drop(&pool->lock);
    heap_check_report(pool, &found);
}

// The next finding at *chunk or after it; *chunk is then behind it. None in a pool that has ended. The
// runtime's lock and the pool's are held.
static void look_on(const struct pool *pool, uint32_t *chunk, struct heap_findings *found)
{
    found->count = 0;
    while (found->count == 0 && guard_watches(pool) && *chunk < pool->made) {
        found->count = guard_look(pool, *chunk, found->list);
        if (found->count > 0)
            guard_fill(pool, *chunk); // or it would be found again
        ++*chunk;
    }
}

static uint64_t check_pool(struct pool *pool)
{
    uint64_t total = 0;
    uint32_t chunk = 0;
    struct heap_findings found = {0};
    do {
        runtime_lock(); // the pool, and what is remembered of its chunks, stay while it is looked at
        lock_take(&pool->lock);
        look_on(pool, &chunk, &found);
        lock_drop(&pool->lock);
        runtime_unlock();
        count_and_report(pool, &found);
        total += found.count;
    } while (found.count > 0);
    return total;
}

uint64_t heap_check_all(void)
{
    uint64_t total = 0;
    int saved_errno = errno;
    if (guard_is_on && runtime_enter())
        for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1))
            total += check_pool(&pools.pool[i]);
    errno = saved_errno;
    return total;
}

void heap_check_call(void)
{
    if (runtime_conf.overflow_check == OVERFLOW_CHECK_ALL)
        consequences(heap_check_all());
}

RESIDENT void heap_end(void)
{
    bool may_look = guard_is_on && !cache_is_interrupted(); // by a signal handler that calls exit
    uint64_t findings = may_look ? heap_check_all() : 0;
    runtime_end();
    if (findings > 0)
        consequences(findings);
}
