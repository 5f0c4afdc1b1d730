// SPDX-License-Identifier: MIT
#include "load.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "conf.h"
#include "verb.h"

enum {
    LINE_MAX_BYTES = 4 << 20, // of JSON: several times the longest that can be written
    BLOCKS_MAX = 4096,        // more than the library ever has in a file
};

struct sink { // where records go, and how it went
    load_each *each;
    void *context;
    bool ok, stopped;
    bool running; // one of the records was of a running process
    bool silent, known_alive; // see load_watched
    bool grouping; // of a directory's files: one complaint is told, and how many there are
    unsigned told, more;
};

static const char statistics_magic[] = "poolmts"; // STATS_MAGIC with its zero

static struct record record; // one at a time, 100 KB

static void hand_on(struct sink *sink, const char *source)
{
    sink->running |= record.state == FORMAT_RUNNING;
    sink->stopped |= !sink->each(sink->context, &record, source);
}

static void complain(struct sink *sink, const char *source, const char *reason)
{
    sink->ok = false;
    if (sink->silent)
        return;
    if (sink->grouping && sink->told++ > 0)
        sink->more++;
    else
        verb_complain("%s: %s", source, reason);
}

static void complain_of_the_rest(struct sink *sink)
{
    if (sink->more > 0)
        verb_complain("%u more statistics files there could not be read; poolmalloc stats --clean "
                      "removes those of dead processes", sink->more);
    sink->more = 0;
}

// Statistics files

static void copy_text(char *out, const char *from, size_t size)
{
    snprintf(out, size, "%.*s", (int)strnlen(from, size - 1), from);
    record_clean_text(out);
}

const char *load_image(const struct stats_file *file, size_t bytes, struct record *ret_record)
{
    const char *reason = stats_refuse(file, bytes);
    if (reason)
        return reason;
    const struct stats_header *header = &file->header;
    uint64_t end_ns = atomic_load_explicit(&header->end_ns, memory_order_relaxed);
    memset(ret_record, 0, sizeof *ret_record);
    copy_text(ret_record->program, header->program, sizeof ret_record->program);
    copy_text(ret_record->origin, header->origin, sizeof ret_record->origin);
    ret_record->process_id = header->process_id;
    ret_record->start = header->start_ns / 1000000000;
    ret_record->state = end_ns ? FORMAT_ENDED : FORMAT_DIED;
    if (end_ns > header->start_ns)
        ret_record->milliseconds = (end_ns - header->start_ns) / 1000000;
    for (unsigned i = 0; i < header->pool_count; i++)
        if (file->pools[i].usable < file->pools[i].size)
            return "damaged: a pool's chunks are smaller than its size";
    stats_read(file, false, &ret_record->figures);
    for (unsigned i = 0; i < ret_record->figures.pool_count; i++) { // nothing after the name's end
        char *name = ret_record->figures.pools[i].name;
        size_t length = strnlen(name, STATS_NAME_MAX - 1);
        memset(name + length, 0, STATS_NAME_MAX - length);
    }
    stats_read_steps(file, ret_record->steps);
    for (unsigned step = 0; step < SIZE_STEPS; step++)
        if (ret_record->steps[step].count == 0) // read just before it came
            ret_record->steps[step].bytes = 0;
    return record_check(ret_record);
}

