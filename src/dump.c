// SPDX-License-Identifier: MIT
#include "dump.h"

#include <string.h>

#include "format.h"
#include "message.h"
#include "os.h"
#include "stats.h"

enum { DUMP_MAX = 256 * 1024 };

// .bss: no page of them exists before the dump.
static char buffer[DUMP_MAX] FAR;
static struct stats_step steps[SIZE_STEPS] FAR;
static struct stats_figures figures_at_end FAR;

static void format_file(const struct stats_file *file, enum dump_format format,
                        struct stats_figures *figures, struct text *out)
{
    int fd = os_open_file(stats_path());
    stats_read_sparse(file, fd, true, figures);
    if (fd >= 0)
        os_close(fd);
    if (format == DUMP_JSON)
        stats_read_steps(file, steps);
    struct format_subject subject = {
        .program = file->header.program,
        .origin = file->header.origin,
        .process_id = file->header.process_id,
        .start = file->header.start_ns / 1000000000,
        .milliseconds = (os_wall_clock_ns() - file->header.start_ns) / 1000000,
        .state = FORMAT_ENDED,
        .figures = figures,
        .steps = steps,
    };
    format_dump(out, format, &subject);
}

void dump_text(const struct stats_file *file, struct stats_figures *scratch, struct text *out)
{
    format_file(file, DUMP_TEXT, scratch, out);
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

NOINLINE static bool write_out(const struct conf *conf, const struct stats_file *file)
{
    struct text out;
    text_init(&out, buffer, sizeof buffer);
    format_file(file, conf->dump_format, &figures_at_end, &out);
    if (strcmp(conf->dump.text, "stderr") == 0)
        return os_stderr_write(out.data, out.length) && !out.truncated;
    char path[CONF_STRING_MAX * 2];
    struct text expanded;
    text_init(&expanded, path, sizeof path);
    dump_expand_path(conf->dump.text, &file->header, &expanded);
    int error = os_append_file(path, out.data, out.length);
    if (error)
        message("the dump could not be written to %s", path);
    return error == 0 && !out.truncated;
}

RESIDENT bool dump_write(const struct conf *conf, const struct stats_file *file)
{
    bool is_off = memcmp(conf->dump.text, "off", sizeof "off") == 0; // a comparison of two words, no string
    return is_off || write_out(conf, file);
}
