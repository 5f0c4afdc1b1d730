// SPDX-License-Identifier: MIT
// pbufs_against_lwip SEED STEPS: the same random operations on packet buffers of liblwip and of ours.
// After each step every packet must be the same in both: lengths, references, types, flags, where the
// payload begins behind its header, and all bytes; and so must be what the functions return.
// Started with pools RX, whose chunks are as large as lwIP's PBUF_POOL, and REF, of headers, which
// both become empty now and then.
#include <lwip/memp.h>
#include <lwip/pbuf.h>
#include <lwip/tcpip.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poolmalloc_pbuf.h"

enum {
    SLOTS = 12,        // packets in hand
    REGIONS = 1024,    // memory that references point to; far more than live at a time
    REGION_BYTES = 4096,
    REFERENCES_MAX = 200,
    LENGTH_MAX = 65535,
};

static struct packet {
    struct pbuf *theirs;
    struct pm_pbuf *ours;
} slot[SLOTS];

static unsigned char region_theirs[REGIONS][REGION_BYTES], region_ours[REGIONS][REGION_BYTES];
static unsigned char data[LENGTH_MAX + 1], got_theirs[LENGTH_MAX + 1], got_ours[LENGTH_MAX + 1];
static unsigned long seed, step, custom_frees_theirs, custom_frees_ours;
static const char *operation;
static pm_pool *rx, *ref;
static uint64_t random_state;

static unsigned below(unsigned n) // xorshift64*
{
    random_state ^= random_state >> 12;
    random_state ^= random_state << 25;
    random_state ^= random_state >> 27;
    return (unsigned)((random_state * 2685821657736338717ULL) >> 33) % n;
}

static void expect(bool same, const char *what)
{
    if (same)
        return;
    printf("seed %lu, step %lu, %s: %s differs\n", seed, step, operation, what);
    exit(1);
}

// What liblwip's pbufs are built on, instead of its own: in Debian's, whose pools are malloc, no pool
// is ever empty, and the chunks of PBUF_POOL are smaller than pbuf.c takes them to be.

static unsigned long avail[MEMP_MAX];

void *memp_malloc(memp_t type)
{
    size_t payload = type == MEMP_PBUF_POOL ? LWIP_MEM_ALIGN_SIZE(PBUF_POOL_BUFSIZE) : 0;
    if (avail[type] == 0)
        return NULL;
    avail[type]--;
    return malloc(LWIP_MEM_ALIGN_SIZE(sizeof(struct pbuf)) + payload);
}

void memp_free(memp_t type, void *chunk)
{
    avail[type]++;
    free(chunk);
}

err_t tcpip_try_callback(tcpip_callback_fn function, void *context) // of an empty PBUF_POOL, to TCP
{
    (void)function, (void)context;
    return ERR_MEM;
}

// Mostly short, often around a chunk's end, now and then as long as can be.
static uint16_t some_length(unsigned max)
{
    unsigned limits[] = {4, 100, 100, 1600, 3200, LENGTH_MAX};
    unsigned limit = limits[below(6)];
    if (below(8) == 0)
        return (uint16_t)(max - below(max < 100 ? max + 1 : 100));
    return (uint16_t)below((limit < max ? limit : max) + 1);
}

static uint16_t some_layer(void)
{
    static const uint16_t layers[] = {PBUF_TRANSPORT, PBUF_IP, PBUF_LINK, PBUF_RAW, 7, 200};
    return layers[below(6)];
}

static void some_data(unsigned length)
{
    for (unsigned i = 0; i < length; i++)
        data[i] = (unsigned char)below(4); // few values, so that searches find something
}

// Which packets share pbufs

static bool share(const struct packet *a, const struct packet *b)
{
    for (const struct pbuf *p = a->theirs; p; p = p->next)
        for (const struct pbuf *q = b->theirs; q; q = q->next)
            if (p == q)
                return true;
    return false;
}

static bool shares_with_any(const struct packet *a)
{
    for (struct packet *b = slot; b < slot + SLOTS; b++)
        if (a != b && share(a, b))
            return true;
    return false;
}

// Its first pbuf is inside another packet, whose lengths would become wrong with its.
static bool is_inside_another(const struct packet *a)
{
    for (struct packet *b = slot; b < slot + SLOTS; b++)
        for (const struct pbuf *q = b->theirs ? b->theirs->next : NULL; q; q = q->next)
            if (q == a->theirs)
                return true;
    return false;
}

// Comparison

static void compare_packet(const struct packet *packet)
{
    const struct pbuf *p = packet->theirs;
    const struct pm_pbuf *q = packet->ours;
    for (; p && q; p = p->next, q = q->next) {
        expect(p->tot_len == q->tot_len, "tot_len");
        expect(p->len == q->len, "len");
        expect(p->ref == q->ref, "ref");
        expect(p->type_internal == q->type_internal, "type_internal");
        expect(p->flags == q->flags, "flags");
        if (p->type_internal & PBUF_TYPE_FLAG_STRUCT_DATA_CONTIGUOUS)
            expect((char *)p->payload - (const char *)p == (char *)q->payload - (const char *)q,
                   "the room in front of the payload");
        expect(memcmp(p->payload, q->payload, p->len) == 0, "content");
    }
    expect(!p && !q, "the number of pbufs");
}

