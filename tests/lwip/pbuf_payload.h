// SPDX-License-Identifier: MIT
// Part of pbufs_against_lwip.c: the operations on the payload of packets, its begin and its bytes.

// lwIP lets a custom pbuf's payload grow over its custom_free_function: ours stops before.
static bool reaches_custom_function(const struct packet *a, size_t n)
{
    const char *begin = (char *)a->theirs, *payload = a->theirs->payload;
    return a->theirs->flags & PBUF_FLAG_IS_CUSTOM
           && (size_t)(payload - begin) < sizeof(struct pbuf_custom) + n;
}

// What comes into view has not been written to.
static void write_front(struct packet *a, unsigned n)
{
    memset(a->theirs->payload, (int)n, n);
    memset(a->ours->payload, (int)n, n);
}

static void do_add_header(struct packet *a)
{
    size_t n = below(8) ? below(90) : 65530 + below(10);
    if (is_inside_another(a) || reaches_custom_function(a, n))
        return;
    uint8_t result = pbuf_add_header(a->theirs, n);
    expect(result == pm_pbuf_add_header(a->ours, n), "the result");
    if (result == 0)
        write_front(a, (unsigned)n);
}

static void do_remove_header(struct packet *a)
{
    size_t n = below(8) ? below(90) : 65530 + below(10);
    if (!is_inside_another(a))
        expect(pbuf_remove_header(a->theirs, n) == pm_pbuf_remove_header(a->ours, n), "the result");
}

static void do_header(struct packet *a)
{
    int16_t n = (int16_t)(below(180) - 90);
    if (is_inside_another(a) || (n > 0 && reaches_custom_function(a, (size_t)n)))
        return;
    uint8_t result = pbuf_header(a->theirs, n);
    expect(result == pm_pbuf_header(a->ours, n), "the result");
    if (result == 0 && n > 0)
        write_front(a, (unsigned)n);
}

// Within the memory of the reference, or of a custom pbuf whose payload has moved back before.
static void do_force_header(struct packet *a)
{
    unsigned char *payload = a->theirs->payload;
    uint16_t n = (uint16_t)below(50);
    if (is_inside_another(a) || payload < region_theirs[0] || payload >= region_theirs[0] + sizeof region_theirs
        || (payload - region_theirs[0]) % REGION_BYTES < n)
        return;
    expect(below(2) ? pbuf_add_header_force(a->theirs, n) == pm_pbuf_add_header_force(a->ours, n)
                    : pbuf_header_force(a->theirs, (s16_t)n) == pm_pbuf_header_force(a->ours, (int16_t)n),
           "the result");
}

static void do_take(struct packet *a)
{
    uint16_t n = some_length(a->theirs->tot_len + 2);
    some_data(n);
    expect(pbuf_take(a->theirs, data, n) == pm_pbuf_take(a->ours, data, n), "the result");
    expect(pm_pbuf_take(NULL, data, n) == pbuf_take(NULL, data, n), "the result for NULL");
    expect(pm_pbuf_take(a->ours, NULL, n) == pbuf_take(a->theirs, NULL, n), "the result for no data");
}

static void do_take_at(struct packet *a)
{
    uint16_t n = some_length(a->theirs->tot_len + 2), offset = some_length(a->theirs->tot_len + 2);
    some_data(n);
    expect(pbuf_take_at(a->theirs, data, n, offset) == pm_pbuf_take_at(a->ours, data, n, offset),
           "the result");
}

static void do_put_at(struct packet *a)
{
    uint16_t offset = some_length(a->theirs->tot_len + 2);
    uint8_t byte = (uint8_t)below(4);
    pbuf_put_at(a->theirs, offset, byte);
    pm_pbuf_put_at(a->ours, offset, byte);
}

static void do_copy_partial(struct packet *a)
{
    uint16_t n = some_length(LENGTH_MAX), offset = some_length(a->theirs->tot_len + 2);
    uint16_t copied = pbuf_copy_partial(a->theirs, got_theirs, n, offset);
    expect(copied == pm_pbuf_copy_partial(a->ours, got_ours, n, offset), "the number of bytes");
    expect(memcmp(got_theirs, got_ours, copied) == 0, "what was copied");
    expect(pm_pbuf_copy_partial(NULL, got_ours, n, offset) == 0, "the result for NULL");
}

static void do_get_contiguous(struct packet *a)
{
    uint16_t n = some_length(a->theirs->tot_len + 1), offset = some_length(a->theirs->tot_len + 2);
    size_t room = below(8) ? sizeof got_ours : below(3000);
    unsigned char *theirs = pbuf_get_contiguous(a->theirs, got_theirs, room, n, offset);
    unsigned char *ours = pm_pbuf_get_contiguous(a->ours, got_ours, room, n, offset);
    expect(!theirs == !ours && (theirs == got_theirs) == (ours == got_ours), "the result");
    expect(!theirs || memcmp(theirs, ours, n) == 0, "what is there");
}

static void do_copy(struct packet *a)
{
    const struct packet *from = &slot[below(SLOTS)];
    if (from->theirs && !share(a, from))
        expect(pbuf_copy(a->theirs, from->theirs) == pm_pbuf_copy(a->ours, from->ours), "the result");
    expect(pbuf_copy(a->theirs, NULL) == pm_pbuf_copy(a->ours, NULL), "the result for NULL");
}

// lwIP writes beyond the first pbuf when the offset is beyond it: ours goes on to the next.
static void do_copy_partial_pbuf(struct packet *a)
{
    const struct packet *from = &slot[below(SLOTS)];
    if (!from->theirs || share(a, from))
        return;
    uint16_t n = some_length(from->theirs->tot_len + 1), offset = some_length(a->theirs->len);
    expect(pbuf_copy_partial_pbuf(a->theirs, from->theirs, n, offset)
               == pm_pbuf_copy_partial_pbuf(a->ours, from->ours, n, offset),
           "the result");
}

static void do_bytes(struct packet *a)
{
    uint16_t offset = some_length(a->theirs->tot_len + 2), theirs = 0, ours = 0;
    expect(pbuf_get_at(a->theirs, offset) == pm_pbuf_get_at(a->ours, offset), "get_at");
    expect(pbuf_try_get_at(a->theirs, offset) == pm_pbuf_try_get_at(a->ours, offset), "try_get_at");
    expect(pbuf_clen(a->theirs) == pm_pbuf_clen(a->ours), "clen");
    const struct pbuf *p = pbuf_skip(a->theirs, offset, &theirs);
    const struct pm_pbuf *q = pm_pbuf_skip(a->ours, offset, &ours);
    expect(!p == !q && theirs == ours && (!p || p->tot_len == q->tot_len), "skip");
}

static void do_search(struct packet *a)
{
    uint16_t n = some_length(6), offset = some_length(a->theirs->tot_len + 2);
    if (below(2))
        some_data(n);
    else // something that is there
        n = pbuf_copy_partial(a->theirs, data, n, offset);
    expect(pbuf_memcmp(a->theirs, offset, data, n) == pm_pbuf_memcmp(a->ours, offset, data, n), "memcmp");
    if (a->theirs->tot_len == LENGTH_MAX) // lwIP would search for ever
        return;
    uint16_t start = some_length(a->theirs->tot_len);
    expect(pbuf_memfind(a->theirs, data, n, start) == pm_pbuf_memfind(a->ours, data, n, start), "memfind");
    for (unsigned i = 0; i < n; i++)
        data[i] += 1;
    data[n] = 0;
    expect(pbuf_strstr(a->theirs, (char *)data) == pm_pbuf_strstr(a->ours, (char *)data), "strstr");
}
