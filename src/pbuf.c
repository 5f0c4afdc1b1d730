// SPDX-License-Identifier: MIT
// include/poolmalloc_pbuf.h: pbufs that come and go, chains, headers. The bytes are pbuf_copy.c's.
#include "pbuf.h"

#include <errno.h>
#include <stdlib.h>

#include "message.h"
#include "pools_named.h"
#include "runtime.h"

_Static_assert(sizeof(struct pm_pbuf) == PBUF_HEADER_BYTES, "as pbuf lines count it, and as lwIP's");

enum {
    // Bits of a type, lwIP's PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS and PBUF_TYPE_ALLOC_SRC_MASK.
    IN_ONE_PIECE = 0x80,
    SOURCE = 0x0f,
    FROM_HEAP = PM_PBUF_RAM & SOURCE,
    LENGTH_MAX = 65535,
};

// Bytes, rounded up to mem_alignment.
static size_t rounded(size_t bytes)
{
    runtime_enter(); // the configuration is read, at least
    return align_up(bytes, max_u64(runtime_conf.mem_alignment, 1));
}

// Memory of a pbuf; type_internal remembers by its source that it is from malloc.
static struct pm_pbuf *get_memory(pm_pool *pool, size_t heap_bytes)
{
    return pool == PM_PBUF_HEAP ? malloc(heap_bytes) : pm_alloc(pool);
}

static void give_memory(struct pm_pbuf *p)
{
    if (p->flags & PM_PBUF_FLAG_IS_CUSTOM) {
        pm_pbuf_free_custom *function = ((struct pm_pbuf_custom *)(void *)p)->custom_free_function;
        if (!function)
            message_abort("pm_pbuf_free: the custom pbuf 0x%lx has no custom_free_function",
                          (unsigned long)(uintptr_t)p);
        function(p);
    } else if ((p->type_internal & SOURCE) == FROM_HEAP) {
        free(p);
    } else {
        pm_pool *pool = pm_pool_of(p);
        if (!pool)
            message_abort("pm_pbuf_free: 0x%lx is in no pool", (unsigned long)(uintptr_t)p);
        pm_free(pool, p);
    }
}

static void set_up(struct pm_pbuf *p, void *payload, size_t tot_len, size_t len, unsigned type)
{
    *p = (struct pm_pbuf){
        .payload = payload,
        .tot_len = (uint16_t)tot_len,
        .len = (uint16_t)len,
        .type_internal = (uint8_t)type,
        .ref = 1,
    };
}

// Sizes

EXPORT size_t pm_pbuf_chunk_size(size_t payload)
{
    return rounded(sizeof(struct pm_pbuf)) + rounded(payload);
}

EXPORT size_t pm_pbuf_payload_size(const pm_pool *pool)
{
    size_t usable = pm_pool_usable_size(pool), header = rounded(sizeof(struct pm_pbuf));
    return usable > header ? usable - header : 0;
}

// Coming and going

static struct pm_pbuf *alloc_on_heap(uint16_t layer, uint16_t length)
{
    size_t header = rounded(sizeof(struct pm_pbuf)), room = rounded(layer);
    struct pm_pbuf *p = get_memory(PM_PBUF_HEAP, header + room + rounded(length));
    if (p)
        set_up(p, (char *)p + header + room, length, length, PM_PBUF_RAM);
    return p;
}

EXPORT struct pm_pbuf *pm_pbuf_alloc(uint16_t layer, uint16_t length, pm_pool *pool)
{
    if (pool == PM_PBUF_HEAP)
        return alloc_on_heap(layer, length);
    size_t header = rounded(sizeof(struct pm_pbuf)), room = rounded(layer);
    size_t payload = pm_pbuf_payload_size(pool), left = length;
    if (payload <= room) {
        errno = EINVAL;
        return NULL;
    }
    struct pm_pbuf *first = NULL, **end = &first;
    do {
        struct pm_pbuf *p = get_memory(pool, 0);
        if (!p) {
            pm_pbuf_free(first);
            return NULL;
        }
        size_t len = min_u64(left, payload - room);
        set_up(p, (char *)p + header + room, left, len, PM_PBUF_POOL);
        *end = p;
        end = &p->next;
        left -= len;
        room = 0;
    } while (left > 0);
    return first;
}

