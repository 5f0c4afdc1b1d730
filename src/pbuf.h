// SPDX-License-Identifier: MIT
// What the files of pbuf share. Packet buffers are built on the functions of poolmalloc.h alone.
#ifndef PBUF_H
#define PBUF_H

#include "base.h"
#include "poolmalloc_pbuf.h"

// The address of a byte of the payload.
INLINE uint8_t *pbuf_byte(const struct pm_pbuf *p, size_t offset)
{
    return (uint8_t *)p->payload + offset;
}

// Another packet follows in the chain: lwIP's queue. The last pbuf of a packet ends its length.
INLINE bool pbuf_is_queue(const struct pm_pbuf *p)
{
    return p->len == p->tot_len && p->next;
}

#endif
