// SPDX-License-Identifier: MIT
#include "stats.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "os.h"
#include "text.h"

struct stats_file *stats_file;

enum {
    BLOCKS = 1024,        // threads with a cache, and block 0
    BLOCKS_SCARCE = 12,   // where the address space is limited
    ROOM_MIN = 1024 * 1024, // bytes that a file system must have left for a file, or a thread's part of it
    IMAGES_MAX = 10,      // files of one process id: a program that was exec'd over, a dead process
    PATH_BYTES = CONF_STRING_MAX + 64,
};

static char directory_path[PATH_BYTES]; // empty: no file
static char file_name[32];
static char file_path[PATH_BYTES + 32];

static uint32_t block_count; // fixed after stats_open

const char *stats_path(void)
{
    return file_path;
}

static size_t file_bytes(void)
{
    return sizeof(struct stats_file) + block_count * sizeof(struct stats_block);
}

// That hold anything: of blocks that were never used not a byte.
static size_t used_bytes(void)
{
    uint64_t blocks = count_read(&stats_file->header.blocks_used);
    return sizeof(struct stats_file) + blocks * sizeof(struct stats_block);
}

// To write to a page of the file that the file system has no room for is SIGBUS, whatever the program does.
static bool has_room(void)
{
    return os_room(directory_path) >= ROOM_MIN;
}

void stats_make_room(void)
{
    if (!file_path[0] || has_room())
        return;
    size_t used = used_bytes();
    char *kept = os_map(used);
    // Read, not copied: to look at a page that was never written makes it, where files are memory.
    if (kept && os_read_file(file_path, kept, used) == -EFBIG && os_map_over(stats_file, file_bytes())) {
        memcpy(stats_file, kept, used);
        os_remove(file_path);
        file_path[0] = directory_path[0] = '\0';
    }
    if (kept)
        os_unmap(kept, used);
}

// Opens one candidate. A memory file system is asked for first, because a page of a disk file
// faults again after each write-back.
static int try_directory(const char *path, bool must_be_memory)
{
    int fd = os_open_private_directory(path);
    if (fd >= 0 && must_be_memory && !os_is_memory_file_system(fd)) {
        os_close(fd);
        return -ENODEV;
    }
    if (fd >= 0) {
        struct text text;
        text_init(&text, directory_path, sizeof directory_path);
        text_add(&text, path);
        if (!has_room()) {
            directory_path[0] = '\0';
            os_close(fd);
            return -ENOSPC;
        }
    }
    return fd;
}

static int open_directory(const char *configured)
{
    if (configured[0])
        return try_directory(configured, false);
    char runtime[PATH_BYTES], shared[64], temporary[64];
    struct text text;
    const char *base = os_environment("XDG_RUNTIME_DIR");
    text_init(&text, runtime, sizeof runtime);
    text_addf(&text, "%s/poolmalloc", base ? base : "");
    bool has_runtime = base && base[0] == '/' && !text.truncated;
    text_init(&text, shared, sizeof shared);
    text_addf(&text, "/dev/shm/poolmalloc-%u", (unsigned)os_user_id());
    text_init(&text, temporary, sizeof temporary);
    text_addf(&text, "/tmp/poolmalloc-%u", (unsigned)os_user_id());

    int fd = has_runtime ? try_directory(runtime, true) : -ENOENT;
    if (fd < 0)
        fd = try_directory(shared, true);
    if (fd < 0 && has_runtime)
        fd = try_directory(runtime, false);
    if (fd < 0)
        fd = try_directory(temporary, false);
    return fd;
}

static void name_file(unsigned image)
{
    struct text text;
    text_init(&text, file_name, sizeof file_name);
    text_addf(&text, image == 0 ? "%d.pmstat" : "%d.%u.pmstat", (int)os_process_id(), image);
}

// Creates the first file of this process id whose name is free; in the place of `over`, if not NULL.
static bool create_file(int directory, void *over, void **ret_start)
{
    int error = -EEXIST;
    for (unsigned image = 0; image < IMAGES_MAX && error == -EEXIST; image++) {
        name_file(image);
        error = over ? os_move_to_mapped_file(directory, file_name, file_bytes(), over, used_bytes())
                     : os_create_mapped_file(directory, file_name, file_bytes(), ret_start);
    }
    struct text text;
    text_init(&text, file_path, sizeof file_path);
    if (error == 0)
        text_addf(&text, "%s/%s", directory_path, file_name);
    return error == 0;
}

static void fill_header(struct stats_header *header)
{
    header->magic = STATS_MAGIC;
    header->version = STATS_VERSION;
    header->header_bytes = sizeof(struct stats_header);
    header->pool_bytes = sizeof(struct stats_pool);
    header->block_bytes = sizeof(struct stats_block);
    header->block_count = block_count;
    header->file_bytes = file_bytes();
    header->blocks_used = 1;
    header->process_id = (uint64_t)os_process_id();
    header->start_ns = os_wall_clock_ns();
    atomic_store_explicit(&header->end_ns, 0, memory_order_relaxed); // a child's parent may have ended
    struct text program;
    text_init(&program, header->program, sizeof header->program);
    text_add(&program, os_program_name());
}