// Reads the parts of a statistics file that hold anything, and nothing of it twice. `total` is how
// large the file is, as far as the system knows it.
static struct stats_file *read_image(FILE *stream, uint64_t total, size_t *ret_bytes,
                                     const char **ret_reason)
{
    struct stats_file *file = aligned_alloc(CACHE_LINE, sizeof *file);
    *ret_reason = "too short for a statistics file";
    if (!file || fread(file, 1, sizeof *file, stream) != sizeof *file)
        return file;
    if (total == UINT64_MAX)
        total = file->header.file_bytes;
    *ret_reason = stats_refuse(file, total);
    if (!*ret_reason && (total != file->header.file_bytes || file->header.blocks_used > BLOCKS_MAX))
        *ret_reason = "damaged or cut short";
    if (*ret_reason)
        return file;
    size_t blocks = file->header.blocks_used * sizeof(struct stats_block);
    struct stats_file *whole = aligned_alloc(CACHE_LINE, sizeof *file + blocks);
    if (!whole) {
        *ret_reason = strerror(ENOMEM);
        return file;
    }
    memcpy(whole, file, sizeof *file);
    free(file);
    if (fread(whole->blocks, 1, blocks, stream) != blocks)
        *ret_reason = ferror(stream) ? strerror(errno) : "damaged or cut short";
    whole->header.block_count = (uint32_t)whole->header.blocks_used; // those that are here
    *ret_bytes = sizeof *file + blocks;
    return whole;
}

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void load_binary(FILE *stream, const char *name, struct sink *sink)
{
    struct stat status;
    const char *reason;
    size_t bytes = 0;
    bool is_file = fstat(fileno(stream), &status) == 0 && S_ISREG(status.st_mode);
    struct stats_file *file =
        read_image(stream, is_file ? (uint64_t)status.st_size : UINT64_MAX, &bytes, &reason);
    if (!reason)
        reason = load_image(file, bytes, &record);
    if (!reason && record.state == FORMAT_DIED && is_file
        && (sink->known_alive || load_is_mapped((pid_t)record.process_id, fileno(stream)))) {
        uint64_t start_ns = file->header.start_ns, now = now_ns();
        record.state = FORMAT_RUNNING;
        record.milliseconds = now > start_ns ? (now - start_ns) / 1000000 : 0;
    }
    free(file);
    if (reason)
        complain(sink, name, reason);
    else
        hand_on(sink, name);
}

// JSON lines

static void ignore_mistake(void *context, const char *mistake)
{
    (void)context;
    (void)mistake;
}

// Whether the first line of any content, this or one that follows, is a statement of pools.conf.
static bool begins_conf(const char *line, FILE *stream)
{
    static struct conf conf;
    char next[4096];
    while (line && (line[0] == '#' || line[strspn(line, " \t\r\n")] == '\0'))
        line = fgets(next, sizeof next, stream);
    conf_init(&conf);
    return line && conf_merge(&conf, "", line, strlen(line), false, ignore_mistake, NULL) == 0;
}

static bool load_line(const char *line, size_t length, const char *source, struct sink *sink)
{
    char error[256];
    int column = 0;
    if (load_json(line, length, &record, error, sizeof error, &column)) {
        hand_on(sink, source);
        return true;
    }
    if (strncmp(line, "poolmalloc: ", 12) == 0 || strncmp(line, "# ", 2) == 0)
        verb_complain("%s: a dump for people or for other programs; "
                      "one of dump_format = json can be read back", source);
    else if (column > 0)
        verb_complain("%s:%d: %s", source, column, error);
    else
        verb_complain("%s: %s", source, error);
    sink->ok = false;
    return false;
}

// The rest of a line that was too long.
static void skip_line(FILE *stream)
{
    int c;
    do
        c = getc(stream);
    while (c != EOF && c != '\n');
}

static void load_lines(FILE *stream, const char *name, struct sink *sink)
{
    static char line[LINE_MAX_BYTES];
    for (unsigned long number = 1; !sink->stopped && fgets(line, sizeof line, stream); number++) {
        char source[4096 + 32];
        size_t length = strlen(line); // a NUL byte ends the line early, and then it is no JSON
        snprintf(source, sizeof source, "%s:%lu", name, number);
        if (length == sizeof line - 1 && line[length - 1] != '\n') {
            complain(sink, source, "too long for a line of statistics");
            skip_line(stream);
        } else if (number == 1 && line[0] != '{' && begins_conf(line, stream)) {
            complain(sink, name, "that is a pools.conf, and no statistics: poolmalloc check shows it, "
                                 "poolmalloc run -c runs programs on it");
            return;
        } else if (line[strspn(line, " \t\r\n")] != '\0' || length == 0) {
            if (!load_line(line, length, source, sink) && number == 1 && line[0] != '{')
                return; // another kind of file: one complaint is enough
        }
    }
}

const char *load_not_conf(const char *start, size_t length)
{
    if (length > 0 && (start[0] == '{' || (length >= 8 && memcmp(start, statistics_magic, 8) == 0)))
        return "that is statistics, and no pools.conf: poolmalloc tune makes one of them";
    const char *end = memchr(start, '\n', length); // further on, mistakes have their place
    return memchr(start, '\0', end ? (size_t)(end - start) : length) ? "that is not text, and so no pools.conf" : NULL;
}