static void compare_all(void)
{
    for (struct packet *packet = slot; packet < slot + SLOTS; packet++)
        compare_packet(packet);
    expect(custom_frees_theirs == custom_frees_ours, "the number of custom pbufs freed");
}

static void fill(struct packet *packet)
{
    expect(!packet->theirs == !packet->ours, "success");
    if (!packet->theirs)
        return;
    some_data(packet->theirs->tot_len);
    expect(pbuf_take(packet->theirs, data, packet->theirs->tot_len)
               == pm_pbuf_take(packet->ours, data, packet->ours->tot_len),
           "the result of take");
}

// Coming and going: the slot is free

static void do_alloc_pool(struct packet *a)
{
    uint16_t layer = some_layer(), length = some_length(LENGTH_MAX);
    a->theirs = pbuf_alloc((pbuf_layer)layer, length, PBUF_POOL);
    a->ours = pm_pbuf_alloc(layer, length, rx);
    fill(a);
}

static void do_alloc_heap(struct packet *a)
{
    uint16_t layer = some_layer(), length = some_length(LENGTH_MAX);
    a->theirs = pbuf_alloc((pbuf_layer)layer, length, PBUF_RAM);
    a->ours = pm_pbuf_alloc(layer, length, PM_PBUF_HEAP);
    fill(a);
}

static void do_alloc_reference(struct packet *a)
{
    static unsigned next;
    unsigned region = next++ % REGIONS, begin = below(1000);
    uint16_t length = some_length(2000);
    a->theirs = pbuf_alloc_reference(region_theirs[region] + begin, length, PBUF_REF);
    a->ours = pm_pbuf_alloc_reference(region_ours[region] + begin, length, ref);
    fill(a);
}

static void free_theirs(struct pbuf *p)
{
    custom_frees_theirs++;
    free(p);
}

static void free_ours(struct pm_pbuf *p)
{
    custom_frees_ours++;
    free(p);
}

static void do_alloc_custom(struct packet *a)
{
    static const struct { pbuf_type theirs; unsigned ours; } types[] = {
        {PBUF_RAM, PM_PBUF_RAM}, {PBUF_ROM, PM_PBUF_ROM}, {PBUF_REF, PM_PBUF_REF}, {PBUF_POOL, PM_PBUF_POOL}};
    uint16_t layer = some_layer(), length = some_length(3000), room = some_length(4000);
    unsigned type = below(4);
    struct pbuf_custom *theirs = malloc(sizeof *theirs + room);
    struct pm_pbuf_custom *ours = malloc(sizeof *ours + room);
    theirs->custom_free_function = free_theirs;
    ours->custom_free_function = free_ours;
    a->theirs = pbuf_alloced_custom((pbuf_layer)layer, length, types[type].theirs, theirs, theirs + 1, room);
    a->ours = pm_pbuf_alloced_custom(layer, length, types[type].ours, ours, ours + 1, room);
    if (!a->theirs)
        free(theirs);
    if (!a->ours)
        free(ours);
    fill(a);
}

static void do_clone(struct packet *a)
{
    const struct packet *from = &slot[below(SLOTS)];
    if (!from->theirs)
        return;
    uint16_t layer = some_layer();
    bool on_heap = below(2);
    // lwIP aborts when the copy fails, which it does for an empty pbuf behind the last byte.
    if (pbuf_clen(from->theirs) > 1)
        for (const struct pbuf *p = from->theirs; p; p = p->next)
            if (p->len == 0 || (p->next && p->len == p->tot_len))
                return;
    a->theirs = pbuf_clone((pbuf_layer)layer, on_heap ? PBUF_RAM : PBUF_POOL, from->theirs);
    a->ours = pm_pbuf_clone(layer, on_heap ? PM_PBUF_HEAP : rx, from->ours);
    expect(!a->theirs == !a->ours, "success");
}

static void do_ref(struct packet *a)
{
    struct packet *from = &slot[below(SLOTS)];
    if (!from->theirs || from->theirs->ref >= REFERENCES_MAX)
        return;
    pbuf_ref(from->theirs);
    pm_pbuf_ref(from->ours);
    *a = *from;
}

// Of a packet in hand

static void do_free(struct packet *a)
{
    expect(pbuf_free(a->theirs) == (uint8_t)pm_pbuf_free(a->ours), "the number of freed pbufs");
    *a = (struct packet){0};
}

