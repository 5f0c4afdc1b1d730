// SPDX-License-Identifier: MIT
// conf.c, where the files of tests/conf can't show it: defaults, several sources, the inline form,
// where each part came from.
#include <stdio.h>

#include "conf_test.h"

static unsigned merge(const char *name, const char *text)
{
    return merge_bytes(name, text, strlen(text), false);
}

static unsigned merge_inline(const char *text)
{
    return merge_bytes("POOLMALLOC", text, strlen(text), true);
}

static void expect_inline(const char *text, const char *messages)
{
    conf_init(&conf);
    merge_inline(text);
    cr_expect_str_eq(lines_buffer, messages, "'%s' gives:\n%s", text, lines_buffer);
}

Test(conf, starts_with_the_defaults_of_the_table)
{
    conf_init(&conf);
    for (int option = 0; option < OPTION_COUNT; option++) {
        char value[CONF_STRING_MAX + 2];
        conf_option_text(&conf, (enum conf_option)option, value, sizeof value);
        const char *initial = conf_rows[option].initial;
        cr_expect_str_eq(value, initial[0] != '\0' ? initial : "\"\"", "%s",
                         conf_rows[option].name);
        cr_expect_eq(conf.option_source[option], 0);
    }
    cr_assert_eq(conf.source_count, 1);
    cr_assert_str_eq(conf.sources[0], "built-in defaults");
}

Test(conf, starts_with_the_fields_of_the_defaults)
{
    memset(&conf, 0xA5, sizeof conf);
    conf_init(&conf);
    cr_assert_eq(conf.semantics, SEMANTICS_HOST);
    cr_assert_eq(conf.on_empty, POLICY_FALLBACK);
    cr_assert_eq(conf.on_oversize, POLICY_FALLBACK);
    cr_assert_eq(conf.try_bigger, false);
    cr_assert_eq(conf.mem_alignment, 16);
    cr_assert_eq(conf.thread_cache, THREAD_CACHE_AUTO);
    cr_assert_eq(conf.on_invalid_free, MISUSE_ABORT);
    cr_assert_eq(conf.huge_pages, HUGE_PAGES_OFF);
    cr_assert_eq(conf.dump_format, DUMP_TEXT);
    cr_assert_str_eq(conf.dump.text, "stderr");
    cr_assert_str_eq(conf.stats_dir.text, "");
    cr_assert_str_eq(conf.programs.text, "*");
}

Test(conf, starts_with_the_pools_of_lwip)
{
    static const uint64_t sizes[] = {256, 512, 1512};
    conf_init(&conf);
    cr_assert_eq(conf.malloc_pool_count, 3);
    cr_assert_eq(conf.named_pool_count, 0);
    cr_assert_eq(conf.pool_source, 0);
    for (unsigned i = 0; i < 3; i++) {
        cr_assert_eq(conf.malloc_pools[i].size, sizes[i]);
        cr_assert_eq(conf.malloc_pools[i].count, 50);
        cr_assert_eq(conf.malloc_pools[i].kind, POOL_MALLOC);
        cr_assert_eq(conf.malloc_pools[i].source, 0);
    }
    cr_assert_eq(conf_finish(&conf, NULL, NULL), 0);
}

Test(conf, leaves_undeclared_pools_untouched)
{
    memset(&conf, 0xA5, sizeof conf);
    conf_init(&conf);
    merge("a", "malloc size=1 count=1\npool A size=1 count=1\n");
    const unsigned char *slot = (const unsigned char *)&conf.malloc_pools[3];
    for (; slot < (const unsigned char *)&conf.malloc_pool_count; slot++)
        cr_assert_eq(*slot, 0xA5);
    slot = (const unsigned char *)&conf.named_pools[1];
    for (; slot < (const unsigned char *)&conf.named_pool_count; slot++)
        cr_assert_eq(*slot, 0xA5);
}

// ---- Fields ----

Test(conf, choices_are_their_enums)
{
    conf_init(&conf);
    cr_assert_eq(merge("a", "on_empty = abort\non_oversize = fail\non_invalid_free = ignore\n"
                            "dump_format = lwip\nhuge_pages = thp\n"), 0);
    cr_assert_eq(conf.on_empty, POLICY_ABORT);
    cr_assert_eq(conf.on_oversize, POLICY_FAIL);
    cr_assert_eq(conf.on_invalid_free, MISUSE_IGNORE);
    cr_assert_eq(conf.dump_format, DUMP_LWIP);
    cr_assert_eq(conf.huge_pages, HUGE_PAGES_THP);
    cr_assert_eq(merge("b", "on_empty = fallback\non_invalid_free = warn\n"
                            "dump_format = json\nsemantics = lwip\n"), 0);
    cr_assert_eq(conf.on_empty, POLICY_FAIL);
    cr_assert_eq(conf.on_invalid_free, MISUSE_WARN);
    cr_assert_eq(conf.dump_format, DUMP_JSON);
    cr_assert_eq(conf.semantics, SEMANTICS_LWIP);
    cr_assert_eq(merge("c", "dump_format = openmetrics\n"), 0);
    cr_assert_eq(conf.dump_format, DUMP_OPENMETRICS);
}

