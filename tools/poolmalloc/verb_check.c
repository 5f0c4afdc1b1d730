// SPDX-License-Identifier: MIT
// poolmalloc check: whether configurations are right, and whether statistics keep to a budget.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "budget.h"
#include "bytes.h"
#include "load.h"
#include "place.h"
#include "review.h"
#include "term.h"
#include "verb.h"

enum { KEY_STATS = 256, KEY_JSON, KEY_BUDGET }; // KEY_BUDGET + n: the n-th of budget_rows

static const struct argp_option options[] = {
    {.name = "stats", .key = KEY_STATS, .arg = "FILE",
     .doc = "statistics that must keep to the budget: a .pmstat file, JSON lines, or a process id; may be "
            "given again"},
    {.name = "max-fallback", .key = KEY_BUDGET + BUDGET_FALLBACK, .arg = "N[%]",
     .doc = "requests that the next malloc served"},
    {.name = "max-failed", .key = KEY_BUDGET + BUDGET_FAILED, .arg = "N[%]",
     .doc = "requests that ended in NULL"},
    {.name = "max-err", .key = KEY_BUDGET + BUDGET_ERR, .arg = "N[%]",
     .doc = "times that a pool was asked while it was empty"},
    {.name = "max-oversize", .key = KEY_BUDGET + BUDGET_OVERSIZE, .arg = "N[%]",
     .doc = "requests that no pool's chunks are large enough for"},
    {.name = "max-illegal", .key = KEY_BUDGET + BUDGET_ILLEGAL, .arg = "N[%]", .doc = "invalid frees"},
    {.name = "max-waste", .key = KEY_BUDGET + BUDGET_WASTE, .arg = "N%",
     .doc = "bytes of served chunks that nobody asked for"},
    {.name = "json", .key = KEY_JSON,
     .doc = "all of it as one JSON document on standard output: mistakes, warnings, pools, verdicts"},
    {0}};

struct check {
    char **files, **stats; // each with room for all arguments
    unsigned file_count, stats_count;
    struct budget budget;
    json_t *files_json, *budget_json; // NULL: text
};

