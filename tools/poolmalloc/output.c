// SPDX-License-Identifier: MIT
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "verb.h"

FILE *output_open(const char *path, bool force)
{
    if (!path || strcmp(path, "-") == 0)
        return stdout;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | (force ? O_TRUNC : O_EXCL), 0666);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w");
    if (!file && errno == EEXIST)
        verb_complain("%s is there already: --force overwrites it", path);
    else if (!file)
        verb_complain("-o %s: could not be written: %s", path, strerror(errno));
    return file;
}

bool output_close(const char *path, FILE *file)
{
    if (file == stdout)
        return true; // verb_begin sees to it
    bool failed = ferror(file);
    failed |= fclose(file) != 0;
    if (failed)
        verb_complain("%s: could not be written", path);
    return !failed;
}
