// SPDX-License-Identifier: MIT
// Packet buffers: lwIP's pbufs, in chunks of named pools. C and C++.
//
// A packet is a chain of pbufs. Each has a header, struct pm_pbuf, and a piece of the packet's bytes;
// in a pool both lie in one chunk (a `pbuf` line of pools.conf, or a pool of pm_pbuf_chunk_size).
// Functions, order of arguments, results, and what happens to lengths and references are lwIP 2.1's
// (pbuf_X there is pm_pbuf_X here), with these differences:
//   Where lwIP names a type (PBUF_POOL, PBUF_RAM, PBUF_REF), pm_pbuf_alloc names the pool that the
//     memory comes from, or PM_PBUF_HEAP.
//   Where lwIP asserts, the program aborts with one line that says why, or the call fails, as each
//     function says. Where lwIP's 16-bit arithmetic would wrap and damage memory, the call fails.
//   References are counted atomically: threads may share a packet and each drop its reference. For
//     all else a packet belongs to one thread at a time, as in lwIP.
//
// p, as an argument, is never NULL unless its function says so. Lengths and offsets are bytes, and a
// packet has 65535 at most.
#ifndef POOLMALLOC_PBUF_H
#define POOLMALLOC_PBUF_H

#include "poolmalloc.h"

#ifdef __cplusplus
extern "C" {
#endif

// lwIP's struct pbuf, field by field.
struct pm_pbuf {
    struct pm_pbuf *next; // the rest of the packet; the header that points here holds a reference
    void *payload;
    uint16_t tot_len; // len of this one and of all that follow
    uint16_t len;     // bytes at payload
    uint8_t type_internal; // the lower byte of a type
    uint8_t flags;         // PM_PBUF_FLAG_IS_CUSTOM is ours, the rest is the program's
    uint8_t ref;           // pointers to this pbuf, those of chains included
    uint8_t if_idx;        // the program's: lwIP's number of the interface
};

// lwIP's flags; none but IS_CUSTOM has a meaning here.
enum {
    PM_PBUF_FLAG_PUSH = 0x01,
    PM_PBUF_FLAG_IS_CUSTOM = 0x02,
    PM_PBUF_FLAG_MCASTLOOP = 0x04,
    PM_PBUF_FLAG_LLBCAST = 0x08,
    PM_PBUF_FLAG_LLMCAST = 0x10,
    PM_PBUF_FLAG_TCP_FIN = 0x20
};

// lwIP's types, with its numbers: what pm_pbuf_alloced_custom takes, and type_internal shows.
enum {
    PM_PBUF_RAM = 0x280,  // header and payload in one piece, from malloc
    PM_PBUF_ROM = 0x001,  // the payload is elsewhere, and does not change
    PM_PBUF_REF = 0x041,  // the payload is elsewhere, and may change
    PM_PBUF_POOL = 0x182 // header and payload in one chunk of a pool
};

// Room that a new packet has in front of its first byte, for headers that are added later. Any number
// may stand where one is asked for: these are lwIP's for Ethernet with IPv6, without encapsulation.
enum {
    PM_PBUF_TRANSPORT = 14 + 40 + 20,
    PM_PBUF_IP = 14 + 40,
    PM_PBUF_LINK = 14,
    PM_PBUF_RAW_TX = 0,
    PM_PBUF_RAW = 0
};

// Results that lwIP calls err_t, with its numbers.
enum {
    PM_ERR_OK = 0,
    PM_ERR_MEM = -1,  // the packet is too short for what should go into it
    PM_ERR_VAL = -6,  // a queue of packets where one packet is expected
    PM_ERR_ARG = -16 // NULL, or lengths that do not agree
};

// As a pool: memory comes from malloc and goes back to free.
#define PM_PBUF_HEAP ((pm_pool *)1)


// Pools

// The size of chunks that hold a header and `payload` bytes, each rounded up to mem_alignment of
// pools.conf, as lwIP's LWIP_PBUF_MEMPOOL does: for pm_pool_create and PM_POOL_DECLARE.
size_t pm_pbuf_chunk_size(size_t payload);

// Bytes of payload that one chunk of the pool holds; 0: not even a header fits, or NULL.
size_t pm_pbuf_payload_size(const pm_pool *pool);


// Coming and going

// A packet of `length` bytes, content undefined, with `layer` bytes of room in front: a chain of as
// many chunks as it takes, or for PM_PBUF_HEAP one piece. The payload of each is aligned to
// mem_alignment. NULL, and nothing is kept: errno ENOMEM, the pool has too few chunks, or malloc no
// memory; EINVAL: the pool is NULL, or its chunks are too small for the header, the room, and one byte
// (lwIP asserts).
struct pm_pbuf *pm_pbuf_alloc(uint16_t layer, uint16_t length, pm_pool *pool);

// A pbuf for `length` bytes that are elsewhere and stay there until it is freed; only its header
// takes memory, a chunk of the pool (lwIP: of MEMP_PBUF). Its type is PM_PBUF_REF. NULL as above.
struct pm_pbuf *pm_pbuf_alloc_reference(void *payload, uint16_t length, pm_pool *pool);

typedef void pm_pbuf_free_custom(struct pm_pbuf *p);

// A pbuf whose memory is the program's, for instance a driver's descriptor in a named pool.
struct pm_pbuf_custom {
    struct pm_pbuf pbuf;
    pm_pbuf_free_custom *custom_free_function; // called when the last reference is gone
};

// Sets up *p for `length` bytes at payload_mem, behind `layer` bytes of room, rounded up. The type says
// only how it is treated: headers can be added to PM_PBUF_POOL and PM_PBUF_RAM as far as the
// payload stays behind *p in memory. payload_mem may be NULL, to be set later. Returns &p->pbuf;
// NULL: payload_mem_len is too short.
struct pm_pbuf *pm_pbuf_alloced_custom(uint16_t layer, uint16_t length, unsigned type,
                                       struct pm_pbuf_custom *p, void *payload_mem,
                                       uint16_t payload_mem_len);

// One more reference. NULL: nothing. Aborts beyond 255.
void pm_pbuf_ref(struct pm_pbuf *p);

// Drops a reference. A pbuf without any is freed, and so its reference to the next is dropped, and so
// on. Returns how many pbufs were freed. NULL: 0 (lwIP asserts). Aborts when there was no reference to
// drop, as far as memory that may have another use by now can tell. Any thread; errno is kept.
unsigned pm_pbuf_free(struct pm_pbuf *p);


// Chains

// The number of pbufs; NULL: 0.
uint16_t pm_pbuf_clen(const struct pm_pbuf *p);

// Appends a packet to another. cat takes the caller's reference to the tail over; chain leaves it.
// NULL: nothing happens. As in lwIP, a sum above 65535 is not noticed, and tot_len wraps.
void pm_pbuf_cat(struct pm_pbuf *head, struct pm_pbuf *tail);
void pm_pbuf_chain(struct pm_pbuf *head, struct pm_pbuf *tail);

// Cuts p off from the rest, and drops p's reference to it. Returns the rest; NULL: there was none, or
// it is freed now.
struct pm_pbuf *pm_pbuf_dechain(struct pm_pbuf *p);

// Shortens a packet to new_len bytes, and frees pbufs that are no longer needed. A longer new_len
// changes nothing.
void pm_pbuf_realloc(struct pm_pbuf *p, uint16_t new_len);

// The same bytes in one piece: a new pbuf of the heap with `layer` bytes of room, and p is freed; or p,
// when it is one piece already or there is no memory.
struct pm_pbuf *pm_pbuf_coalesce(struct pm_pbuf *p, uint16_t layer);

// A copy, allocated as by pm_pbuf_alloc; NULL as there. p is unchanged.
struct pm_pbuf *pm_pbuf_clone(uint16_t layer, pm_pool *pool, const struct pm_pbuf *p);


// Headers

// Moves the start of the first pbuf's payload: add_header to the front, by up to the room that there
// is; remove_header to the back, by up to its len; header adds a positive and removes a negative number
// of bytes. 0; or 1, and nothing has changed. The _force forms add to a pbuf whose payload is
// elsewhere, where nobody knows of a limit.
uint8_t pm_pbuf_add_header(struct pm_pbuf *p, size_t bytes);
uint8_t pm_pbuf_add_header_force(struct pm_pbuf *p, size_t bytes);
uint8_t pm_pbuf_remove_header(struct pm_pbuf *p, size_t bytes);
uint8_t pm_pbuf_header(struct pm_pbuf *p, int16_t bytes);
uint8_t pm_pbuf_header_force(struct pm_pbuf *p, int16_t bytes);

// Removes bytes from the front of a packet, and drops the reference to each pbuf that has none left.
// Returns the new first pbuf; NULL: nothing is left.
struct pm_pbuf *pm_pbuf_free_header(struct pm_pbuf *p, uint16_t bytes);


// Content

// Copies into a packet, from its start or from `offset`. PM_ERR_OK; PM_ERR_MEM: it is shorter, nothing
// is copied; PM_ERR_ARG, of take: NULL.
int pm_pbuf_take(struct pm_pbuf *p, const void *data, uint16_t len);
int pm_pbuf_take_at(struct pm_pbuf *p, const void *data, uint16_t len, uint16_t offset);

// Copies up to len bytes from `offset` on out of a packet. Returns how many; 0 for NULL.
uint16_t pm_pbuf_copy_partial(const struct pm_pbuf *p, void *data, uint16_t len, uint16_t offset);

// Copies packets: all of p_from to the start of p_to; or its first len bytes to an offset of p_to.
// PM_ERR_ARG: NULL, or one of them is too short, nothing is copied. PM_ERR_VAL: another packet follows
// in one of the chains; what was found before it is copied.
int pm_pbuf_copy(struct pm_pbuf *p_to, const struct pm_pbuf *p_from);
int pm_pbuf_copy_partial_pbuf(struct pm_pbuf *p_to, const struct pm_pbuf *p_from, uint16_t len,
                              uint16_t offset);

// `len` bytes from `offset` on in one piece: a pointer into the packet where they are, or else into
// `buffer`, to which they are copied. NULL: p or buffer is, buffer_bytes is below len, or the packet is
// too short.
void *pm_pbuf_get_contiguous(const struct pm_pbuf *p, void *buffer, size_t buffer_bytes, uint16_t len,
                             uint16_t offset);

// The pbuf that holds the byte at `offset`, and where in it (ret_offset may be NULL). NULL: beyond
// the end; *ret_offset is by how much then. p may be NULL.
struct pm_pbuf *pm_pbuf_skip(struct pm_pbuf *p, uint16_t offset, uint16_t *ret_offset);

// One byte. Beyond the end: get 0, try_get -1, put nothing.
uint8_t pm_pbuf_get_at(const struct pm_pbuf *p, uint16_t offset);
int pm_pbuf_try_get_at(const struct pm_pbuf *p, uint16_t offset);
void pm_pbuf_put_at(struct pm_pbuf *p, uint16_t offset, uint8_t byte);

// 0: the n bytes from `offset` on are those of `data`; 65535: the packet is too short; else 1 and the
// place, counted from `offset`, of the first that differs.
uint16_t pm_pbuf_memcmp(const struct pm_pbuf *p, uint16_t offset, const void *data, uint16_t n);

// The first place from `start` on where the bytes of `data`, or of a string (at least one, without
// its NUL), occur. 65535: none.
uint16_t pm_pbuf_memfind(const struct pm_pbuf *p, const void *data, uint16_t len, uint16_t start);
uint16_t pm_pbuf_strstr(const struct pm_pbuf *p, const char *string);

#ifdef __cplusplus
}
#endif

#endif
