// SPDX-License-Identifier: MIT
// The libraries that a program is linked with, and theirs. The dynamic linker itself tells which they are
// (--list, as ldd does): nothing of the program runs.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"
#include "probe_elf.h"

static _Noreturn void list(const struct probe *probe, int to)
{
    int nowhere = open("/dev/null", O_RDWR | O_CLOEXEC);
    dup2(nowhere, STDIN_FILENO);
    dup2(nowhere, STDERR_FILENO);
    dup2(to, STDOUT_FILENO);
    unsetenv("LD_PRELOAD");
    execl(probe->loader, probe->loader, "--list", probe->path, (char *)NULL);
    _exit(127);
}

// What one library adds.
static void look(struct probe *probe, const char *path)
{
    static struct probe library;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return;
    memset(&library, 0, sizeof library);
    probe_elf(fd, &library);
    close(fd);
    if (strncmp(name, "libc.so", 7) == 0 || strncmp(name, "ld-", 3) == 0)
        return; // libc's own
    if (strncmp(name, "libpoolmalloc", 13) == 0)
        return;
    bool exports = probe_has(&library, SIGN_OWN_MALLOC);
    char *into = exports ? probe->allocator : probe->inner;
    if ((exports || probe_has(&library, SIGN_INNER_ALLOCATOR)) && !into[0])
        snprintf(into, PROBE_NAME_BYTES, "%.*s", PROBE_NAME_BYTES - 1, name);
}

void probe_libraries(struct probe *probe)
{
    int ends[2];
    if (!probe->is_elf || !probe->loader[0] || pipe2(ends, O_CLOEXEC) != 0)
        return;
    pid_t child = fork();
    if (child == 0)
        list(probe, ends[1]);
    close(ends[1]);
    FILE *lines = fdopen(ends[0], "r");
    char line[PATH_MAX + 256], path[PATH_MAX];
    // "\tlibm.so.6 => /lib/libm.so.6 (0x...)", or "\t./mine.so (0x...)"
    while (lines && fgets(line, sizeof line, lines)) {
        const char *arrow = strstr(line, " => ");
        if (sscanf(arrow ? arrow + 4 : line, "%4095s", path) == 1 && strchr(path, '/'))
            look(probe, path);
    }
    if (lines)
        fclose(lines);
    if (child > 0)
        waitpid(child, NULL, 0);
}
