// SPDX-License-Identifier: MIT
// read_stats FILE: prints a file of statistics as a JSON dump, and the header's fields that no dump
// shows. Built with the library's own reader.
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include "format.h"

int main(int argc, char **argv)
{
    static char buffer[1 << 20];
    struct stat status;
    struct stats_figures figures;
    int fd = argc > 1 ? open(argv[1], O_RDONLY) : -1;
    if (fd < 0 || fstat(fd, &status) != 0)
        return 2;
    const struct stats_file *file = mmap(NULL, status.st_size, PROT_READ, MAP_SHARED, fd, 0);
    const char *reason = file == MAP_FAILED ? "cannot be mapped" : stats_refuse(file, status.st_size);
    if (reason) {
        fprintf(stderr, "%s: %s\n", argv[1], reason);
        return 1;
    }
    const struct stats_header *header = &file->header;
    stats_read(file, false, &figures);
    static struct stats_step steps[SIZE_STEPS];
    stats_read_steps(file, steps);
    struct format_subject subject = {.program = header->program, .origin = header->origin,
                                     .process_id = header->process_id, .figures = &figures,
                                     .steps = steps};
    struct text text;
    text_init(&text, buffer, sizeof buffer);
    format_dump(&text, DUMP_JSON, &subject);
    printf("%s{\"ended\":%d,\"forked_from\":%lu,\"blocks_used\":%lu}\n", buffer, header->end_ns != 0,
           header->forked_from, header->blocks_used);
    return 0;
}