Test(conf, thread_cache_is_a_number_or_its_marks)
{
    conf_init(&conf);
    merge("a", "thread_cache = off\n");
    cr_assert_eq(conf.thread_cache, THREAD_CACHE_OFF);
    merge("b", "thread_cache = 17\n");
    cr_assert_eq(conf.thread_cache, 17);
    merge("c", "thread_cache = auto\n");
    cr_assert_eq(conf.thread_cache, THREAD_CACHE_AUTO);
}

Test(conf, a_pool_keeps_everything_it_declares)
{
    conf_init(&conf);
    cr_assert_eq(merge("a", "\nmalloc size=64 count=unlimited\n"
                            "pool MBOX size=65 count=22 desc=\"mail boxes\"\n"
                            "pbuf RX payload=1514 count=16\n"), 0);
    cr_assert_eq(conf.malloc_pool_count, 1);
    cr_assert_eq(conf.named_pool_count, 2);

    const struct conf_pool *pool = &conf.malloc_pools[0];
    cr_assert_eq(pool->kind, POOL_MALLOC);
    cr_assert_eq(pool->count, COUNT_UNLIMITED);
    cr_assert_eq(pool->line, 2);
    cr_assert_eq(pool->source, 1);

    const struct conf_named *named = &conf.named_pools[0];
    pool = &named->pool;
    cr_assert_eq(pool->kind, POOL_NAMED);
    cr_assert_eq(pool->size, 65);
    cr_assert_eq(pool->count, 22);
    cr_assert_eq(pool->line, 3);
    cr_assert_str_eq(named->name, "MBOX");
    cr_assert_str_eq(named->desc, "mail boxes");

    named = &conf.named_pools[1];
    pool = &named->pool;
    cr_assert_eq(pool->kind, POOL_PBUF);
    cr_assert_eq(pool->size, 1514);
    cr_assert_eq(pool->count, 16);
    cr_assert_eq(pool->line, 4);
    cr_assert_str_eq(named->name, "RX");
}

Test(conf, option_text_is_cut_to_its_buffer)
{
    char value[4] = "###";
    conf_init(&conf);
    conf_option_text(&conf, OPTION_on_empty, value, sizeof value);
    cr_assert_str_eq(value, "fal");
}

Test(conf, rounds_sizes_to_chunks)
{
    conf_init(&conf);
    cr_assert_eq(conf_usable(&conf, 1512), 1520);
    cr_assert_eq(conf_stride(&conf, 1512), 1520);
    merge("a", "mem_alignment = 4\n");
    cr_assert_eq(conf_usable(&conf, 1510), 1512);
    cr_assert_eq(conf_stride(&conf, 1510), 1520);
    merge("b", "mem_alignment = 64\n");
    cr_assert_eq(conf_usable(&conf, 1512), 1536);
    cr_assert_eq(conf_stride(&conf, 1512), 1536);
}

// ---- Several sources ----

Test(conf, later_sources_win_option_by_option)
{
    conf_init(&conf);
    cr_assert_eq(merge("a.conf", "on_empty = fail\non_oversize = abort\n"), 0);
    cr_assert_eq(merge("b.conf", "on_empty = abort\n"), 0);
    cr_assert_eq(conf.on_empty, POLICY_ABORT);
    cr_assert_eq(conf.on_oversize, POLICY_ABORT);
    cr_assert_eq(conf.source_count, 3);
    cr_assert_str_eq(conf.sources[1], "a.conf");
    cr_assert_str_eq(conf.sources[2], "b.conf");
    cr_assert_eq(conf.option_source[OPTION_on_empty], 2);
    cr_assert_eq(conf.option_source[OPTION_on_oversize], 1);
    cr_assert_eq(conf.option_source[OPTION_try_bigger], 0);
}

Test(conf, semantics_is_the_source_of_what_it_sets)
{
    conf_init(&conf);
    merge("a.conf", "try_bigger = yes\n");
    merge("b.conf", "semantics = lwip\n");
    cr_assert_eq(conf.try_bigger, false);
    cr_assert_eq(conf.on_empty, POLICY_FAIL);
    cr_assert_eq(conf.option_source[OPTION_try_bigger], 2);
    cr_assert_eq(conf.option_source[OPTION_on_empty], 2);
    cr_assert_eq(conf.option_source[OPTION_on_oversize], 2);
    cr_assert_eq(conf.option_source[OPTION_semantics], 2);
}

