// SPDX-License-Identifier: MIT
// poolmalloc presets: configurations that come with the library, to be named instead of a file.
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bytes.h"
#include "place.h"
#include "term.h"
#include "verb.h"

enum { NAMES_MAX = 64, NAME_BYTES = 64 };

static error_t parse(int key, char *argument, struct argp_state *state)
{
    const char **name = state->input;
    if (key != ARGP_KEY_ARG)
        return ARGP_ERR_UNKNOWN;
    if (*name)
        argp_error(state, "one preset at a time");
    *name = argument;
    return 0;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

// The names in the first folder that there is, sorted.
static unsigned find_names(char names[NAMES_MAX][NAME_BYTES])
{
    unsigned count = 0;
    const char *folder;
    DIR *entries = NULL;
    for (unsigned i = 0; !entries && (folder = place_preset_folder(i)); i++)
        entries = opendir(folder);
    for (struct dirent *entry; entries && count < NAMES_MAX && (entry = readdir(entries));) {
        char *dot = strrchr(entry->d_name, '.');
        if (!dot || dot == entry->d_name || strcmp(dot, ".conf") != 0
            || dot - entry->d_name >= NAME_BYTES)
            continue;
        *dot = '\0';
        strcpy(names[count++], entry->d_name);
    }
    if (entries)
        closedir(entries);
    qsort(names, count, NAME_BYTES, compare);
    return count;
}

static bool read_preset(const char *name, struct bytes *ret_text)
{
    char path[PATH_MAX];
    if (place_conf(name, path) && bytes_read_file(path, ret_text))
        return true;
    verb_complain("%s: %s", name, strerror(errno));
    return false;
}

// What a preset is for: the comment at its start, from the colon to the first full stop.
static void print_purpose(const char *text)
{
    const char *at = strstr(text, "`: ");
    bool blank = false;
    for (at = at ? at + 3 : ""; *at && !(at[0] == '.' && (at[1] == ' ' || at[1] == '\n')); at++) {
        if (*at == '\n' || *at == ' ' || (*at == '#' && blank)) {
            blank = true;
            continue;
        }
        if (blank)
            putchar(' ');
        blank = false;
        putchar(*at);
    }
    putchar('\n');
}

static int list(void)
{
    char names[NAMES_MAX][NAME_BYTES];
    unsigned count = find_names(names);
    for (unsigned i = 0; i < count; i++) {
        struct bytes text;
        if (!read_preset(names[i], &text))
            return VERB_FAILED;
        printf("%s%-8s%s ", term_style(stdout, TERM_STRONG), names[i], term_style(stdout, TERM_PLAIN));
        print_purpose(text.data);
        free(text.data);
    }
    if (count == 0) {
        verb_complain("there are no presets: neither beside this command nor where they were installed");
        return VERB_FAILED;
    }
    if (isatty(STDOUT_FILENO))
        puts("\npoolmalloc run -c NAME PROGRAM uses one, poolmalloc presets NAME shows it.");
    return VERB_OK;
}

static int show(const char *name)
{
    char names[NAMES_MAX][NAME_BYTES];
    const char *known[NAMES_MAX];
    unsigned count = find_names(names);
    bool found = false;
    for (unsigned i = 0; i < count; i++) {
        known[i] = names[i];
        found |= strcmp(name, names[i]) == 0;
    }
    if (!found) {
        const char *nearest = verb_nearest(name, known, count);
        verb_complain("there is no preset '%s'%s%s%s", name, nearest ? "; did you mean '" : "",
                      nearest ? nearest : "", nearest ? "'?" : "");
        return VERB_FAILED;
    }
    struct bytes text;
    if (!read_preset(name, &text))
        return VERB_FAILED;
    fwrite(text.data, 1, text.length, stdout);
    free(text.data);
    return VERB_OK;
}

int verb_presets(int argc, char **argv)
{
    static const struct argp argp = {
        .parser = parse, .args_doc = "[NAME]",
        .doc = "List the presets, or print one.\v"
               "A preset is a pools.conf that comes with the library: run -c NAME, or POOLMALLOC_CONF=NAME. "
               "Exit status: 0; 1 if there is none of that name; 2 for a wrong command line."};
    const char *name = NULL;
    verb_parse(&argp, argc, argv, &name);
    return name ? show(name) : list();
}
