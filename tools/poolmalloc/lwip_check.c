// SPDX-License-Identifier: MIT
// What lwIP would make of the entries: the rules of its memp.h, memp_priv.h and memp_std.h, which take
// the file several times over with other macros, and keep sizes and counts in 16 bits.
#include <ctype.h>
#include <stdarg.h>
#include <string.h>

#include "lwip_pools.h"

enum { LWIP_MAX = UINT16_MAX };

struct check {
    struct lwip_pools *pools;
    FILE *warnings;
};

static void warn(const struct check *check, struct lwip_entry *entry, const char *format, ...)
    PRINTF(3, 4);

static void warn(const struct check *check, struct lwip_entry *entry, const char *format, ...)
{
    va_list arguments;
    fprintf(check->warnings, "%s:%u:", entry->file, entry->line);
    if (entry->column > 0)
        fprintf(check->warnings, "%u:", entry->column);
    fputs(" warning: ", check->warnings);
    va_start(arguments, format);
    vfprintf(check->warnings, format, arguments);
    va_end(arguments);
    fputc('\n', check->warnings);
    entry->warned = true;
}

static bool is_pool(const struct lwip_entry *entry)
{
    return entry->kind <= LWIP_MALLOC_MEMPOOL;
}

// ---- Sizes and counts ----

// LWIP_MEM_ALIGN_SIZE. A target that did not tell its MEM_ALIGNMENT is taken to have 4.
static uint64_t mem_align(const struct lwip_pools *pools, int64_t bytes)
{
    bool known = pools->mem_alignment > 0 && is_power_of_two((uint64_t)pools->mem_alignment);
    return align_up((uint64_t)bytes, known ? (uint64_t)pools->mem_alignment : 4);
}

// Bytes of an element: behind a header, in a malloc pool (an enum) and in one of packet buffers (struct
// pbuf: two pointers and 8 bytes).
static uint64_t element_bytes(const struct lwip_pools *pools, const struct lwip_entry *entry)
{
    switch (entry->kind) {
    case LWIP_MALLOC_MEMPOOL: return mem_align(pools, entry->size + (int64_t)mem_align(pools, 4));
    case LWIP_PBUF_MEMPOOL:
        return mem_align(pools, 2 * pools->pointer_bytes + 8) + mem_align(pools, entry->size);
    default: return mem_align(pools, entry->size);
    }
}

static void check_numbers(const struct check *check, struct lwip_entry *entry)
{
    if (entry->count < 0 || entry->size < 0)
        return; // no pools.conf can say it: that is no warning, but a complaint
    if (entry->count == 0) {
        warn(check, entry, "count 0: in lwIP its requests fail, here the next pool serves them");
        return;
    }
    if (entry->count > LWIP_MAX)
        warn(check, entry, "count %lld is %lld in lwIP, which keeps 16 bits",
             (long long)entry->count, (long long)(entry->count & LWIP_MAX));
    uint64_t bytes = entry->size > UINT32_MAX ? 0 : element_bytes(check->pools, entry);
    if (bytes > LWIP_MAX)
        warn(check, entry, "size %lld makes elements of %llu bytes, %llu in lwIP, which keeps 16 bits",
             (long long)entry->size, (unsigned long long)bytes, (unsigned long long)(bytes & LWIP_MAX));
    if (entry->size == 0 && entry->kind != LWIP_PBUF_MEMPOOL)
        warn(check, entry, "size 0 is taken as 1");
}

// ---- Names ----

// lwIP makes a name of it: MEMP_POOL_256. So it must be a number or an identifier.
static bool can_be_pasted(const char *text)
{
    for (const char *c = text; *c; c++)
        if (!isalnum((unsigned char)*c) && *c != '_')
            return false;
    return text[0] != 0;
}