Test(conf, what_semantics_implies_need_not_be_told)
{
    conf_init(&conf);
    merge("a.conf", "semantics = lwip\non_empty = abort\ntry_bigger = no\n");
    merge("b.conf", "on_oversize = fail\n");
    cr_assert(conf_option_is_implied(&conf, OPTION_try_bigger));
    cr_assert_not(conf_option_is_implied(&conf, OPTION_on_empty)); // another value
    cr_assert_not(conf_option_is_implied(&conf, OPTION_on_oversize)); // another source
    cr_assert_not(conf_option_is_implied(&conf, OPTION_semantics));
}

Test(conf, a_source_with_pools_replaces_all_earlier_pools)
{
    conf_init(&conf);
    merge("a.conf", "malloc size=64 count=1\nmalloc size=128 count=2\npool A size=8 count=1\n");
    cr_assert_eq(conf.malloc_pool_count, 2);
    cr_assert_eq(conf.malloc_pools[0].size, 64);
    merge("b.conf", "malloc size=32 count=3\n");
    cr_assert_eq(conf.malloc_pool_count, 1);
    cr_assert_eq(conf.malloc_pools[0].size, 32);
    cr_assert_eq(conf.malloc_pools[0].source, 2);
    cr_assert_eq(conf.named_pool_count, 0);
    cr_assert_eq(conf.pool_source, 2);
}

Test(conf, named_pools_replace_the_malloc_pools_too)
{
    conf_init(&conf);
    merge("a.conf", "pool A size=8 count=1\n");
    cr_assert_eq(conf.malloc_pool_count, 0);
    cr_assert_eq(conf.named_pool_count, 1);
    cr_assert_eq(conf_finish(&conf, collect, &lines), 0, "a file without malloc pools is legal");
}

Test(conf, a_source_without_pools_keeps_the_earlier_ones)
{
    conf_init(&conf);
    merge("a.conf", "malloc size=64 count=1\npool A size=8 count=1\n");
    merge("b.conf", "on_empty = fail\n");
    cr_assert_eq(conf.malloc_pool_count, 1);
    cr_assert_eq(conf.named_pool_count, 1);
    cr_assert_eq(conf.pool_source, 1);
}

Test(conf, a_name_of_an_earlier_source_is_free_again)
{
    conf_init(&conf);
    merge("a.conf", "pool A size=8 count=1\n");
    cr_assert_eq(merge("b.conf", "pool A size=16 count=1\n"), 0);
    cr_assert_eq(conf.named_pools[0].pool.size, 16);
}

Test(conf, a_fifth_source_is_a_mistake)
{
    conf_init(&conf);
    for (unsigned i = 1; i < CONF_SOURCES_MAX; i++)
        cr_assert_eq(merge("a.conf", ""), 0);
    cr_assert_eq(merge("e.conf", "on_empty = fail\n"), 1);
    cr_assert_str_eq(lines_buffer, "e.conf:0:1: more than 4 sources\n");
    cr_assert_eq(conf.source_count, CONF_SOURCES_MAX);
    cr_assert_eq(conf.on_empty, POLICY_FALLBACK);
}

Test(conf, cross_line_mistakes_name_the_source_of_the_pool)
{
    conf_init(&conf);
    merge("a.conf", "\npool A size=20000 count=3500000000\n");
    cr_assert_eq(conf_finish(&conf, collect, &lines), 0);
    merge("b.conf", "mem_alignment = 4K\n");
    cr_assert_eq(conf_finish(&conf, collect, &lines), 1);
    cr_assert_str_eq(lines_buffer, "a.conf:2:1: 3500000000 chunks of 20480 bytes are more than the "
                                   "65536G a pool may have\n");
}

// ---- The inline form ----

Test(conf, a_semicolon_separates_inline_statements)
{
    conf_init(&conf);
    cr_assert_eq(merge_inline("on_empty=fail;on_oversize = abort ;;; malloc size=8 count=1;"), 0);
    cr_assert_eq(conf.on_empty, POLICY_FAIL);
    cr_assert_eq(conf.on_oversize, POLICY_ABORT);
    cr_assert_eq(conf.malloc_pool_count, 1);
    cr_assert_eq(conf.malloc_pools[0].line, 1);
}

Test(conf, a_semicolon_in_quotes_separates_nothing)
{
    conf_init(&conf);
    cr_assert_eq(merge_inline("dump=\"/tmp/a;b\";on_empty=fail"), 0);
    cr_assert_str_eq(conf.dump.text, "/tmp/a;b");
    cr_assert_eq(conf.on_empty, POLICY_FAIL);
}

