// SPDX-License-Identifier: MIT
// Statistics from everywhere they can be: files of running and dead processes, by process id or by
// path, and JSON lines, from files or standard input. Nothing is trusted: what cannot be true is
// refused with a reason. A watched process is never touched: its file is read, not mapped, because
// even reading a hole of a mapped memory file makes pages, and a file cut short then is an error
// instead of a signal.
#ifndef LOAD_H
#define LOAD_H

#include <stdio.h>
#include <sys/types.h>

#include "record.h"

// Called with each record that was read; it is valid until the call returns. False: stop.
typedef bool load_each(void *context, const struct record *record, const char *source);

// Reads each argument: a process id (a number), a file, or "-". With none, everything in the
// statistics directories. `stats_dir` replaces the default directories unless NULL. Complains about
// what cannot be read and goes on. True: there was nothing to complain about.
bool load_arguments(char *const *arguments, unsigned count, const char *stats_dir, load_each *each,
                    void *context);

// Reads a statistics file, or JSON lines, from a stream; errors name it `name`. True as above.
bool load_stream(FILE *stream, const char *name, load_each *each, void *context);

// A statistics file in memory, of which `bytes` are there. Fills everything but state and
// milliseconds when the process has not ended. NULL or the reason why not.
const char *load_image(const struct stats_file *file, size_t bytes, struct record *ret_record);

// One JSON document. On failure a message, with the column if it is the grammar that is broken.
bool load_json(const char *text, size_t length, struct record *ret_record, char *ret_error,
               size_t error_size, int *ret_column);

// How a file begins that is not the pools.conf it was taken for, in words; NULL: it may be one.
const char *load_not_conf(const char *start, size_t length);

// The statistics directories.

enum { LOAD_DIRECTORIES = 3, LOAD_PATH_BYTES = 4096 };

// The paths: `stats_dir` alone, or if it is NULL the default ones. Those that there are not are empty.
void load_directory_paths(const char *stats_dir, char ret_paths[LOAD_DIRECTORIES][LOAD_PATH_BYTES]);

// Inside them, each `poolmalloc run` that is going on has a directory of its own, run-PID-XXXXXX/stats.
#define LOAD_RUN_PREFIX "run-"
#define LOAD_RUN_INNER "/stats"

// A file of a statistics directory: PID.pmstat or PID.N.pmstat.
struct load_entry {
    int directory;    // descriptor
    const char *path; // whole
    const char *name; // in the directory
    pid_t process_id; // as the name says
};

// Calls `each` for every statistics file of the directories, and of runs' inside them. Directories
// that others could write to are complained about and left out. False: some were.
bool load_directories(const char *stats_dir, void (*each)(void *context, const struct load_entry *),
                      void *context);

// Reads such a file. known_alive: its counters moved a moment ago, so that the process's mappings need
// not be looked at, which would hold a lock of it. Says nothing about a file that is bad or gone.
void load_watched(const struct load_entry *entry, bool known_alive, load_each *each, void *context);

// Whether the process has this open file mapped as its statistics, so that it is alive and has not
// called exec since.
bool load_is_mapped(pid_t process, int fd);

// The statistics file that a process has mapped, wherever that is. False: none, or not ours to see.
bool load_mapped_path(pid_t process, char *path, size_t size);

#endif
