// SPDX-License-Identifier: MIT
#include "bytes.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "output.h"

struct bytes bytes_from(FILE *file)
{
    struct bytes bytes = {NULL, 0};
    size_t got;
    FILE *to = open_memstream(&bytes.data, &bytes.length);
    char piece[16384];
    rewind(file);
    while ((got = fread(piece, 1, sizeof piece, file)) > 0)
        fwrite(piece, 1, got, to);
    fclose(to);
    return bytes;
}

bool bytes_read_file(const char *path, struct bytes *ret_bytes)
{
    FILE *file = fopen(path, "re");
    if (!file)
        return false;
    struct bytes bytes = bytes_from(file);
    int error = ferror(file) ? errno : 0;
    fclose(file);
    if (error) {
        free(bytes.data);
        errno = error;
        return false;
    }
    *ret_bytes = bytes;
    return true;
}

bool bytes_write_file(const char *path, bool force, const struct bytes *bytes)
{
    FILE *file = output_open(path, force);
    if (!file)
        return false;
    fwrite(bytes->data, 1, bytes->length, file);
    return output_close(path, file);
}
