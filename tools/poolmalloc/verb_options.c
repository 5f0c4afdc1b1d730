// SPDX-License-Identifier: MIT
// poolmalloc options: the rows of options.def, and what each is set to here.
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "place.h"
#include "sources.h"
#include "term.h"
#include "verb.h"

struct request {
    bool json;
    bool asked[OPTION_COUNT]; // by name; all false: every option
    bool some;
};

static const struct argp_option options[] = {
    {.name = "json", .key = 'j', .doc = "a JSON array, an object each"}, {0}};

static int find_option(const char *name)
{
    for (int option = 0; option < OPTION_COUNT; option++)
        if (strcmp(conf_rows[option].name, name) == 0)
            return option;
    return -1;
}

static void ask(struct request *request, const char *name, struct argp_state *state)
{
    int option = find_option(name);
    const char *known[OPTION_COUNT];
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        known[i] = conf_rows[i].name;
    const char *nearest = option < 0 ? verb_nearest(name, known, OPTION_COUNT) : NULL;
    if (nearest)
        argp_error(state, "there is no option '%s' of pools.conf; did you mean '%s'?", name, nearest);
    if (option < 0)
        argp_error(state, "there is no option '%s' of pools.conf", name);
    request->asked[option] = request->some = true;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 'j': request->json = true; break;
    case ARGP_KEY_ARG: ask(request, argument, state); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const char *origin(const struct conf *conf, unsigned option)
{
    return conf->option_source[option] == 0 ? "default" : conf->sources[conf->option_source[option]];
}

static void print(const struct conf *conf, unsigned option)
{
    const struct conf_row *row = &conf_rows[option];
    char value[CONF_STRING_MAX + 2];
    conf_option_text(conf, (enum conf_option)option, value, sizeof value);
    printf("%s%s%s = %s  %s# %s%s\n", term_style(stdout, TERM_STRONG), row->name,
           term_style(stdout, TERM_PLAIN), value, term_style(stdout, TERM_WEAK),
           origin(conf, option), term_style(stdout, TERM_PLAIN));
    printf("    %s: %s; default %s\n    %s\n", row->type, row->values,
           row->initial[0] ? row->initial : "\"\"", row->help);
}

static json_t *to_json(const struct conf *conf, unsigned option)
{
    const struct conf_row *row = &conf_rows[option];
    char value[CONF_STRING_MAX + 2];
    conf_option_text(conf, (enum conf_option)option, value, sizeof value);
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:s}", "name", row->name, "type", row->type,
                     "values", row->values, "default", row->initial, "value", value, "from",
                     origin(conf, option), "help", row->help);
}

// The command finds presets at its own place; the library at its.
static void name_preset_by_path(void)
{
    char path[PATH_MAX];
    const char *name = getenv("POOLMALLOC_CONF");
    if (name && name[0] && !strchr(name, '/') && place_conf(name, path))
        setenv("POOLMALLOC_CONF", path, true);
}

int verb_options(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "[NAME]...",
        .doc = "Show the options of pools.conf.\v"
               "Each with its value as a program that starts here would have it (by the system's "
               "pools.conf, POOLMALLOC_CONF and POOLMALLOC), where that comes from, its type, its range "
               "and its default. Exit status: 0; 1 if a configuration has mistakes; 2 for a wrong "
               "command line."};
    static struct conf conf;
    struct request request = {0};
    verb_parse(&argp, argc, argv, &request);
    name_preset_by_path();
    unsigned mistakes = sources_read(&conf);
    json_t *array = json_array();
    for (unsigned option = 0; option < OPTION_COUNT; option++) {
        if (request.some && !request.asked[option])
            continue;
        if (request.json)
            json_array_append_new(array, to_json(&conf, option));
        else
            print(&conf, option);
    }
    if (request.json) {
        json_dumpf(array, stdout, JSON_INDENT(2));
        putchar('\n');
    }
    json_decref(array);
    return mistakes ? VERB_FAILED : VERB_OK;
}