static void load_from(FILE *stream, const char *name, struct sink *sink)
{
    char start[sizeof statistics_magic];
    size_t got = fread(start, 1, sizeof start, stream);
    if (got == 0) {
        complain(sink, name, ferror(stream) ? strerror(errno) : "empty");
        return;
    }
    for (size_t i = got; i-- > 0;) // glibc takes back any number
        ungetc((unsigned char)start[i], stream);
    if (got == sizeof start && memcmp(start, statistics_magic, sizeof start) == 0)
        load_binary(stream, name, sink);
    else
        load_lines(stream, name, sink);
}

bool load_stream(FILE *stream, const char *name, load_each *each, void *context)
{
    struct sink sink = {.each = each, .context = context, .ok = true};
    load_from(stream, name, &sink);
    return sink.ok;
}

// Arguments

static void load_path(int directory, const char *path, const char *name, struct sink *sink)
{
    int fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); // no waiting for a FIFO's writer
    FILE *stream = fd < 0 ? NULL : fdopen(fd, "r");
    if (!stream) {
        complain(sink, name, strerror(errno));
        return;
    }
    fcntl(fd, F_SETFL, 0);
    load_from(stream, name, sink);
    fclose(stream);
}

// What is found in the statistics directories; of one process, if not all are asked for.
struct search {
    struct sink *sink;
    pid_t process; // -1: all
    unsigned found;
};

// The library fills a new file in: until then it is all zeros, and nothing to complain about.
static bool is_blank(const struct load_entry *entry)
{
    uint64_t magic = 0;
    int fd = openat(entry->directory, entry->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    bool blank = fd < 0 || (read(fd, &magic, sizeof magic) == sizeof magic && magic == 0);
    if (fd >= 0)
        close(fd);
    return blank;
}

static void load_entry(void *context, const struct load_entry *entry)
{
    struct search *search = context;
    if (search->sink->stopped || (search->process >= 0 && search->process != entry->process_id)
        || is_blank(entry))
        return;
    search->found++;
    load_path(entry->directory, entry->name, entry->path, search->sink);
}

void load_watched(const struct load_entry *entry, bool known_alive, load_each *each, void *context)
{
    struct sink sink = {.each = each, .context = context, .silent = true, .known_alive = known_alive};
    if (!is_blank(entry))
        load_path(entry->directory, entry->name, entry->path, &sink);
}

static void load_process(pid_t process, const char *stats_dir, struct sink *sink)
{
    struct search search = {.sink = sink, .process = process};
    char path[4096];
    bool is_mapped = load_mapped_path(process, path, sizeof path);
    bool silent = sink->silent, ok = sink->ok;
    // Those that are there may be of earlier processes with this number, and of another version.
    sink->silent |= is_mapped;
    sink->running = false;
    bool all_safe = load_directories(stats_dir, load_entry, &search);
    sink->silent = silent;
    sink->ok = (is_mapped ? ok : sink->ok) && all_safe;
    if (search.found > 0 && sink->running)
        return;
    if (is_mapped) {
        load_path(AT_FDCWD, path, path, sink);
        return;
    }
    if (search.found > 0)
        return;
    char name[32];
    snprintf(name, sizeof name, "process %d", (int)process);
    complain(sink, name, "has no statistics here (not on pools, ended normally, or with another stats_dir)");
}

bool load_arguments(char *const *arguments, unsigned count, const char *stats_dir, load_each *each,
                    void *context)
{
    struct sink sink = {.each = each, .context = context, .ok = true};
    struct search all = {.sink = &sink, .process = -1};
    if (count == 0) {
        sink.grouping = true;
        sink.ok &= load_directories(stats_dir, load_entry, &all);
        complain_of_the_rest(&sink);
    }
    for (unsigned i = 0; i < count && !sink.stopped; i++) {
        const char *argument = arguments[i];
        if (strcmp(argument, "-") == 0)
            load_from(stdin, "standard input", &sink);
        else if (argument[0] != '\0' && argument[strspn(argument, "0123456789")] == '\0')
            load_process((pid_t)strtoul(argument, NULL, 10), stats_dir, &sink);
        else
            load_path(AT_FDCWD, argument, argument, &sink);
    }
    return sink.ok;
}
