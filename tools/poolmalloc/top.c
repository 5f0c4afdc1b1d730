// SPDX-License-Identifier: MIT
#include "top.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "print.h"
#include "verb.h"

static void *must(void *memory)
{
    if (memory)
        return memory;
    verb_complain("out of memory");
    exit(VERB_FAILED);
}

double top_seconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct top_watch *find_watch(struct top *top, const char *path)
{
    for (unsigned i = 0; i < top->count; i++)
        if (strcmp(top->watches[i]->path, path) == 0)
            return top->watches[i];
    return NULL;
}

static struct top_watch *add_watch(struct top *top, const char *path, const struct record *record)
{
    struct top_watch *watch = must(calloc(1, sizeof *watch));
    watch->path = must(strdup(path));
    watch->process_id = record->process_id;
    watch->start = record->start;
    memcpy(watch->program, record->program, sizeof watch->program);
    top->watches = must(realloc(top->watches, (top->count + 1) * sizeof *top->watches));
    top->watches[top->count++] = watch;
    return watch;
}

static void remember(struct top_watch *watch)
{
    unsigned at = watch->samples++ % TOP_HISTORY;
    watch->used[at] = (float)print_used_bytes(&watch->now);
    for (unsigned i = 0; i < watch->now.pool_count; i++)
        watch->pool_used[i][at] = (float)watch->now.pools[i].used;
}

static bool take(void *context, const struct record *record, const char *source)
{
    struct top *top = context;
    struct top_watch *watch = find_watch(top, source);
    if (watch && watch->start != record->start)
        return true; // another process took the number over; the next start of top shows it
    if (!watch && record->state != FORMAT_RUNNING && !top->process) {
        top->dead++;
        return true;
    }
    if (!watch)
        watch = add_watch(top, source, record);
    watch->before = watch->now;
    watch->before_at = watch->now_at;
    watch->now = record->figures;
    watch->now_at = top->at;
    watch->moved = memcmp(&watch->now, &watch->before, sizeof watch->now) != 0;
    watch->state = record->state;
    watch->present = true;
    if (record->milliseconds > 0)
        watch->milliseconds = record->milliseconds;
    remember(watch);
    return true;
}

static void sample_entry(void *context, const struct load_entry *entry)
{
    struct top *top = context;
    if (top->process && top->process != entry->process_id)
        return;
    const struct top_watch *watch = find_watch(top, entry->path);
    if (watch && watch->state != FORMAT_RUNNING) // dead: its file does not change any more
        return;
    load_watched(entry, watch && watch->moved, take, top);
}

void top_sample(struct top *top)
{
    top->at = top_seconds();
    top->dead = 0;
    for (unsigned i = 0; i < top->count; i++)
        top->watches[i]->present = false;
    load_directories(top->stats_dir, sample_entry, top);
    for (unsigned i = 0; i < top->count; i++)
        if (!top->watches[i]->present && top->watches[i]->state == FORMAT_RUNNING)
            top->watches[i]->state = FORMAT_ENDED; // its file went with it
}

static void free_watch(struct top_watch *watch)
{
    free(watch->path);
    free(watch);
}

void top_forget_dead(struct top *top)
{
    unsigned kept = 0;
    for (unsigned i = 0; i < top->count; i++)
        if (top->watches[i]->state == FORMAT_RUNNING)
            top->watches[kept++] = top->watches[i];
        else
            free_watch(top->watches[i]);
    top->count = kept;
}

void top_done(struct top *top)
{
    for (unsigned i = 0; i < top->count; i++)
        free_watch(top->watches[i]);
    free(top->watches);
}
