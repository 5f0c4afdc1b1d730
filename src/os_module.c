// SPDX-License-Identifier: MIT
// Which file an address belongs to. By /proc/self/maps and not by dl_iterate_phdr, which takes a lock of
// the dynamic linker's that may be held by whoever called malloc.
#include <string.h>

#include "os.h"
#include "os_call.h"

// A line of /proc/self/maps, read character by character:
//     START-END PERMISSIONS OFFSET DEVICE INODE     PATH
struct line {
    uintptr_t start, end;
    unsigned field; // 0 START, 1 END, ..., 6 PATH
    size_t length;
    char path[OS_PATH_SHOWN]; // cut if longer
};

static uintptr_t hexadecimal(char c)
{
    return (uintptr_t)(c <= '9' ? c - '0' : c - 'a' + 10);
}

static void add(struct line *line, char c)
{
    bool separates = line->field == 0 ? c == '-' : line->field < 6 && c == ' ';
    if (line->field == 0 && !separates)
        line->start = line->start * 16 + hexadecimal(c);
    else if (line->field == 1 && !separates)
        line->end = line->end * 16 + hexadecimal(c);
    else if (line->field == 6 && (line->length > 0 || c != ' ') && line->length < OS_PATH_SHOWN - 1)
        line->path[line->length++] = c;
    line->field += separates;
}

// Takes notice of a whole line. A module's first mapping is its base. True: the address is in it.
static bool finish(struct line *line, uintptr_t address, uintptr_t *base, struct os_module *module)
{
    line->path[line->length] = '\0';
    if (line->length > 0 && strcmp(line->path, module->path) != 0) {
        memcpy(module->path, line->path, line->length + 1);
        *base = line->start;
    }
    bool found = line->length > 0 && line->start <= address && address < line->end;
    module->offset = address - *base;
    line->start = line->end = 0;
    line->field = 0;
    line->length = 0;
    return found;
}

bool os_find_module(const void *address, struct os_module *ret_module)
{
    char buffer[512];
    struct line line = {.start = 0};
    uintptr_t base = 0;
    bool found = false;
    ssize_t n;
    int cancel_state = os_cancel_disable();
    int fd = os_open_file("/proc/self/maps");
    ret_module->path[0] = '\0';
    while (fd >= 0 && !found && (n = os_call(SYS_read, fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < n && !found; i++) {
            if (buffer[i] == '\n')
                found = finish(&line, (uintptr_t)address, &base, ret_module);
            else
                add(&line, buffer[i]);
        }
    }
    if (fd >= 0)
        os_close(fd);
    os_cancel_restore(cancel_state);
    return found;
}
