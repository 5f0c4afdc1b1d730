// SPDX-License-Identifier: MIT
// pools.conf as it is shipped says what is built in: as it stands, and with every option that it
// shows as a comment put into force. No option is missing.
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "conf.h"
#include "../conf_print.h"

enum { FILE_MAX = 32 * 1024 };

static char shipped[FILE_MAX];
static struct conf built_in, conf;

static void report(void *context, const char *mistake)
{
    (void)context;
    cr_expect(false, "%s", mistake);
}

static void read_shipped(void)
{
    FILE *file = fopen(TESTS_DIR "/../pools.conf", "r");
    cr_assert_not_null(file);
    size_t length = fread(shipped, 1, sizeof shipped - 1, file);
    fclose(file);
    cr_assert(length > 0 && length < sizeof shipped - 1);
    shipped[length] = '\0';
    conf_init(&built_in);
}

// The line that shows an option, "#NAME = ..."; NULL if there is none.
static char *find_shown(const char *name)
{
    char start[64];
    snprintf(start, sizeof start, "\n#%s = ", name);
    char *found = strstr(shipped, start);
    return found ? found + 1 : NULL;
}

static void merge_and_compare(void)
{
    conf_init(&conf);
    cr_assert_eq(conf_merge(&conf, "pools.conf", shipped, strlen(shipped), false, report, NULL), 0);
    cr_assert_eq(conf_finish(&conf, report, NULL), 0);
    for (int option = 0; option < OPTION_COUNT; option++) {
        char expected[CONF_STRING_MAX + 2], value[CONF_STRING_MAX + 2];
        conf_option_text(&built_in, (enum conf_option)option, expected, sizeof expected);
        conf_option_text(&conf, (enum conf_option)option, value, sizeof value);
        cr_expect_str_eq(value, expected);
    }
    cr_assert_eq(conf.malloc_pool_count, built_in.malloc_pool_count);
    cr_assert_eq(conf.named_pool_count, 0);
    for (unsigned i = 0; i < conf.malloc_pool_count; i++) {
        cr_expect_eq(conf.malloc_pools[i].size, built_in.malloc_pools[i].size);
        cr_expect_eq(conf.malloc_pools[i].count, built_in.malloc_pools[i].count);
    }
}

Test(shipped, says_what_is_built_in, .init = read_shipped)
{
    merge_and_compare();
}

Test(shipped, shows_every_option_with_its_default_and_its_values, .init = read_shipped)
{
    static const struct { const char *name, *values; } rows[] = {
#define OPTION(name, type, initial, values, help) {#name, values},
#include "options.def"
#undef OPTION
    };
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++) {
        char *line = find_shown(rows[i].name);
        cr_assert_not_null(line, "pools.conf does not show %s", rows[i].name);
        char *end = strchr(line, '\n');
        size_t length = strlen(rows[i].values);
        cr_expect(memcmp(end - length, rows[i].values, length) == 0,
                  "pools.conf does not show the values of %s: %s", rows[i].name, rows[i].values);
        line[0] = ' '; // into force
    }
    merge_and_compare();
    for (size_t i = 0; i < ARRAY_LENGTH(rows); i++)
        cr_expect_eq(conf.option_source[i], 1, "%s", rows[i].name);
}

Test(shipped, shows_no_option_that_does_not_exist, .init = read_shipped)
{
    for (char *line = shipped; (line = strstr(line, "\n#")) != NULL; line++) {
        char name[64];
        int length = 0;
        if (sscanf(line, "\n#%63[a-z_] =%n", name, &length) == 1 && length > 0)
            line[1] = ' ';
    }
    merge_and_compare();
}