EXPORT struct pm_pbuf *pm_pbuf_alloc_reference(void *payload, uint16_t length, pm_pool *pool)
{
    if (pool != PM_PBUF_HEAP && pm_pool_usable_size(pool) < sizeof(struct pm_pbuf)) {
        errno = EINVAL;
        return NULL;
    }
    struct pm_pbuf *p = get_memory(pool, sizeof *p);
    if (p)
        set_up(p, payload, length, length,
               pool == PM_PBUF_HEAP ? (PM_PBUF_REF & ~SOURCE) | FROM_HEAP : PM_PBUF_REF);
    return p;
}

EXPORT struct pm_pbuf *pm_pbuf_alloced_custom(uint16_t layer, uint16_t length, unsigned type,
                                              struct pm_pbuf_custom *p, void *payload_mem,
                                              uint16_t payload_mem_len)
{
    size_t room = rounded(layer);
    if (room + length > payload_mem_len)
        return NULL;
    set_up(&p->pbuf, payload_mem ? (char *)payload_mem + room : NULL, length, length, type);
    p->pbuf.flags = PM_PBUF_FLAG_IS_CUSTOM;
    return &p->pbuf;
}

// References are counted with relaxed additions and acquire-release subtractions: what each thread
// did to the packet before it dropped its reference has happened before the last one frees it.

EXPORT void pm_pbuf_ref(struct pm_pbuf *p)
{
    if (p && __atomic_fetch_add(&p->ref, 1, __ATOMIC_RELAXED) == UINT8_MAX)
        message_abort("pm_pbuf_ref: more than 255 references to 0x%lx",
                      (unsigned long)(uintptr_t)p);
}

EXPORT unsigned pm_pbuf_free(struct pm_pbuf *p)
{
    int saved = errno;
    unsigned freed = 0;
    while (p) {
        uint8_t references = __atomic_fetch_sub(&p->ref, 1, __ATOMIC_ACQ_REL);
        if (references == 0)
            message_abort("pm_pbuf_free: there is no reference to 0x%lx",
                          (unsigned long)(uintptr_t)p);
        if (references > 1)
            break;
        struct pm_pbuf *next = p->next;
        give_memory(p);
        freed++;
        p = next;
    }
    errno = saved;
    return freed;
}

// Chains

EXPORT uint16_t pm_pbuf_clen(const struct pm_pbuf *p)
{
    uint16_t count = 0;
    for (; p; p = p->next)
        count++;
    return count;
}

EXPORT void pm_pbuf_cat(struct pm_pbuf *head, struct pm_pbuf *tail)
{
    if (!head || !tail)
        return;
    for (;; head = head->next) {
        head->tot_len = (uint16_t)(head->tot_len + tail->tot_len);
        if (!head->next)
            break;
    }
    head->next = tail;
}

EXPORT void pm_pbuf_chain(struct pm_pbuf *head, struct pm_pbuf *tail)
{
    if (!head || !tail)
        return;
    pm_pbuf_cat(head, tail);
    pm_pbuf_ref(tail);
}

EXPORT struct pm_pbuf *pm_pbuf_dechain(struct pm_pbuf *p)
{
    struct pm_pbuf *rest = p->next;
    if (!rest)
        return NULL;
    rest->tot_len = (uint16_t)(p->tot_len - p->len);
    p->next = NULL;
    p->tot_len = p->len;
    return pm_pbuf_free(rest) > 0 ? NULL : rest;
}

