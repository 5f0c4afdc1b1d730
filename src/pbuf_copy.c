// SPDX-License-Identifier: MIT
// include/poolmalloc_pbuf.h: the bytes of packets, into them, out of them, and between them.
#include <string.h>

#include "message.h"
#include "pbuf.h"

enum { NOT_FOUND = 0xffff };

// The pbuf that holds the byte at *offset, which becomes the offset in it. NULL: beyond the end. Pbufs
// of no bytes are stepped over.
static const struct pm_pbuf *find(const struct pm_pbuf *p, size_t *offset)
{
    while (p && p->len <= *offset) {
        *offset -= p->len;
        p = p->next;
    }
    return p;
}

EXPORT struct pm_pbuf *pm_pbuf_skip(struct pm_pbuf *p, uint16_t offset, uint16_t *ret_offset)
{
    size_t within = offset;
    const struct pm_pbuf *found = find(p, &within);
    if (ret_offset)
        *ret_offset = (uint16_t)within;
    return (struct pm_pbuf *)(uintptr_t)found; // of the caller's chain, which is not const
}

// Into a packet

// len bytes into p and what follows it, from a place in p on. The chain is long enough.
static void copy_in(const struct pm_pbuf *p, size_t at, const uint8_t *data, size_t len)
{
    for (; len > 0; p = p->next, at = 0) {
        if (!p)
            message_abort("pm_pbuf_take: the pbufs of a chain are shorter than its tot_len");
        size_t n = min_u64(len, p->len - at);
        memcpy(pbuf_byte(p, at), data, n);
        data += n;
        len -= n;
    }
}

EXPORT int pm_pbuf_take(struct pm_pbuf *p, const void *data, uint16_t len)
{
    if (!p || !data)
        return PM_ERR_ARG;
    if (p->tot_len < len)
        return PM_ERR_MEM;
    copy_in(p, 0, data, len);
    return PM_ERR_OK;
}

EXPORT int pm_pbuf_take_at(struct pm_pbuf *p, const void *data, uint16_t len, uint16_t offset)
{
    size_t at = offset;
    const struct pm_pbuf *q = find(p, &at);
    if (!q || q->tot_len < at + len)
        return PM_ERR_MEM;
    copy_in(q, at, data, len);
    return PM_ERR_OK;
}

EXPORT void pm_pbuf_put_at(struct pm_pbuf *p, uint16_t offset, uint8_t byte)
{
    size_t at = offset;
    const struct pm_pbuf *q = find(p, &at);
    if (q)
        *pbuf_byte(q, at) = byte;
}

// Out of a packet

EXPORT uint16_t pm_pbuf_copy_partial(const struct pm_pbuf *p, void *data, uint16_t len, uint16_t offset)
{
    size_t at = offset, done = 0;
    if (!data)
        return 0;
    for (p = find(p, &at); p && done < len; p = p->next, at = 0) {
        size_t n = min_u64(len - done, p->len - at);
        memcpy((uint8_t *)data + done, pbuf_byte(p, at), n);
        done += n;
    }
    return (uint16_t)done;
}

EXPORT void *pm_pbuf_get_contiguous(const struct pm_pbuf *p, void *buffer, size_t buffer_bytes,
                                    uint16_t len, uint16_t offset)
{
    size_t at = offset;
    if (!buffer || buffer_bytes < len)
        return NULL;
    p = find(p, &at);
    if (!p)
        return NULL;
    if (p->len >= at + len)
        return pbuf_byte(p, at);
    return pm_pbuf_copy_partial(p, buffer, len, (uint16_t)at) == len ? buffer : NULL;
}

EXPORT int pm_pbuf_try_get_at(const struct pm_pbuf *p, uint16_t offset)
{
    size_t at = offset;
    const struct pm_pbuf *q = find(p, &at);
    return q ? *pbuf_byte(q, at) : -1;
}

EXPORT uint8_t pm_pbuf_get_at(const struct pm_pbuf *p, uint16_t offset)
{
    int byte = pm_pbuf_try_get_at(p, offset);
    return byte < 0 ? 0 : (uint8_t)byte;
}

// Between packets

EXPORT int pm_pbuf_copy(struct pm_pbuf *p_to, const struct pm_pbuf *p_from)
{
    return p_from ? pm_pbuf_copy_partial_pbuf(p_to, p_from, p_from->tot_len, 0) : PM_ERR_ARG;
}

EXPORT int pm_pbuf_copy_partial_pbuf(struct pm_pbuf *p_to, const struct pm_pbuf *p_from, uint16_t len,
                                     uint16_t offset)
{
    if (!p_to || !p_from || p_from->tot_len < len || p_to->tot_len < (size_t)offset + len)
        return PM_ERR_ARG;
    size_t at_to = offset, at_from = 0, left = len;
    for (; p_to && at_to > p_to->len; p_to = p_to->next)
        at_to -= p_to->len;
    do {
        if (!p_to || !p_from) // the pbufs of a chain are shorter than its tot_len
            return PM_ERR_ARG;
        size_t n = min_u64(left, min_u64(p_to->len - at_to, p_from->len - at_from));
        memcpy(pbuf_byte(p_to, at_to), pbuf_byte(p_from, at_from), n);
        left -= n;
        at_to += n;
        at_from += n;
        if (at_from == p_from->len) {
            p_from = p_from->next;
            at_from = 0;
        }
        if (at_to == p_to->len) {
            p_to = p_to->next;
            at_to = 0;
        }
        if ((p_from && pbuf_is_queue(p_from)) || (p_to && pbuf_is_queue(p_to)))
            return PM_ERR_VAL;
    } while (left > 0);
    return PM_ERR_OK;
}

// Comparing

EXPORT uint16_t pm_pbuf_memcmp(const struct pm_pbuf *p, uint16_t offset, const void *data, uint16_t n)
{
    const uint8_t *expected = data;
    size_t at = offset, i = 0;
    if (p->tot_len < at + n)
        return NOT_FOUND;
    for (p = find(p, &at); p && i < n; p = p->next, at = 0)
        for (; i < n && at < p->len; i++, at++)
            if (*pbuf_byte(p, at) != expected[i])
                return (uint16_t)min_u64(i + 1, NOT_FOUND);
    return i < n ? NOT_FOUND : 0;
}

EXPORT uint16_t pm_pbuf_memfind(const struct pm_pbuf *p, const void *data, uint16_t len, uint16_t start)
{
    for (size_t at = start; at + len <= p->tot_len; at++)
        if (pm_pbuf_memcmp(p, (uint16_t)at, data, len) == 0)
            return (uint16_t)at;
    return NOT_FOUND;
}

EXPORT uint16_t pm_pbuf_strstr(const struct pm_pbuf *p, const char *string)
{
    if (!string || !*string || p->tot_len == NOT_FOUND)
        return NOT_FOUND;
    size_t length = strlen(string);
    return length < NOT_FOUND ? pm_pbuf_memfind(p, string, (uint16_t)length, 0) : NOT_FOUND;
}