Test(conf, a_semicolon_ends_an_inline_comment)
{
    conf_init(&conf);
    cr_assert_eq(merge_inline("# a \" quote ; on_empty=fail # ; try_bigger=yes"), 0);
    cr_assert_eq(conf.on_empty, POLICY_FAIL);
    cr_assert_eq(conf.try_bigger, true);
}

Test(conf, inline_mistakes_have_columns_of_the_whole_line)
{
    expect_inline("on_empty=fail;on_emtpy=1; malloc size=0 count=1",
                  "POOLMALLOC:1:15: unknown option 'on_emtpy'; did you mean 'on_empty'?\n"
                  "POOLMALLOC:1:39: size: 0 is out of range 1 to 1G\n");
    expect_inline("try_bigger=;on_empty=x",
                  "POOLMALLOC:1:12: try_bigger: value missing\n"
                  "POOLMALLOC:1:22: on_empty: 'x' is not one of fallback | fail | abort\n");
    expect_inline("a=1\nb=2;c=3", "POOLMALLOC:1:1: unknown option 'a'\n"
                                  "POOLMALLOC:2:1: unknown option 'b'\n"
                                  "POOLMALLOC:2:5: unknown option 'c'\n");
}

Test(conf, a_bad_byte_spoils_only_its_inline_statement)
{
    expect_inline("on_empty=\x01;try_bigger=maybe",
                  "POOLMALLOC:1:10: control character 0x01\n"
                  "POOLMALLOC:1:23: try_bigger: 'maybe' is not one of yes | no\n");
}

Test(conf, an_unterminated_quote_takes_the_rest_of_an_inline_line)
{
    expect_inline("dump=\"a;try_bigger=maybe\non_empty=x",
                  "POOLMALLOC:1:6: unterminated quote\n"
                  "POOLMALLOC:2:10: on_empty: 'x' is not one of fallback | fail | abort\n");
}

// ---- Messages ----

Test(conf, suggests_the_nearest_word_only_if_near)
{
    static const struct {
        const char *statement, *message;
    } cases[] = {
        {"on_empt=1", "unknown option 'on_empt'; did you mean 'on_empty'?"},
        {"onempty=1", "unknown option 'onempty'; did you mean 'on_empty'?"},
        {"trybiger=1", "unknown option 'trybiger'; did you mean 'try_bigger'?"},
        {"dump_fromat=1", "unknown option 'dump_fromat'; did you mean 'dump_format'?"},
        {"dmup=1", "unknown option 'dmup'; did you mean 'dump'?"},
        {"ON_EMPTY=1", "unknown option 'ON_EMPTY'"},
        {"colour=1", "unknown option 'colour'"},
        {"x=1", "unknown option 'x'"},
        {"poll A", "unknown statement 'poll'; did you mean 'pool'?"},
        {"pbfu A", "unknown statement 'pbfu'; did you mean 'pbuf'?"},
        {"include file", "unknown statement 'include'"},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++) {
        conf_init(&conf);
        cr_expect_eq(merge("s", cases[i].statement), 1);
        char expected[200];
        snprintf(expected, sizeof expected, "s:1:1: %s\n", cases[i].message);
        cr_expect_str_eq(lines_buffer, expected, "got %s", lines_buffer);
    }
}

Test(conf, a_long_source_name_leaves_room_for_the_message)
{
    static char name[5000];
    memset(name, 'n', sizeof name - 1);
    conf_init(&conf);
    cr_assert_eq(merge(name, "try_bigger = maybe\n"), 1);
    const char *message = ":1:14: try_bigger: 'maybe' is not one of yes | no\n";
    cr_assert_geq(lines.length, strlen(message));
    cr_assert_str_eq(lines_buffer + lines.length - strlen(message), message);
    cr_assert_lt(lines.length, 1024);
}

Test(conf, counts_mistakes_without_a_report)
{
    static const char text[] = "a = 1\nb = 2\n";
    conf_init(&conf);
    cr_assert_eq(conf_merge(&conf, "s", text, sizeof text - 1, false, NULL, NULL), 2);
}

Test(conf, reads_no_further_than_the_length)
{
    conf_init(&conf);
    cr_assert_eq(merge_bytes("s", "on_empty = fail\nbad", 15, false), 0);
    cr_assert_eq(conf.on_empty, POLICY_FAIL);
    cr_assert_eq(merge_bytes("s", "on_empty = failx", 15, false), 0);
    cr_assert_eq(merge_bytes("s", "\xef\xbb\xbf", 3, false), 0);
}
