// SPDX-License-Identifier: MIT
// The command: finds the verb and runs it.
#include <stdio.h>
#include <string.h>

#include "conf_value.h"
#include "poolmalloc.h"
#include "term.h"
#include "verb.h"

const struct verb verbs[] = {
#define VERB(name, arguments, help) {#name, arguments, help, verb_##name},
#include "verbs.def"
};
const unsigned verb_count = ARRAY_LENGTH(verbs);

static void help(FILE *to)
{
    fputs("Usage: poolmalloc VERB [ARGUMENT...]\n"
          "Run programs on fixed-size chunk pools, see what they use, and size the pools.\n\n",
          to);
    for (unsigned i = 0; i < verb_count; i++)
        fprintf(to, "  %s%-8s%s %s\n", term_style(to, TERM_STRONG), verbs[i].name,
                term_style(to, TERM_PLAIN), verbs[i].help);
    fputs("\npoolmalloc VERB --help explains a verb, man poolmalloc-VERB in full; poolmalloc --version "
          "tells the\nrelease. Exit status: 0; 1 if the answer is no or something failed; 2 for a "
          "wrong command line;\nof run the program's, 125 to 127 if it did not start; of doctor "
          "126 and 127, too.\n",
          to);
}

static const struct verb *find_verb(const char *name)
{
    for (unsigned i = 0; i < verb_count; i++)
        if (strcmp(name, verbs[i].name) == 0)
            return &verbs[i];
    return NULL;
}

static int unknown_verb(const char *name)
{
    struct conf_nearest nearest = conf_value_nearest((struct conf_word){name, strlen(name)});
    for (unsigned i = 0; i < verb_count; i++)
        conf_value_offer(&nearest, verbs[i].name);
    if (nearest.known)
        verb_complain("there is no verb '%s'; did you mean '%s'?", name, nearest.known);
    else
        verb_complain("there is no verb '%s'; poolmalloc --help lists them", name);
    return VERB_USAGE;
}

// What argp shows as the program's name in usage and errors.
static int run_verb(const struct verb *verb, int argc, char **argv)
{
    char name[64];
    snprintf(name, sizeof name, "poolmalloc %s", verb->name);
    argv[0] = name;
    return verb->run(argc, argv);
}

static int help_about(const char *name)
{
    const struct verb *verb = find_verb(name);
    if (!verb)
        return unknown_verb(name);
    char option[] = "--help", *argv[] = {NULL, option, NULL};
    return run_verb(verb, 2, argv);
}

int main(int argc, char **argv)
{
    verb_begin();
    if (argc < 2) {
        help(stderr);
        return VERB_USAGE;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0
        || strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "help") == 0) {
        if (argc > 2)
            return help_about(argv[2]);
        help(stdout);
        return VERB_OK;
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts("poolmalloc " PM_VERSION);
        return VERB_OK;
    }
    const struct verb *verb = find_verb(argv[1]);
    return verb ? run_verb(verb, argc - 1, argv + 1) : unknown_verb(argv[1]);
}