static const char *option_name(int key)
{
    const struct argp_option *option = options;
    while (option->key != key)
        option++;
    return option->name;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct check *check = state->input;
    if (key >= KEY_BUDGET && key < KEY_BUDGET + BUDGET_ROWS) {
        const char *problem = budget_set(&check->budget, (enum budget_row)(key - KEY_BUDGET), argument);
        if (problem)
            argp_error(state, "--%s %s: %s", option_name(key), argument, problem);
        return 0;
    }
    switch (key) {
    case KEY_JSON:
        check->files_json = json_array();
        check->budget_json = json_object();
        break;
    case KEY_STATS: check->stats[check->stats_count++] = argument; break;
    case ARGP_KEY_ARG: check->files[check->file_count++] = argument; break; // options may follow
    case ARGP_KEY_END:
        if (check->file_count == 0 && check->stats_count == 0)
            argp_error(state, "there is nothing to check: a FILE or --stats FILE is missing");
        if (check->stats_count > 0 && !budget_is_set(&check->budget))
            argp_error(state, "--stats needs a budget, as --max-fallback 1%%");
        if (check->stats_count == 0 && budget_is_set(&check->budget))
            argp_error(state, "a budget needs --stats FILE");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// ---- Configurations ----

// What was found in one file; in JSON, it is collected.
struct findings {
    json_t *mistakes, *warnings; // NULL: to standard error
};

static void tell(json_t *into, enum term_style style, const char *text)
{
    if (into)
        json_array_append_new(into, json_string(text));
    else
        fprintf(stderr, "%s%s%s\n", term_style(stderr, style), text, term_style(stderr, TERM_PLAIN));
}

static void report(void *context, const char *mistake)
{
    struct findings *findings = context;
    tell(findings->mistakes, TERM_BAD, mistake);
}

static void warn(void *context, const char *warning)
{
    struct findings *findings = context;
    tell(findings->warnings, TERM_WARN, warning);
}

static bool read_text(const char *name, struct bytes *ret_text)
{
    char path[PATH_MAX];
    if (strcmp(name, "-") == 0) {
        *ret_text = bytes_from(stdin);
        return true;
    }
    if (place_conf(name, path) && bytes_read_file(path, ret_text))
        return true;
    verb_complain("%s: %s", name, strerror(errno));
    return false;
}

static bool check_text(const char *name, const struct bytes *text, struct findings *findings,
                       json_t *into)
{
    static struct conf conf;
    const char *other = load_not_conf(text->data, text->length);
    if (other) {
        char line[PATH_MAX + 128];
        snprintf(line, sizeof line, "%s: %s", name, other);
        report(findings, line);
        return false;
    }
    conf_init(&conf);
    unsigned mistakes = conf_merge(&conf, strcmp(name, "-") == 0 ? "standard input" : name, text->data,
                                   text->length, false, report, findings);
    mistakes += conf_finish(&conf, report, findings);
    if (mistakes > 0)
        return false;
    struct review review;
    review_conf(&conf, &review, warn, findings);
    if (review.problem) {
        char line[512];
        snprintf(line, sizeof line, "%s: %s", name, review.problem);
        report(findings, line);
    }
    if (into)
        review_to_json(&conf, &review, into);
    else
        review_print(&conf, &review);
    return !review.problem;
}

static bool check_file(const struct check *check, const char *name)
{
    struct bytes text;
    struct findings findings = {NULL, NULL};
    json_t *file = NULL;
    if (check->files_json) {
        file = json_pack("{s:s, s:[], s:[]}", "file", name, "mistakes", "warnings");
        json_array_append_new(check->files_json, file);
        findings.mistakes = json_object_get(file, "mistakes");
        findings.warnings = json_object_get(file, "warnings");
    }
    if (!read_text(name, &text))
        return false;
    bool ok = check_text(name, &text, &findings, file);
    free(text.data);
    return ok;
}

// ---- Statistics ----

static bool add_record(void *context, const struct record *record, const char *source)
{
    (void)source;
    budget_add(context, record);
    return true;
}

static void tell_verdict(struct check *check, enum budget_verdict verdict, const char *line)
{
    bool is_kept = verdict == BUDGET_KEPT;
    if (check->budget_json)
        json_array_append_new(json_object_get(check->budget_json, "limits"),
                              json_pack("{s:s%, s:b, s:s}", "limit", line, strcspn(line, ":"),
                                        "kept", is_kept, "text", line));
    else
        printf("%s%s%s %s\n", term_style(stdout, is_kept ? TERM_GOOD : TERM_BAD),
               is_kept ? "ok  " : "FAIL", term_style(stdout, TERM_PLAIN), line);
}

static bool check_stats(struct check *check)
{
    bool ok = load_arguments(check->stats, check->stats_count, NULL, add_record, &check->budget);
    if (check->budget.processes == 0)
        return false;
    if (check->budget_json)
        json_object_update_new(check->budget_json,
                               json_pack("{s:i, s:I, s:[]}", "processes", (int)check->budget.processes,
                                         "requests", (json_int_t)check->budget.requests, "limits"));
    else
        printf("%u process%s, %llu requests\n", check->budget.processes,
               check->budget.processes == 1 ? "" : "es", (unsigned long long)check->budget.requests);
    for (unsigned row = 0; row < BUDGET_ROWS; row++) {
        char line[256];
        enum budget_verdict verdict = budget_judge(&check->budget, (enum budget_row)row, line, sizeof line);
        if (verdict == BUDGET_UNASKED)
            continue;
        tell_verdict(check, verdict, line);
        ok &= verdict == BUDGET_KEPT;
    }
    return ok;
}

static void print_json(const struct check *check, bool ok)
{
    json_t *document = json_pack("{s:b, s:o, s:o}", "ok", ok, "files", check->files_json, "budget",
                                 check->budget_json);
    json_dumpf(document, stdout, JSON_INDENT(2));
    putchar('\n');
    json_decref(document);
}

int verb_check(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "[FILE|PRESET|-]...",
        .doc = "Check configurations, and statistics against a budget.\v"
               "Every mistake of a FILE is told with its line and column, then what is unwise; a FILE "
               "without mistakes is shown as the library understands it. A budget is a number, or a part "
               "of all requests in per cent. Exit status: 0; 1 for a mistake or a budget that was not "
               "kept; 2 for a wrong command line."};
    char *files[argc], *stats[argc];
    struct check check = {.files = files, .stats = stats};
    bool ok = true;
    verb_parse(&argp, argc, argv, &check);
    for (unsigned i = 0; i < check.file_count; i++) {
        if (i > 0 && !check.files_json)
            putchar('\n');
        ok &= check_file(&check, check.files[i]);
        fflush(stdout);
    }
    if (check.stats_count > 0)
        ok &= check_stats(&check);
    if (check.files_json)
        print_json(&check, ok);
    return ok ? VERB_OK : VERB_FAILED;
}
