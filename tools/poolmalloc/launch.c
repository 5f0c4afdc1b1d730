// SPDX-License-Identifier: MIT
#include "launch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "finding.h"
#include "load.h"
#include "place.h"
#include "sources.h"
#include "verb.h"

static void report(void *context, const char *mistake)
{
    (void)context;
    verb_complain("%s", mistake);
}

char *launch_preload(const char *library, const char *next, const char *before)
{
    char *list;
    if (asprintf(&list, "%s%s%s%s%s", library ? library : "", library && next ? ":" : "", next ? next : "",
                 before && before[0] ? ":" : "", before ? before : "") < 0)
        return NULL;
    return list;
}

static bool fits_preload(const char *path)
{
    if (!path[strcspn(path, " :")])
        return true;
    verb_complain("%s: a path with a blank or a colon cannot stand in LD_PRELOAD", path);
    return false;
}

// Another malloc to be preloaded behind the pools: it must be for the same machine.
static bool find_next(const char *name, unsigned machine, char ret_path[PATH_MAX])
{
    static struct probe probe;
    const char *problem = place_next(name, ret_path);
    if (!problem && (!probe_file(ret_path, &probe) || probe.machine != machine))
        problem = "is no library for this machine";
    if (problem)
        verb_complain("--next %s: %s", name, problem);
    return !problem && fits_preload(ret_path);
}

// Puts statements behind what POOLMALLOC has.
static bool add_to_variable(const char *statements)
{
    const char *before = getenv("POOLMALLOC");
    char *both;
    if (asprintf(&both, "%s%s%s", before ? before : "", before && before[0] ? "\n" : "", statements) < 0)
        return false;
    bool ok = setenv("POOLMALLOC", both, true) == 0;
    free(both);
    return ok;
}

// Mistakes in it are found later: this is about another kind of file.
static bool is_conf(const char *name, const char *path)
{
    char start[256];
    struct stat status;
    FILE *file = stat(path, &status) == 0 && S_ISREG(status.st_mode) ? fopen(path, "re") : NULL;
    size_t length = file ? fread(start, 1, sizeof start, file) : 0;
    if (file)
        fclose(file);
    const char *other = load_not_conf(start, length);
    if (other)
        verb_complain("-c %s: %s", name, other);
    return !other;
}

// POOLMALLOC_CONF and POOLMALLOC. What -o gave comes behind what the variable had, and wins.
static bool set_configuration(const struct launch *launch, struct conf *ret_conf)
{
    char path[PATH_MAX];
    if (launch->conf && !place_conf(launch->conf, path)) {
        verb_complain("-c %s: %s", launch->conf,
                      strchr(launch->conf, '/') ? strerror(errno)
                                                : "neither a preset nor a file (poolmalloc presets)");
        return false;
    }
    if (launch->conf && !is_conf(launch->conf, path))
        return false;
    if (launch->conf)
        setenv("POOLMALLOC_CONF", path, true);
    if (launch->statements) { // alone first: mistakes are to be found in the command line
        conf_init(ret_conf);
        if (conf_merge(ret_conf, "-o", launch->statements, strlen(launch->statements), true, report, NULL)
            || !add_to_variable(launch->statements))
            return false;
    }
    return sources_read(ret_conf) == 0;
}

void launch_keep_statistics(const char *directory)
{
    char *statements;
    if (asprintf(&statements, "dump=off\nkeep_stats=yes\nstats_dir=\"%s\"", directory) < 0)
        return;
    add_to_variable(statements);
    free(statements);
}

static bool set_preload(const struct launch *launch, const char *library, unsigned machine)
{
    char next[PATH_MAX];
    if (!fits_preload(library) || (launch->next && !find_next(launch->next, machine, next)))
        return false;
    if (launch->inside && !launch->next)
        return true;
    char *list = launch_preload(launch->inside ? NULL : library, launch->next ? next : NULL, getenv("LD_PRELOAD"));
    bool ok = list && setenv("LD_PRELOAD", list, true) == 0;
    free(list);
    return ok;
}

static int not_startable(const char *program, int error)
{
    verb_complain("%s: %s", program, error == ENOENT ? "no such program" : strerror(error));
    return error == ENOENT ? VERB_RUN_NOT_FOUND : VERB_RUN_NOT_STARTED;
}

// The library and what it is for.
static bool find_library(char ret_path[PATH_MAX], struct probe *ret_probe)
{
    if (place_library(ret_path) && probe_file(ret_path, ret_probe))
        return true;
    verb_complain("libpoolmalloc.so is neither beside this command nor where it was installed");
    return false;
}

int launch_look(const char *program, struct probe *ret_probe, unsigned *ret_machine)
{
    static struct probe own;
    char library[PATH_MAX];
    int error = probe_program(program, ret_probe);
    if (error)
        return not_startable(program, error);
    if (!find_library(library, &own))
        return VERB_RUN_FAILED;
    *ret_machine = own.machine;
    return 0;
}

int launch_probe(const char *program, struct probe *ret_probe)
{
    char reason[2 * PATH_MAX];
    unsigned machine;
    int failure = launch_look(program, ret_probe, &machine);
    if (failure || !finding_refusal(ret_probe, machine, reason, sizeof reason))
        return failure;
    verb_complain("%s cannot run on pools: %s", ret_probe->path, reason);
    return VERB_RUN_FAILED;
}

// Whether the dump's file can be written, as far as that is known before its name is. Where the name has a
// % in a directory, nothing is.
static bool dump_has_place(const char *path)
{
    struct stat status;
    if (strcmp(path, "stderr") == 0 || strcmp(path, "off") == 0)
        return true;
    char directory[CONF_STRING_MAX + 1];
    const char *slash = strrchr(path, '/');
    snprintf(directory, sizeof directory, "%.*s", slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
    if (strchr(directory, '%'))
        return true;
    bool exists = stat(path, &status) == 0;
    bool ok = exists ? access(path, W_OK) == 0 : access(directory, W_OK | X_OK) == 0;
    if (exists && S_ISDIR(status.st_mode)) {
        ok = false;
        errno = EISDIR;
    }
    if (!ok)
        verb_complain("dump = %s: %s: no dump could be written there", path, strerror(errno));
    return ok;
}

int launch_set_environment(const struct launch *launch, struct conf *ret_conf)
{
    static struct probe own;
    char library[PATH_MAX];
    if (!find_library(library, &own) || !set_configuration(launch, ret_conf)
        || !dump_has_place(ret_conf->dump.text)
        || !set_preload(launch, library, own.machine))
        return VERB_RUN_FAILED;
    if (launch->python)
        setenv("PYTHONMALLOC", "malloc", true);
    return 0;
}

int launch_exec(char **argv)
{
    execvp(argv[0], argv);
    return not_startable(argv[0], errno);
}
