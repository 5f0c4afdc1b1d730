// SPDX-License-Identifier: MIT
// Which file runs: PATH, #! and env are followed as the system does. probe_elf.c reads that file.
#include "probe.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "probe_elf.h"

enum { SCRIPTS_MAX = 4, LINE_MAX_BYTES = 256 }; // the kernel's

// 0, or why the file cannot be run.
static int try_path(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return errno;
    if (S_ISDIR(status.st_mode))
        return EACCES;
    return access(path, X_OK) == 0 ? 0 : errno;
}

static int find_in_path(const char *name, char *ret_path)
{
    const char *directories = getenv("PATH");
    int error = ENOENT;
    if (!directories)
        directories = "/bin:/usr/bin"; // what execvp takes
    for (const char *at = directories;; at++) {
        size_t length = strcspn(at, ":");
        int tried = ENOENT;
        if (length + strlen(name) + 2 <= PATH_MAX) {
            char *end = mempcpy(ret_path, length ? at : ".", length ? length : 1);
            *end++ = '/';
            strcpy(end, name);
            tried = try_path(ret_path);
        }
        if (tried == 0)
            return 0;
        if (tried == EACCES)
            error = EACCES;
        at += length;
        if (!*at)
            return error;
    }
}

static int find(const char *name, char *ret_path)
{
    if (!name[0] || strlen(name) >= PATH_MAX)
        return name[0] ? ENAMETOOLONG : ENOENT;
    if (!strchr(name, '/'))
        return find_in_path(name, ret_path);
    strcpy(ret_path, name);
    return try_path(name);
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

enum step { STEP_NONE, STEP_INTERPRETER, STEP_ENV };

// The interpreter that a script names, in `line`; through env, the program that env would run. `line`
// becomes empty when none is named.
static enum step read_script(const char *path, char line[LINE_MAX_BYTES + 1])
{
    char *rest;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    ssize_t length = fd < 0 ? 0 : read(fd, line, LINE_MAX_BYTES); // unreadable ones may run as well
    if (fd >= 0)
        close(fd);
    if (length < 2 || line[0] != '#' || line[1] != '!')
        return STEP_NONE;
    line[length] = '\0';
    line[strcspn(line, "\n")] = '\0';
    char *word = strtok_r(line + 2, " \t", &rest);
    enum step step = STEP_INTERPRETER;
    if (word && strcmp(base_name(word), "env") == 0) {
        char *program = strtok_r(NULL, " \t", &rest);
        while (program && (program[0] == '-' || strchr(program, '=')))
            program = strtok_r(NULL, " \t", &rest);
        step = program ? STEP_ENV : STEP_INTERPRETER;
        word = program ? program : word;
    }
    memmove(line, word ? word : "", word ? strlen(word) + 1 : 1);
    return step;
}

// Set-user-ID and the like, of a file that runs under other rights than the caller has.
static bool is_secure(const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0)
        return false;
    if ((status.st_mode & S_ISUID) && status.st_uid != getuid())
        return true;
    if ((status.st_mode & S_ISGID) && (status.st_mode & S_IXGRP) && status.st_gid != getgid())
        return true;
    return getuid() != 0 && getxattr(path, "security.capability", NULL, 0) > 0;
}

// By the name of the file: what its blocks are, no symbol tells.
static enum probe_language language_by_name(const char *path)
{
    static const struct {
        const char *name;
        enum probe_language language;
    } known[] = {{"python", LANGUAGE_PYTHON}, {"pypy", LANGUAGE_PYTHON}, {"node", LANGUAGE_NODE},
                 {"java", LANGUAGE_JAVA},     {"php", LANGUAGE_PHP}};
    char real[PATH_MAX];
    const char *name = base_name(realpath(path, real) ? real : path);
    for (size_t i = 0; i < ARRAY_LENGTH(known); i++)
        if (strncmp(name, known[i].name, strlen(known[i].name)) == 0)
            return known[i].language;
    return LANGUAGE_OTHER;
}

bool probe_is_on_pools(const struct probe *probe)
{
    return probe->linked || probe_has(probe, SIGN_POOLS);
}

bool probe_file(const char *path, struct probe *ret_probe)
{
    memset(ret_probe, 0, sizeof *ret_probe);
    if (strlen(path) >= PATH_MAX)
        return false;
    strcpy(ret_probe->path, path);
    ret_probe->language = language_by_name(path);
    ret_probe->is_secure = is_secure(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return false;
    probe_elf(fd, ret_probe);
    close(fd);
    return true;
}

int probe_program(const char *name, struct probe *ret_probe)
{
    char path[PATH_MAX], script[PATH_MAX] = "", known_as[PATH_MAX], line[LINE_MAX_BYTES + 1];
    int error = find(name, path);
    strcpy(known_as, error ? "" : path);
    for (unsigned i = 0; error == 0; i++) {
        enum step step = read_script(path, line);
        if (step == STEP_NONE)
            break;
        if (i == 0)
            strcpy(script, path);
        error = i == SCRIPTS_MAX ? ELOOP : !line[0] ? ENOEXEC : find(line, path);
        if (step == STEP_ENV)
            strcpy(known_as, path);
    }
    if (error)
        return error;
    bool readable = probe_file(path, ret_probe);
    if (readable && !ret_probe->is_elf) { // execvp gives it to the shell
        strcpy(script, script[0] ? script : path);
        strcpy(known_as, "sh");
        probe_file("/bin/sh", ret_probe);
    }
    strcpy(ret_probe->script, script);
    snprintf(ret_probe->name, sizeof ret_probe->name, "%.*s", NAME_MAX, base_name(known_as));
    return 0;
}
