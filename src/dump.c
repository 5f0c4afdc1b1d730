// SPDX-License-Identifier: MIT
#include "dump.h"

#include <string.h>

#include "format.h"
#include "message.h"
#include "os.h"
#include "stats.h"

// .bss: no page of them exists before the dump. Nearly every dump fits in so much. The kernel is asked for
// more only if one does not: a program may have had it deny that by then, on pain of death.
enum { SMALL_BYTES = 256 * 1024 };
static char small[SMALL_BYTES] FAR;
static struct stats_step steps[SIZE_STEPS] FAR;
static struct stats_figures figures_at_end FAR;

// What to tell of the file; points into it and into `figures` and `steps`.
static struct format_subject read_file(const struct stats_file *file, struct stats_figures *figures)
{
    int fd = os_open_file(stats_path());
    stats_read_sparse(file, fd, true, figures);
    if (fd >= 0)
        os_close(fd);
    return (struct format_subject){
        .program = file->header.program,
        .origin = file->header.origin,
        .process_id = file->header.process_id,
        .start = file->header.start_ns / 1000000000,
        .milliseconds = (os_wall_clock_ns() - file->header.start_ns) / 1000000,
        .state = FORMAT_ENDED,
        .figures = figures,
        .steps = steps,
    };
}

void dump_text(const struct stats_file *file, struct stats_figures *scratch, struct text *out)
{
    struct format_subject subject = read_file(file, scratch);
    format_dump(out, DUMP_TEXT, &subject);
}

void dump_expand_path(const char *pattern, const struct stats_header *header, struct text *out)
{
    for (const char *p = pattern; *p; p++) {
        if (p[0] != '%' || !p[1]) {
            text_add_bytes(out, p, 1);
            continue;
        }
        switch (*++p) {
        case 'p': text_addf(out, "%lu", (unsigned long)header->process_id); break;
        case 'e': text_add(out, header->program); break;
        case 't': text_addf(out, "%lu", (unsigned long)(header->start_ns / 1000000000)); break;
        case 'h': text_add(out, os_host_name()); break;
        default: text_add_bytes(out, p - 1, 2); break;
        }
    }
}

// Where the configuration says.
static bool write_text(const struct conf *conf, const struct stats_file *file, const struct text *dump)
{
    if (strcmp(conf->dump.text, "stderr") == 0)
        return os_stderr_write(dump->data, dump->length);
    char path[CONF_STRING_MAX * 2];
    struct text expanded;
    text_init(&expanded, path, sizeof path);
    dump_expand_path(conf->dump.text, &file->header, &expanded);
    int error = os_append_file(path, dump->data, dump->length);
    if (error)
        message("the dump could not be written to %s: %s", path, os_error_text(error));
    return error == 0;
}

NOINLINE static bool write_out(const struct conf *conf, const struct stats_file *file)
{
    struct format_subject subject = read_file(file, &figures_at_end);
    if (conf->dump_format == DUMP_JSON)
        stats_read_steps(file, steps);
    struct text dump;
    text_init(&dump, small, sizeof small);
    format_dump(&dump, conf->dump_format, &subject);
    char *large = dump.truncated ? os_map(DUMP_BYTES_MAX) : NULL;
    if (large) {
        text_init(&dump, large, DUMP_BYTES_MAX);
        format_dump(&dump, conf->dump_format, &subject);
    }
    bool written = false;
    if (dump.truncated) // half a line would spoil the next process's as well
        message("there is no memory for the dump: poolmalloc stats %lu shows the statistics",
                (unsigned long)file->header.process_id);
    else
        written = write_text(conf, file, &dump);
    if (large)
        os_unmap(large, DUMP_BYTES_MAX);
    return written;
}

RESIDENT bool dump_is_off(const struct conf *conf)
{
    return memcmp(conf->dump.text, "off", sizeof "off") == 0; // a comparison of two words, no string
}

RESIDENT bool dump_write(const struct conf *conf, const struct stats_file *file)
{
    return dump_is_off(conf) || write_out(conf, file);
}
