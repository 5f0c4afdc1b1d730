// SPDX-License-Identifier: MIT
// libFuzzer harness: any bytes as a configuration source. The first byte chooses the form, the rest
// is the text. Asserts what every accepted configuration keeps to, and the form of every message.
// clang -fsanitize=fuzzer,address,undefined -Isrc -Itests
//     tests/fuzz/fuzz_conf.c src/conf*.c src/text.c
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "../conf_print.h"
#include "text.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

enum { PRINT_MAX = 128 * 1024 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_message(void *context, const char *message)
{
    ++*(unsigned *)context;
    CHECK(strncmp(message, "fuzz:", 5) == 0);
    CHECK(strlen(message) < 1023);
    for (const char *at = message; *at != '\0'; at++)
        CHECK((unsigned char)*at >= ' ' || *at == '\t');
}

static void check_text(const char *text, size_t size)
{
    CHECK(memchr(text, '\0', size) != NULL);
    CHECK(strpbrk(text, "\"\r\n") == NULL);
}

static void check_pool(const struct conf *conf, const struct conf_pool *pool)
{
    bool pbuf = pool->kind == POOL_PBUF;
    CHECK(pool->size >= (pbuf ? 0 : 1) && pool->size <= (pbuf ? 65535 : UINT64_C(1) << 30));
    CHECK(pool->count >= 1 && (pool->count <= UINT32_MAX || pool->count == COUNT_UNLIMITED));
    CHECK(pool->count != COUNT_UNLIMITED || !pbuf);
    CHECK(pool->line >= 1 && pool->source == conf->pool_source);
    if (pool->count != COUNT_UNLIMITED)
        CHECK(pool->count * conf_stride(conf, pool->size) <= CONF_POOL_BYTES_MAX);
}

static void check_named(const struct conf *conf, const struct conf_named *named)
{
    CHECK(named->pool.kind != POOL_MALLOC);
    check_pool(conf, &named->pool);
    check_text(named->desc, sizeof named->desc);
    CHECK(memchr(named->name, '\0', sizeof named->name) != NULL && named->name[0] != '\0');
}

static void check_pools(const struct conf *conf)
{
    CHECK(conf->malloc_pool_count <= MALLOC_POOLS_MAX);
    CHECK(conf->named_pool_count <= NAMED_POOLS_MAX);
    for (unsigned i = 0; i < conf->malloc_pool_count; i++) {
        CHECK(conf->malloc_pools[i].kind == POOL_MALLOC);
        check_pool(conf, &conf->malloc_pools[i]);
    }
    for (unsigned i = 0; i < conf->named_pool_count; i++) {
        check_named(conf, &conf->named_pools[i]);
        for (unsigned j = 0; j < i; j++)
            CHECK(strcmp(conf->named_pools[i].name, conf->named_pools[j].name) != 0);
    }
}

static void check_options(const struct conf *conf)
{
    CHECK(conf->semantics <= SEMANTICS_LWIP);
    CHECK(conf->on_empty <= POLICY_ABORT && conf->on_oversize <= POLICY_ABORT);
    CHECK(conf->on_invalid_free <= MISUSE_IGNORE);
    CHECK(conf->dump_format <= DUMP_LWIP && conf->huge_pages <= HUGE_PAGES_THP);
    CHECK(is_power_of_two(conf->mem_alignment) && conf->mem_alignment <= 4096);
    CHECK(conf->thread_cache <= 4096 || conf->thread_cache == THREAD_CACHE_AUTO);
    check_text(conf->dump.text, sizeof conf->dump.text);
    check_text(conf->stats_dir.text, sizeof conf->stats_dir.text);
    check_text(conf->programs.text, sizeof conf->programs.text);
    CHECK(conf->dump.text[0] != '\0' && conf->programs.text[0] != '\0');
    CHECK(strstr(conf->programs.text, ",,") == NULL);
}

static size_t print(const struct conf *conf, char out[PRINT_MAX])
{
    struct text text;
    text_init(&text, out, PRINT_MAX);
    conf_print(&text, conf, 1);
    CHECK(!text.truncated);
    return text.length;
}

// What was accepted, printed and read again, is accepted and prints the same.
static void check_round_trip(const struct conf *conf)
{
    static struct conf again;
    static char first[PRINT_MAX], second[PRINT_MAX];
    unsigned reported = 0;
    size_t length = print(conf, first);
    conf_init(&again);
    CHECK(conf_merge(&again, "fuzz", first, length, false, check_message, &reported) == 0);
    CHECK(print(&again, second) == length && memcmp(first, second, length) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct conf conf;
    unsigned reported = 0;
    if (size == 0)
        return 0;
    conf_init(&conf);
    unsigned mistakes = conf_merge(&conf, "fuzz", (const char *)data + 1, size - 1, data[0] & 1,
                                   check_message, &reported);
    if (mistakes == 0)
        mistakes = conf_finish(&conf, check_message, &reported);
    CHECK(mistakes == reported);
    if (mistakes > 0)
        return 0;
    check_options(&conf);
    check_pools(&conf);
    check_round_trip(&conf);
    return 0;
}
