// SPDX-License-Identifier: MIT
#include "others.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "load.h"

enum { NAMES_SHOWN = 4 };

void others_add(struct others *others, const struct record *record)
{
    const struct stats_figures *figures = &record->figures;
    if (others->processes++ == 0 && !others->found)
        others->program = *record; // for others_finish
    others->running += record->state == FORMAT_RUNNING;
    others->requests += figures->oversize;
    for (unsigned i = 0; i < figures->pool_count; i++) {
        const struct stats_pool_figures *pool = &figures->pools[i];
        others->requests += pool->allocs + pool->fell_back + pool->failed;
        others->empty += pool->err;
        others->errors += pool->illegal + pool->corrupt;
    }
    unsigned i = 0;
    while (i < others->name_count && strcmp(others->names[i].name, record->program) != 0)
        i++;
    if (i == OTHERS_NAMES)
        return;
    if (i == others->name_count) {
        memcpy(others->names[i].name, record->program, sizeof record->program);
        others->name_count++;
    }
    others->names[i].processes++;
}

static bool add(void *context, const struct record *record, const char *source)
{
    (void)source;
    others_add(context, record);
    return true;
}

// Whether it is over with a process whose file this is; images before an exec count once their process
// has ended.
static bool has_ended(const struct load_entry *entry)
{
    struct stats_header header;
    int fd = openat(entry->directory, entry->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool ended = fd >= 0 && read(fd, &header, sizeof header) == (ssize_t)sizeof header
                 && header.magic == STATS_MAGIC && header.end_ns != 0;
    if (fd >= 0)
        close(fd);
    return ended || (kill(entry->process_id, 0) != 0 && errno == ESRCH);
}

static void sweep_entry(void *context, const struct load_entry *entry)
{
    struct others *others = context;
    if (others->keep || entry->process_id == others->process || !has_ended(entry))
        return;
    load_watched(entry, false, add, others);
    unlinkat(entry->directory, entry->name, 0);
}

void others_sweep(void *context, pid_t process)
{
    struct others *others = context;
    others->process = process;
    load_directories(others->directory, sweep_entry, others);
}

// The program's process may have been several programs, by exec: the last one counts as the program.
struct image {
    struct others *others;
    int number;
};

static bool take_image(void *context, const struct record *record, const char *source)
{
    struct image *image = context;
    struct others *others = image->others;
    (void)source;
    if (others->found && image->number < others->image) {
        others_add(others, record);
        return true;
    }
    if (others->found)
        others_add(others, &others->program);
    others->program = *record;
    others->image = image->number;
    others->found = true;
    return true;
}

static void finish_entry(void *context, const struct load_entry *entry)
{
    struct image image = {.others = context};
    if (entry->process_id != image.others->process) {
        load_watched(entry, false, add, image.others);
        return;
    }
    sscanf(entry->name, "%*d.%d.", &image.number);
    load_watched(entry, false, take_image, &image);
}

void others_finish(struct others *others, pid_t process)
{
    others->process = process;
    load_directories(others->directory, finish_entry, others);
    if (others->found || others->processes != 1 || others->running)
        return;
    others->found = true; // one alone is told in full, whoever it is
    others->processes = 0;
}

// The most frequent programs, most frequent first; of equals, the one that came first.
static void add_names(const struct others *others, struct text *out)
{
    bool shown[OTHERS_NAMES] = {false};
    for (unsigned n = 0; n < NAMES_SHOWN && n < others->name_count; n++) {
        unsigned most = OTHERS_NAMES;
        for (unsigned i = 0; i < others->name_count; i++)
            if (!shown[i] && (most == OTHERS_NAMES
                              || others->names[i].processes > others->names[most].processes))
                most = i;
        shown[most] = true;
        text_addf(out, "%s%s", n ? ", " : "", others->names[most].name);
        if (others->names[most].processes > 1)
            text_addf(out, " %lu", (unsigned long)others->names[most].processes);
    }
    text_add(out, others->name_count > NAMES_SHOWN ? ", ..." : "");
}

void others_format(const struct others *others, struct text *out)
{
    if (others->processes == 0)
        return;
    text_addf(out, "poolmalloc: %s%lu %sprocess%s (", others->found ? "and " : "",
              (unsigned long)others->processes, others->found ? "other " : "",
              others->processes == 1 ? "" : "es");
    add_names(others, out);
    text_addf(out, "): %lu request%s, %lu of empty pools", (unsigned long)others->requests,
              others->requests == 1 ? "" : "s", (unsigned long)others->empty);
    if (others->errors)
        text_addf(out, ", %lu errors", (unsigned long)others->errors);
    text_add(out, "; poolmalloc run --all-processes shows each\n");
    if (others->running)
        text_addf(out, "poolmalloc: %lu of them still run%s: poolmalloc stats shows what they do\n",
                  (unsigned long)others->running, others->running == 1 ? "s" : "");
}
