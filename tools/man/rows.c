// SPDX-License-Identifier: MIT
// rows TABLE: a table of a manual page, in scdoc's words, from the rows of the .def files.
#include <stdio.h>
#include <string.h>

struct row {
    const char *name, *kind, *values, *initial, *help;
};

static const struct row options[] = {
#define OPTION(name, type, initial, values, help) {#name, #type, values, initial, help},
#include "options.def"
#undef OPTION
};

static const struct row pool_counters[] = {
#define POOL_COUNTER(name, kind, help) {#name, #kind, NULL, NULL, help},
#include "counters.def"
};

static const struct row process_counters[] = {
#define PROCESS_COUNTER(name, kind, help) {#name, #kind, NULL, NULL, help},
#include "counters.def"
};

static const struct row verbs[] = {
#define VERB(name, arguments, help) {"poolmalloc-" #name, NULL, NULL, NULL, help},
#include "verbs.def"
};

// Text in which nothing is markup.
static void plain(const char *text)
{
    for (; *text; text++)
        printf(strchr("*_\\", *text) ? "\\%c" : "%c", *text);
}

static void print(const struct row *row, int is_verb)
{
    printf("*");
    plain(row->name);
    printf(is_verb ? "*(1)" : "*");
    if (row->values) {
        printf(" = ");
        plain(row->values);
        printf(" (");
        plain(row->initial[0] ? row->initial : "\"\"");
        printf(")");
    } else if (row->kind) {
        printf(" (%s)", row->kind);
    }
    printf("\n\t");
    plain(row->help);
    printf("\n\n");
}

#define TABLE(name) {#name, name, sizeof name / sizeof *name}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        const struct row *rows;
        size_t count;
    } tables[] = {TABLE(options), TABLE(pool_counters), TABLE(process_counters), TABLE(verbs)};
    for (size_t i = 0; argc == 2 && i < sizeof tables / sizeof *tables; i++) {
        if (strcmp(argv[1], tables[i].name) != 0)
            continue;
        for (size_t row = 0; row < tables[i].count; row++)
            print(&tables[i].rows[row], tables[i].rows == verbs);
        return 0;
    }
    fputs("usage: rows options | pool_counters | process_counters | verbs\n", stderr);
    return 2;
}
