// SPDX-License-Identifier: MIT
#include "guard.h"

#include <string.h>

#include "os.h"

bool guard_is_on;

// Fixed after guard_start, but for what belongs to a pool.
static struct {
    bool overflow_check, poison;
    int64_t before, after; // bytes of guard
    struct {
        struct guard_record *records; // NULL: not watched
        uint32_t committed; // so many can be written; the others read as zero, which is GUARD_NEW.
    } pools[POOLS_MAX];     // Under the pool's lock
} guard FAR;

enum { COMMIT_MIN = 4096 }; // records

void guard_start(const struct conf *conf)
{
    guard_is_on = conf->overflow_check != OVERFLOW_CHECK_OFF || conf->poison;
    if (!guard_is_on)
        return; // nobody looks at the rest, whose page stays untouched
    guard.overflow_check = conf->overflow_check != OVERFLOW_CHECK_OFF;
    guard.poison = conf->poison;
    guard.before = (int64_t)align_up(conf->guard_before, conf->mem_alignment);
    guard.after = (int64_t)align_up(conf->guard_after, conf->mem_alignment);
}

bool guard_attach(const struct pool *pool)
{
    if (!guard_is_on)
        return true;
    guard.pools[pool->index].records = os_reserve_zeros(pool->count * sizeof(struct guard_record));
    guard.pools[pool->index].committed = 0;
    return guard.pools[pool->index].records;
}

void guard_detach(const struct pool *pool)
{
    if (guard_watches(pool))
        os_unmap(guard.pools[pool->index].records, pool->count * sizeof(struct guard_record));
    guard.pools[pool->index].records = NULL;
}

bool guard_watches(const struct pool *pool)
{
    return guard.pools[pool->index].records;
}

// NULL: the kernel has no memory for it, and the chunk goes unwatched.
struct guard_record *guard_record(const struct pool *pool, uint32_t chunk)
{
    struct guard_record *records = guard.pools[pool->index].records;
    uint32_t *committed = &guard.pools[pool->index].committed;
    if (chunk >= *committed) {
        uint64_t more = align_up((uint64_t)chunk + 1 + *committed / 8, COMMIT_MIN);
        uint32_t wanted = (uint32_t)min_u64(more, pool->count);
        if (!os_commit(records, wanted * sizeof *records))
            return NULL;
        *committed = wanted;
    }
    return &records[chunk];
}

// A run of bytes that should all be the same.
struct part {
    int64_t from, to; // offsets from the chunk's start
    uint8_t expected;
    const char *what; // it means if they are not
};

// The parts of a chunk in this state, of which those that are not watched are empty.
static void parts(const struct pool *pool, const struct guard_record *record, struct part *ret_parts)
{
    int64_t end = (int64_t)pool_chunk_bytes(pool);
    bool live = record->state == GUARD_LIVE, is_new = record->state == GUARD_NEW;
    uint8_t around = is_new ? 0 : GUARD_BYTE;
    int64_t tail = live ? (int64_t)record->requested : end;
    bool filled = guard.poison && !live;
    ret_parts[0] = (struct part){-guard.before, 0, around, "underflow"};
    ret_parts[1] = (struct part){0, filled ? end : 0, is_new ? 0 : POISON_BYTE, "write after free"};
    ret_parts[2] = (struct part){tail, end + guard.after, around, "overflow"};
    if (is_new)
        ret_parts[1].what = "write before allocation";
    if (!guard.overflow_check) {
        ret_parts[0].to = ret_parts[0].from;
        ret_parts[2].to = ret_parts[2].from;
    }
}

static char *address(const struct pool *pool, uint32_t chunk)
{
    return pool_address(pool, pool_number(pool, chunk));
}

// Touches no byte outside of the part: others may belong to the program.
static bool holds(const char *start, const struct part *part)
{
    const uint8_t *bytes = (const uint8_t *)start + part->from;
    size_t length = (size_t)(part->to - part->from);
    return length == 0
           || (bytes[0] == part->expected && memcmp(bytes, bytes + 1, length - 1) == 0);
}

static void describe(const char *start, const struct part *part, struct guard_finding *finding)
{
    const uint8_t *at = (const uint8_t *)start;
    finding->what = part->what;
    finding->expected = part->expected;
    finding->first = part->from;
    finding->last = part->to - 1;
    // Within bounds even if the stray writer is at it right now.
    while (finding->first < finding->last && at[finding->first] == part->expected)
        finding->first++;
    while (finding->last > finding->first && at[finding->last] == part->expected)
        finding->last--;
    size_t shown = min_u64((uint64_t)(finding->last - finding->first + 1), GUARD_SHOWN);
    memcpy(finding->bytes, at + finding->first, shown);
}

unsigned guard_look(const struct pool *pool, uint32_t chunk, struct guard_finding *findings)
{
    struct part all[GUARD_PARTS];
    const struct guard_record *record = guard_record(pool, chunk);
    const char *start = address(pool, chunk);
    unsigned found = 0;
    if (!record)
        return 0;
    parts(pool, record, all);
    for (unsigned i = 0; i < GUARD_PARTS; i++) {
        if (holds(start, &all[i]))
            continue;
        findings[found].chunk = chunk;
        findings[found].record = *record;
        describe(start, &all[i], &findings[found++]);
    }
    return found;
}

void guard_fill(const struct pool *pool, uint32_t chunk)
{
    struct part all[GUARD_PARTS];
    const struct guard_record *record = guard_record(pool, chunk);
    if (!record)
        return;
    parts(pool, record, all);
    for (unsigned i = 0; i < GUARD_PARTS; i++)
        memset(address(pool, chunk) + all[i].from, all[i].expected, (size_t)(all[i].to - all[i].from));
}