EXPORT void pm_pbuf_realloc(struct pm_pbuf *p, uint16_t new_len)
{
    if (new_len >= p->tot_len)
        return;
    uint16_t cut = (uint16_t)(p->tot_len - new_len), left = new_len;
    while (left > p->len) {
        left = (uint16_t)(left - p->len);
        p->tot_len = (uint16_t)(p->tot_len - cut);
        p = p->next;
        if (!p)
            message_abort("pm_pbuf_realloc: the pbufs of a chain are shorter than its tot_len");
    }
    struct pm_pbuf *rest = p->next;
    p->len = p->tot_len = left;
    p->next = NULL;
    pm_pbuf_free(rest);
}

EXPORT struct pm_pbuf *pm_pbuf_clone(uint16_t layer, pm_pool *pool, const struct pm_pbuf *p)
{
    struct pm_pbuf *copy = pm_pbuf_alloc(layer, p->tot_len, pool);
    if (copy && pm_pbuf_copy(copy, p) != PM_ERR_OK) {
        pm_pbuf_free(copy);
        errno = EINVAL;
        return NULL;
    }
    return copy;
}

EXPORT struct pm_pbuf *pm_pbuf_coalesce(struct pm_pbuf *p, uint16_t layer)
{
    struct pm_pbuf *one = p->next ? pm_pbuf_clone(layer, PM_PBUF_HEAP, p) : NULL;
    if (!one)
        return p;
    pm_pbuf_free(p);
    return one;
}

// Headers

static uint8_t add_header(struct pm_pbuf *p, size_t bytes, bool force)
{
    if (bytes > LENGTH_MAX || bytes + p->tot_len > LENGTH_MAX)
        return 1;
    if (p->type_internal & IN_ONE_PIECE) {
        bool is_custom = p->flags & PM_PBUF_FLAG_IS_CUSTOM;
        uintptr_t begin = (uintptr_t)p
                          + rounded(is_custom ? sizeof(struct pm_pbuf_custom) : sizeof *p);
        if ((uintptr_t)p->payload - bytes < begin)
            return 1;
    } else if (bytes > 0 && !force)
        return 1;
    p->payload = (char *)p->payload - bytes;
    p->len = (uint16_t)(p->len + bytes);
    p->tot_len = (uint16_t)(p->tot_len + bytes);
    return 0;
}

EXPORT uint8_t pm_pbuf_add_header(struct pm_pbuf *p, size_t bytes)
{
    return add_header(p, bytes, false);
}

EXPORT uint8_t pm_pbuf_add_header_force(struct pm_pbuf *p, size_t bytes)
{
    return add_header(p, bytes, true);
}

EXPORT uint8_t pm_pbuf_remove_header(struct pm_pbuf *p, size_t bytes)
{
    if (bytes > p->len)
        return 1;
    p->payload = (char *)p->payload + bytes;
    p->len = (uint16_t)(p->len - bytes);
    p->tot_len = (uint16_t)(p->tot_len - bytes);
    return 0;
}

static uint8_t header(struct pm_pbuf *p, int bytes, bool force)
{
    return bytes < 0 ? pm_pbuf_remove_header(p, (size_t)-bytes) : add_header(p, (size_t)bytes, force);
}

EXPORT uint8_t pm_pbuf_header(struct pm_pbuf *p, int16_t bytes)
{
    return header(p, bytes, false);
}

EXPORT uint8_t pm_pbuf_header_force(struct pm_pbuf *p, int16_t bytes)
{
    return header(p, bytes, true);
}

EXPORT struct pm_pbuf *pm_pbuf_free_header(struct pm_pbuf *p, uint16_t bytes)
{
    while (bytes > 0 && p) {
        if (bytes < p->len) {
            pm_pbuf_remove_header(p, bytes);
            break;
        }
        struct pm_pbuf *rest = p->next;
        bytes = (uint16_t)(bytes - p->len);
        p->next = NULL;
        pm_pbuf_free(p);
        p = rest;
    }
    return p;
}
