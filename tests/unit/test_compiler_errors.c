// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "compiler.h"

static char told[4096];

static void tell(void *context, const struct compiler_error *error)
{
    (void)context;
    char line[512];
    if (error->file)
        snprintf(line, sizeof line, "%s:%u:%u %s\n", error->file, error->line, error->column,
                 error->text);
    else
        snprintf(line, sizeof line, "? %s\n", error->text);
    strcat(told, line);
}

static const char *errors_of(const char *messages)
{
    char *text = strdup(messages);
    told[0] = 0;
    compiler_errors(text, tell, NULL);
    free(text);
    return told;
}

Test(compiler_errors, the_place_of_the_users_file)
{
    cr_expect_str_eq(errors_of("In file included from <poolmalloc>:29:\n"
                               "pools.h:2:14: error: #error no: not this one\n"
                               "    2 | #error no: not this one\n"
                               "./dir/types.h:7:1: fatal error: x.h: No such file or directory\n"),
                     "pools.h:2:14 #error no: not this one\n"
                     "dir/types.h:7:1 x.h: No such file or directory\n");
}

Test(compiler_errors, within_our_macros_the_place_is_where_they_are_used)
{
    cr_expect_str_eq(errors_of("<poolmalloc>:13:49: error: initializer element is not constant\n"
                               "<poolmalloc>:15:37: note: in expansion of macro 'RECORD'\n"
                               "pools.h:3:1: note: in expansion of macro 'LWIP_MEMPOOL'\n"
                               "    3 | LWIP_MEMPOOL(A, B, 100, \"error: C\")\n"
                               "pools.h:9:1: note: something else\n"),
                     "pools.h:3:1 initializer element is not constant\n");
}

Test(compiler_errors, without_a_place)
{
    cr_expect_str_eq(errors_of("cc: error: unrecognized command-line option '-Z'\n"
                               "<lwIP>:1:1: error: expected expression\n"
                               "a.h:1:2: error: other\n<lwIP>:1:1: error: last"),
                     "? unrecognized command-line option '-Z'\n? expected expression\n"
                     "a.h:1:2 other\n? last\n");
    cr_expect_str_eq(errors_of(""), "");
    cr_expect_str_eq(errors_of("Segmentation fault\n::::\n"), "");
}