// Against the malloc pools before it: none may have its name, nor be large enough for its requests.
static void check_size(const struct check *check, struct lwip_entry *entry)
{
    if (!can_be_pasted(entry->size_text))
        warn(check, entry, "size '%s': lwIP takes a number or a name, no expression", entry->size_text);
    for (struct lwip_entry *other = check->pools->entries; other < entry; other++) {
        if (other->kind != LWIP_MALLOC_MEMPOOL)
            continue;
        if (strcmp(other->size_text, entry->size_text) == 0) {
            warn(check, entry, "a second pool of size %s: lwIP takes it once (the first is in line %u)",
                 entry->size_text, other->line);
            return;
        }
        if (other->size >= 0 && entry->size >= 0
            && mem_align(check->pools, other->size) >= mem_align(check->pools, entry->size)) {
            warn(check, entry, "it is never asked first: the pool of size %s in line %u is large enough",
                 other->size_text, other->line);
            return;
        }
    }
}

// ---- The block of malloc pools ----

struct block {
    struct lwip_entry *start; // of the block we are in, or NULL
    unsigned blocks, malloc_pools, malloc_pools_outside;
    unsigned in_block; // malloc pools of the current one
};

static void check_start(const struct check *check, struct lwip_entry *entry, struct block *block)
{
    if (block->start)
        warn(check, entry, "LWIP_MALLOC_MEMPOOL_START again, without an END in between");
    else if (block->blocks > 0)
        warn(check, entry, "a second LWIP_MALLOC_MEMPOOL_START: lwIP takes one block of malloc pools");
    block->start = entry;
    block->blocks++;
    block->in_block = 0;
}

static void check_end(const struct check *check, struct lwip_entry *entry, struct block *block)
{
    if (!block->start)
        warn(check, entry, "LWIP_MALLOC_MEMPOOL_END without a START before it");
    else if (block->in_block == 0)
        warn(check, block->start, "no malloc pool between START and END: lwIP's mem_malloc would take "
             "its chunks from a pool that lwIP itself uses");
    block->start = NULL;
}

static void check_pool_in_block(const struct check *check, struct lwip_entry *entry,
                                struct block *block)
{
    if (entry->kind == LWIP_MALLOC_MEMPOOL) {
        block->in_block++;
        if (!block->start)
            warn(check, entry, "a malloc pool outside LWIP_MALLOC_MEMPOOL_START and END");
    } else if (block->start) {
        warn(check, entry, "%s is between START and END: lwIP's mem_malloc uses it as a malloc pool",
             entry->name);
    }
}

static void check_block(const struct check *check)
{
    struct block block = {.start = NULL};
    for (unsigned i = 0; i < check->pools->count; i++) {
        struct lwip_entry *entry = &check->pools->entries[i];
        if (entry->kind == LWIP_MALLOC_MEMPOOL_START)
            check_start(check, entry, &block);
        else if (entry->kind == LWIP_MALLOC_MEMPOOL_END)
            check_end(check, entry, &block);
        else
            check_pool_in_block(check, entry, &block);
    }
    if (block.start)
        warn(check, block.start, "LWIP_MALLOC_MEMPOOL_START without an END behind it");
}

static void check_semicolon(const struct check *check, struct lwip_entry *entry)
{
    struct lwip_entry place = *entry;
    place.line = entry->last_line;
    place.column = entry->semicolon_column;
    if (entry->semicolon_column == 0)
        return;
    warn(check, &place, "a ';' behind %s: lwIP takes none", lwip_macros[entry->kind]);
    entry->warned = true;
}

void lwip_check(struct lwip_pools *pools, FILE *warnings)
{
    const struct check check = {pools, warnings};
    if (pools->mem_alignment && !is_power_of_two((uint64_t)pools->mem_alignment))
        fprintf(warnings, "%s: warning: MEM_ALIGNMENT is %lld, which is no power of two\n", pools->file,
                (long long)pools->mem_alignment);
    check_block(&check);
    for (unsigned i = 0; i < pools->count; i++) {
        struct lwip_entry *entry = &pools->entries[i];
        check_semicolon(&check, entry);
        if (!is_pool(entry))
            continue;
        check_numbers(&check, entry);
        if (entry->kind == LWIP_MALLOC_MEMPOOL && entry->count != 0)
            check_size(&check, entry);
    }
}