static void describe_configuration(const struct conf *conf, struct stats_header *header)
{
    header->mem_alignment = (uint32_t)conf->mem_alignment;
    header->on_empty = conf->on_empty;
    header->on_oversize = conf->on_oversize;
    header->try_bigger = conf->try_bigger;
    struct text origin;
    text_init(&origin, header->origin, sizeof header->origin);
    text_addf(&origin, "pools: %s", conf->sources[conf->pool_source]);
    for (unsigned option = 0; option < OPTION_COUNT; option++) {
        if (conf->option_source[option] == 0 || conf_option_is_implied(conf, option))
            continue;
        char value[CONF_STRING_MAX];
        conf_option_text(conf, option, value, sizeof value);
        text_addf(&origin, "; %s = %s: %s", conf_rows[option].name, value,
                  conf->sources[conf->option_source[option]]);
    }
}

void stats_open(const struct conf *conf)
{
    void *start = NULL;
    block_count = os_address_space_limit() == UINT64_MAX ? BLOCKS : BLOCKS_SCARCE;
    int directory = os_is_secure() ? -EPERM : open_directory(conf->stats_dir.text);
    if (directory >= 0) {
        if (!create_file(directory, NULL, &start))
            directory_path[0] = '\0';
        os_close(directory);
    }
    if (!start)
        start = os_map(file_bytes());
    if (!start) { // a limit on private memory (ulimit -d)
        block_count = BLOCKS_SCARCE;
        start = os_map(file_bytes());
    }
    if (!start)
        return;
    if (!file_path[0])
        os_no_core_dump(start, file_bytes()); // files are not dumped anyway
    stats_file = start;
    fill_header(&stats_file->header);
    describe_configuration(conf, &stats_file->header);
}

static void copy_text(char *to, size_t size, const char *from)
{
    struct text text;
    text_init(&text, to, size);
    text_add(&text, from);
}

static void forget_pool(unsigned index)
{
    memset(&stats_file->pools[index], 0, sizeof(struct stats_pool));
    for (unsigned b = 0; b < count_read(&stats_file->header.blocks_used); b++) {
        memset(&stats_file->blocks[b].pools[index], 0, sizeof(struct stats_pool_counts));
        atomic_store_explicit(&stats_file->blocks[b].frees[index], 0, memory_order_relaxed);
    }
}

void stats_describe_pool(unsigned index, const struct stats_description *description)
{
    struct stats_pool *pool = &stats_file->pools[index];
    if (pool->count != 0)
        forget_pool(index);
    pool->kind = description->kind;
    pool->size = description->size;
    pool->usable = description->usable;
    pool->stride = description->stride;
    pool->count = description->count;
    struct stats_header *header = &stats_file->header;
    if (description->kind == POOL_MALLOC) {
        struct text name;
        text_init(&name, pool->name, sizeof pool->name);
        text_addf(&name, "MALLOC_%lu", (unsigned long)pool->size);
        header->pool_count = (uint32_t)max_u64(header->pool_count, index + 1);
        return;
    }
    unsigned named = index - NAMED_POOLS_FIRST;
    copy_text(pool->name, sizeof pool->name, description->name);
    copy_text(stats_file->descs[named], STATS_DESC_MAX, description->desc);
    header->named_count = (uint32_t)max_u64(header->named_count, named + 1);
}

// The next entry of a pool in the statistics, from `index` on; POOLS_MAX: none.
static unsigned described_from(unsigned index)
{
    const struct stats_header *header = &stats_file->header;
    if (index >= header->pool_count && index < NAMED_POOLS_FIRST)
        index = NAMED_POOLS_FIRST;
    return index < NAMED_POOLS_FIRST + header->named_count ? index : POOLS_MAX;
}

bool stats_fork(unsigned named_count)
{
    struct stats_header header = stats_file->header;
    header.named_count = (uint32_t)min_u64(header.named_count, named_count);
    struct { // too large for some threads' stacks
        struct stats_pool pools[POOLS_MAX];
        char descs[NAMED_POOLS_MAX][STATS_DESC_MAX];
    } *kept = os_map(sizeof *kept);
    file_path[0] = '\0';
    if (!kept)
        return false;
    for (unsigned i = described_from(0); i < POOLS_MAX; i = described_from(i + 1))
        kept->pools[i] = stats_file->pools[i];
    memcpy(kept->descs, stats_file->descs, header.named_count * sizeof *kept->descs);
    if (!os_map_over(stats_file, file_bytes())) {
        os_unmap(kept, sizeof *kept);
        return false;
    }
    stats_file->header = header;
    fill_header(&stats_file->header);
    stats_file->header.forked_from = header.process_id;
    memcpy(stats_file->descs, kept->descs, header.named_count * sizeof *kept->descs);
    for (unsigned i = described_from(0); i < POOLS_MAX; i = described_from(i + 1)) {
        struct stats_pool *pool = &stats_file->pools[i];
        *pool = kept->pools[i];
        // What the parent counted, and goes on counting: pool_inherit knows what the child has.
        atomic_store_explicit(&pool->made, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->out, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->max, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->max_slack, 0, memory_order_relaxed);
        atomic_store_explicit(&pool->inherited, 0, memory_order_relaxed);
    }
    os_unmap(kept, sizeof *kept);
    return true;
}

void stats_settle(void)
{
    bool wanted = directory_path[0] && has_room();
    int directory = wanted ? os_open_private_directory(directory_path) : -ENOENT;
    if (directory < 0)
        return;
    void *start;
    create_file(directory, stats_file, &start);
    os_close(directory);
}

bool stats_is_settled(void)
{
    return file_path[0] != '\0' || directory_path[0] == '\0';
}

RESIDENT void stats_close(bool keep)
{
    atomic_store_explicit(&stats_file->header.end_ns, os_wall_clock_ns(), memory_order_relaxed);
    if (!keep && file_path[0])
        os_remove(file_path);
}