static void append(struct packet *a, bool chain)
{
    struct packet *b = &slot[below(SLOTS)];
    if (!b->theirs || a == b || shares_with_any(a) || shares_with_any(b)
        || a->theirs->tot_len + b->theirs->tot_len > LENGTH_MAX)
        return;
    (chain ? pbuf_chain : pbuf_cat)(a->theirs, b->theirs);
    (chain ? pm_pbuf_chain : pm_pbuf_cat)(a->ours, b->ours);
    if (!chain)
        *b = (struct packet){0};
}

static void do_cat(struct packet *a)
{
    append(a, false);
}

static void do_chain(struct packet *a)
{
    append(a, true);
}

static void do_dechain(struct packet *a)
{
    if (is_inside_another(a))
        return;
    const struct pbuf *rest = a->theirs->next;
    const struct pbuf *theirs = pbuf_dechain(a->theirs);
    const struct pm_pbuf *ours = pm_pbuf_dechain(a->ours);
    expect(!theirs == !ours && (!theirs || theirs == rest), "the rest");
}

static void do_realloc(struct packet *a)
{
    uint16_t length = some_length(LENGTH_MAX);
    if (shares_with_any(a))
        return;
    pbuf_realloc(a->theirs, length);
    pm_pbuf_realloc(a->ours, length);
}

static void do_coalesce(struct packet *a)
{
    for (const struct pbuf *p = a->theirs; p; p = p->next) // see do_clone
        if (p->len == 0)
            return;
    uint16_t layer = some_layer();
    a->theirs = pbuf_coalesce(a->theirs, (pbuf_layer)layer);
    a->ours = pm_pbuf_coalesce(a->ours, layer);
}

static void do_free_header(struct packet *a)
{
    uint16_t n = some_length(LENGTH_MAX);
    if (shares_with_any(a))
        return;
    a->theirs = pbuf_free_header(a->theirs, n);
    a->ours = pm_pbuf_free_header(a->ours, n);
}

#include "pbuf_payload.h"

static const struct {
    const char *name;
    bool into_free; // the slot is a free one
    void (*run)(struct packet *);
} operations[] = {
#define INTO_FREE(name) {#name, true, do_##name}
#define IN_HAND(name) {#name, false, do_##name}
    INTO_FREE(alloc_pool), INTO_FREE(alloc_heap), INTO_FREE(alloc_reference), INTO_FREE(alloc_custom),
    INTO_FREE(clone), INTO_FREE(ref),
    IN_HAND(free), IN_HAND(cat), IN_HAND(chain), IN_HAND(dechain), IN_HAND(realloc), IN_HAND(coalesce),
    IN_HAND(add_header), IN_HAND(remove_header), IN_HAND(header), IN_HAND(force_header),
    IN_HAND(free_header), IN_HAND(take), IN_HAND(take_at), IN_HAND(put_at), IN_HAND(copy_partial),
    IN_HAND(get_contiguous), IN_HAND(copy), IN_HAND(copy_partial_pbuf), IN_HAND(bytes), IN_HAND(search),
};
enum { OPERATIONS = sizeof operations / sizeof *operations };

int main(int argc, char **argv)
{
    unsigned long steps = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
    seed = argc > 1 ? strtoul(argv[1], NULL, 10) : 1;
    random_state = seed * 2654435769U + 1;
    rx = pm_pool_find("RX");
    ref = pm_pool_find("REF");
    operation = "start";
    expect(rx && ref, "having the pools RX and REF");
    expect(pm_pbuf_payload_size(rx) == LWIP_MEM_ALIGN_SIZE(PBUF_POOL_BUFSIZE), "the payload of a chunk");
    struct pm_stats rx_stats = {.bytes = sizeof rx_stats}, ref_stats = {.bytes = sizeof ref_stats};
    pm_pool_stats(rx, &rx_stats);
    pm_pool_stats(ref, &ref_stats);
    avail[MEMP_PBUF_POOL] = rx_stats.avail;
    avail[MEMP_PBUF] = ref_stats.avail;
    unsigned long done[OPERATIONS] = {0};
    for (step = 0; step < steps; step++) {
        unsigned i = below(OPERATIONS);
        struct packet *packet = &slot[below(SLOTS)];
        if (!packet->theirs != operations[i].into_free)
            continue;
        operation = operations[i].name;
        done[i]++;
        operations[i].run(packet);
        compare_all();
    }
    operation = "the end";
    for (struct packet *packet = slot; packet < slot + SLOTS; packet++)
        if (packet->theirs)
            do_free(packet);
    compare_all();
    for (unsigned i = 0; i < OPERATIONS; i++)
        expect(done[i] > 0, operations[i].name);
    pm_pool_stats(rx, &rx_stats);
    pm_pool_stats(ref, &ref_stats);
    expect(rx_stats.used == 0 && avail[MEMP_PBUF_POOL] == rx_stats.avail, "RX: used");
    expect(ref_stats.used == 0 && avail[MEMP_PBUF] == ref_stats.avail, "REF: used");
    expect(rx_stats.err > 0 && ref_stats.err > 0, "both pools being empty now and then");
    return 0;
}
