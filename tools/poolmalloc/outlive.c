// SPDX-License-Identifier: MIT
#include "outlive.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_BYTES = 256 * 1024, PATH_BYTES = 300 }; // longer environments are seen in part

static char text[TEXT_BYTES];

// A file of /proc/PROCESS, cut at what fits. Its length; 0: it cannot be read.
static size_t read_file(const char *process, const char *name)
{
    char path[PATH_BYTES];
    snprintf(path, sizeof path, "/proc/%s/%s", process, name);
    FILE *file = fopen(path, "re");
    size_t length = file ? fread(text, 1, sizeof text - 1, file) : 0;
    if (file)
        fclose(file);
    text[length] = '\0';
    return length;
}

// In ticks since the system's start; 0: unknown.
static unsigned long long start_of(const char *process)
{
    unsigned long long start = 0;
    read_file(process, "stat");
    const char *at = strrchr(text, ')'); // the end of the second field, a name of any characters
    for (unsigned field = 2; at && field < 22; field++)
        at = strchr(at + 1, ' ');
    if (at)
        sscanf(at, "%llu", &start);
    return start;
}

// By its environment as it was at its last exec. Some programs write their title over that: then there is no
// variable in it any more.
static bool is_of_run(const char *process, const char *directory)
{
    size_t length = read_file(process, "environ");
    return memmem(text, length, directory, strlen(directory))
           || (length > 0 && !memchr(text, '=', length));
}

// A child that has not run since its fork has its parent's file mapped.
static bool is_on_pools_without_file(const char *process)
{
    char path[PATH_BYTES], own[PATH_BYTES], line[4096 + 256];
    snprintf(own, sizeof own, "/%s.", process);
    bool on_pools = false, has_file = false;
    snprintf(path, sizeof path, "/proc/%s/maps", process);
    FILE *maps = fopen(path, "re");
    while (maps && fgets(line, sizeof line, maps)) {
        on_pools |= strstr(line, "/libpoolmalloc.so") != NULL;
        has_file |= strstr(line, ".pmstat") && strstr(line, own);
    }
    if (maps)
        fclose(maps);
    return on_pools && !has_file;
}

unsigned outlive_count(const char *directory, char *ret_name, size_t size)
{
    unsigned count = 0;
    const unsigned long long own_start = start_of("self");
    DIR *processes = opendir("/proc");
    for (struct dirent *entry; processes && (entry = readdir(processes));) {
        const char *process = entry->d_name;
        if (!isdigit((unsigned char)process[0]) || start_of(process) < own_start
            || !is_on_pools_without_file(process) || !is_of_run(process, directory))
            continue;
        if (count++ == 0) {
            read_file(process, "comm");
            snprintf(ret_name, size, "%.*s", (int)strcspn(text, "\n"), text);
        }
    }
    if (processes)
        closedir(processes);
    return count;
}
