// SPDX-License-Identifier: MIT
// Stands in the place of a test program that this machine cannot run, and runs it by the emulator:
// DIRECTORY/aarch64/NAME for DIRECTORY/NAME; so emulated programs can start each other. Linked statically, so
// that LD_PRELOAD has no effect here; the emulated program gets it. EMULATED_PRELOAD is what it gets otherwise,
// of this machine's programs in between (env, a shell), which could not load it.
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    char self[PATH_MAX], program[PATH_MAX + 16], preload[PATH_MAX + 16] = "LD_PRELOAD=";
    ssize_t length = readlink("/proc/self/exe", self, sizeof self - 1);
    if (length < 0)
        return 127;
    self[length] = '\0';
    char *slash = strrchr(self, '/');
    snprintf(program, sizeof program, "%.*s/aarch64%s", (int)(slash - self), self, slash);
    const char *library = getenv("LD_PRELOAD");
    if (!library)
        library = getenv("EMULATED_PRELOAD");
    if (library)
        snprintf(preload, sizeof preload, "LD_PRELOAD=%s", library);
    unsetenv("LD_PRELOAD");

    char **all = calloc((size_t)argc + 8, sizeof *all);
    if (!all)
        return 127;
    unsigned n = 0;
    all[n++] = "qemu-aarch64";
    all[n++] = "-L";
    all[n++] = AARCH64_ROOT;
    if (library) {
        all[n++] = "-E";
        all[n++] = preload;
    }
    all[n++] = program;
    memcpy(all + n, argv + 1, (size_t)argc * sizeof *all); // with the NULL behind the last
    execvp(all[0], all);
    perror(all[0]);
    return 127;
}
