// SPDX-License-Identifier: MIT
// What `poolmalloc top` watches, and the grid of text that its screen and its plain output show.
#ifndef TOP_H
#define TOP_H

#include "load.h"

enum { TOP_HISTORY = 24, TOP_COLUMNS = 12, TOP_CELL = TOP_HISTORY * 3 + 1 };

// One statistics file, sampled again and again.
struct top_watch {
    char *path;
    char program[STATS_NAME_MAX];
    uint64_t process_id, start, milliseconds;
    enum format_state state;
    bool present, moved; // the file was there at the last sample; its counters had changed
    struct stats_figures now, before;
    double now_at, before_at; // seconds; before_at 0: there is one sample only
    unsigned samples;
    float used[TOP_HISTORY];  // bytes in use, a ring that ends at samples
    float pool_used[ARRAY_LENGTH(((struct stats_figures *)0)->pools)][TOP_HISTORY]; // chunks
};

struct top {
    const char *stats_dir;
    pid_t process; // the only one to look at; 0: all
    struct top_watch **watches;
    unsigned count, dead; // `dead`: files of processes that were dead when they were first seen
    double at;            // of the sample that is being taken
};

// Reads all statistics anew. A process that dies keeps its last figures.
void top_sample(struct top *top);
void top_forget_dead(struct top *top);
void top_done(struct top *top);

// Seconds by a clock that only goes forward.
double top_seconds(void);

// A table of text.
struct top_row {
    char cells[TOP_COLUMNS][TOP_CELL];
    double keys[TOP_COLUMNS]; // what the column sorts by; the first ones of text by their cells
    const struct top_watch *watch;
    bool bad, weak; // something failed since the last sample; the process is gone
};
struct top_grid {
    const char *const *headings; // NULL at the end; '<' before one aligns to the left
    unsigned columns, count;
    struct top_row *rows;
};

// All processes, or the pools of one; sorted by a column, largest first unless `ascending`.
void top_grid_processes(const struct top *top, unsigned sort, bool ascending, struct top_grid *grid);
void top_grid_pools(const struct top_watch *watch, unsigned sort, bool ascending,
                    struct top_grid *grid);
void top_grid_done(struct top_grid *grid);

enum { TOP_SORT_NONE = TOP_COLUMNS }; // pools in the order of the file

// The screen: until the user quits. False: no screen could be had.
bool top_screen(struct top *top, double seconds);

#endif
