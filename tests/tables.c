// SPDX-License-Identifier: MIT
// tables options | statistics: a table of README.md, from the rows of the .def files.
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

struct row {
    const char *name, *value, *values, *help;
};

static const struct row options[] = {
#define OPTION(name, type, initial, values, help) {#name, initial, values, help},
#include "options.def"
#undef OPTION
};

static const struct row pool_counters[] = {
#define POOL_COUNTER(name, kind, help) {#name, #kind, "", help},
#include "counters.def"
};

static const struct row process_counters[] = {
#define PROCESS_COUNTER(name, kind, help) {#name, #kind, "", help},
#include "counters.def"
};

// A cell of a Markdown table: '|' and '*' stand for themselves.
static void cell(const char *text)
{
    for (; *text; text++)
        printf(*text == '|' || *text == '*' ? "\\%c" : "%c", *text);
}

static void print(const struct row *row, bool is_option)
{
    printf("| `%s` | ", row->name);
    if (is_option)
        printf("`%s` | ", row->value[0] ? row->value : "\"\"");
    else
        printf("%s | ", row->value);
    if (is_option) {
        cell(row->values);
        printf(" | ");
    }
    cell(row->help);
    printf(" |\n");
}

static void print_all(const struct row *rows, size_t count, bool is_option)
{
    for (size_t i = 0; i < count; i++)
        print(&rows[i], is_option);
}

#define PRINT_ALL(rows, is_option) print_all(rows, sizeof(rows) / sizeof *(rows), is_option)

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "options") == 0) {
        printf("| option | default | values | what it does |\n|---|---|---|---|\n");
        PRINT_ALL(options, true);
        return 0;
    }
    if (argc == 2 && strcmp(argv[1], "statistics") == 0) {
        printf("| of each pool | kind | what it counts |\n|---|---|---|\n");
        PRINT_ALL(pool_counters, false);
        printf("\n| of the process | kind | what it counts |\n|---|---|---|\n");
        PRINT_ALL(process_counters, false);
        return 0;
    }
    fputs("usage: tables options | statistics\n", stderr);
    return 2;
}
