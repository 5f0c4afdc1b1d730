// SPDX-License-Identifier: MIT
// The directories where running and dead processes have their statistics, and who of them is alive.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "load.h"
#include "os.h"
#include "verb.h"

enum { PATH_BYTES = LOAD_PATH_BYTES, LINE_BYTES = PATH_BYTES + 256 };

// "123.pmstat" or "123.1.pmstat".
static bool parse_name(const char *name, pid_t *ret_process)
{
    char *end;
    if (name[0] < '1' || name[0] > '9')
        return false;
    unsigned long process = strtoul(name, &end, 10);
    if (process > INT32_MAX)
        return false;
    if (end[0] == '.' && end[1] >= '1' && end[1] <= '9')
        strtoul(end + 1, &end, 10);
    if (strcmp(end, ".pmstat") != 0)
        return false;
    *ret_process = (pid_t)process;
    return true;
}

// A descriptor, or -1 with the reason; NULL when there is no such directory.
static int open_directory(const char *path, const char **ret_reason)
{
    struct stat status;
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    *ret_reason = fd < 0 && errno != ENOENT ? strerror(errno) : NULL;
    if (fd < 0)
        return -1;
    if (fstat(fd, &status) != 0)
        *ret_reason = strerror(errno);
    else if (status.st_uid != geteuid())
        *ret_reason = "belongs to another user";
    else if (status.st_mode & 022)
        *ret_reason = "others may write to it";
    if (!*ret_reason)
        return fd;
    close(fd);
    return -1;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
    return strverscmp((*a)->d_name, (*b)->d_name);
}

static void scan_run(const char *parent, const char *name,
                     void (*each)(void *context, const struct load_entry *), void *context);

static void scan(int directory, const char *path,
                 void (*each)(void *context, const struct load_entry *), void *context)
{
    struct dirent **names;
    int count = scandirat(directory, ".", &names, NULL, by_name);
    for (int i = 0; i < count; i++) {
        char *whole;
        struct load_entry entry = {.directory = directory, .name = names[i]->d_name};
        if (parse_name(entry.name, &entry.process_id)
            && asprintf(&whole, "%s/%s", path, entry.name) >= 0) {
            entry.path = whole;
            each(context, &entry);
            free(whole);
        } else if (strncmp(entry.name, LOAD_RUN_PREFIX, strlen(LOAD_RUN_PREFIX)) == 0) {
            scan_run(path, entry.name, each, context);
        }
        free(names[i]);
    }
    if (count >= 0)
        free(names);
}

// It may be removed at any time.
static void scan_run(const char *parent, const char *name,
                     void (*each)(void *context, const struct load_entry *), void *context)
{
    const char *reason;
    char *path;
    if (asprintf(&path, "%s/%s" LOAD_RUN_INNER, parent, name) < 0)
        return;
    int fd = open_directory(path, &reason);
    if (fd >= 0) {
        scan(fd, path, each, context);
        close(fd);
    }
    free(path);
}

void load_directory_paths(const char *stats_dir, char ret_paths[LOAD_DIRECTORIES][LOAD_PATH_BYTES])
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    for (unsigned i = 0; i < LOAD_DIRECTORIES; i++)
        ret_paths[i][0] = '\0';
    if (stats_dir) {
        snprintf(ret_paths[0], PATH_BYTES, "%s", stats_dir);
        return;
    }
    if (runtime && runtime[0] == '/')
        snprintf(ret_paths[0], PATH_BYTES, "%s/poolmalloc", runtime);
    snprintf(ret_paths[1], PATH_BYTES, "/dev/shm/poolmalloc-%u", (unsigned)os_user_id());
    snprintf(ret_paths[2], PATH_BYTES, "/tmp/poolmalloc-%u", (unsigned)os_user_id());
}

bool load_directories(const char *stats_dir, void (*each)(void *context, const struct load_entry *),
                      void *context)
{
    char paths[LOAD_DIRECTORIES][PATH_BYTES];
    bool all_safe = true;
    load_directory_paths(stats_dir, paths);
    for (unsigned i = 0; i < LOAD_DIRECTORIES; i++) {
        const char *reason = NULL;
        int fd = paths[i][0] ? open_directory(paths[i], &reason) : -1;
        if (stats_dir && i == 0 && fd < 0 && !reason)
            reason = strerror(ENOENT);
        if (reason) {
            verb_complain("%s: %s: its statistics are not read", paths[i], reason);
            all_safe = false;
        }
        if (fd < 0)
            continue;
        scan(fd, paths[i], each, context);
        close(fd);
    }
    return all_safe;
}

// Each line of /proc/PID/maps ends in "INODE   PATH".
static bool find_mapping(pid_t process, ino_t inode, char *path, size_t size, int *ret_error)
{
    char name[64], line[LINE_BYTES];
    snprintf(name, sizeof name, "/proc/%d/maps", (int)process);
    FILE *maps = fopen(name, "re");
    *ret_error = maps ? 0 : errno;
    bool found = false;
    while (maps && !found && fgets(line, sizeof line, maps)) {
        unsigned long number;
        char at[PATH_BYTES];
        if (sscanf(line, "%*s %*s %*s %*s %lu %4095[^\n]", &number, at) != 2)
            continue;
        const char *suffix = strrchr(at, '.');
        found = suffix && strcmp(suffix, ".pmstat") == 0 && (inode == 0 || inode == number);
        if (found && path)
            snprintf(path, size, "%s", at);
    }
    if (maps)
        fclose(maps);
    return found;
}

bool load_is_mapped(pid_t process, int fd)
{
    struct stat status;
    int error;
    if (process <= 0 || fstat(fd, &status) != 0)
        return false;
    if (find_mapping(process, status.st_ino, NULL, 0, &error))
        return true;
    return error == EACCES || error == EPERM; // it is there, and does not let us look
}

bool load_mapped_path(pid_t process, char *path, size_t size)
{
    int error;
    return find_mapping(process, 0, path, size, &error);
}
