// SPDX-License-Identifier: MIT
// pools.conf: its text turned into a struct conf. One grammar for the library and the command.
// Allocates nothing, makes no system call, keeps no state; the caller brings text and storage.
#ifndef CONF_H
#define CONF_H

#include "base.h"

enum policy { POLICY_FALLBACK, POLICY_FAIL, POLICY_ABORT };
enum misuse { MISUSE_ABORT, MISUSE_WARN, MISUSE_IGNORE }; // on_invalid_free, on_corruption
enum overflow_check { OVERFLOW_CHECK_OFF, OVERFLOW_CHECK_ONE, OVERFLOW_CHECK_ALL };
enum dump_format { DUMP_TEXT, DUMP_JSON, DUMP_OPENMETRICS, DUMP_LWIP };
enum huge_pages { HUGE_PAGES_OFF, HUGE_PAGES_THP };
enum semantics { SEMANTICS_HOST, SEMANTICS_LWIP };

// thread_cache: besides these two, a number of chunks per pool and thread.
#define THREAD_CACHE_OFF 0
#define THREAD_CACHE_AUTO UINT32_MAX

enum {
    CONF_NAME_MAX = 32,    // bytes of a named pool's name, with its NUL
    CONF_STRING_MAX = 256, // bytes of a string option or description, with its NUL
    CONF_SOURCES_MAX = 4,  // built-in, system file, POOLMALLOC_CONF, POOLMALLOC
};

enum conf_option { // OPTION_semantics, OPTION_on_empty, ...: one for each row of options.def
#define OPTION(name, ...) OPTION_##name,
#include "options.def"
#undef OPTION
    OPTION_COUNT
};

// The first three are lines of pools.conf; the others are the program's, see poolmalloc.h.
enum pool_kind { POOL_MALLOC, POOL_NAMED, POOL_PBUF, POOL_CREATED, POOL_STATIC };

// One pool line. Fixed after parsing. Small: the lines of many malloc pools lie in few pages.
struct conf_pool {
    uint64_t size;  // declared bytes of a chunk; of a pbuf pool: its payload
    uint64_t count; // chunks, or COUNT_UNLIMITED
    uint32_t line;  // where it stands in its source
    uint8_t source; // index in conf.sources
    uint8_t kind;   // enum pool_kind
};

struct conf_named {
    struct conf_pool pool;
    char name[CONF_NAME_MAX];
    char desc[CONF_STRING_MAX]; // may be empty
};

// How a row of options.def is stored, by its type column.
struct conf_string {
    char text[CONF_STRING_MAX];
};
typedef uint32_t conf_choice; // one of the enums above
typedef bool conf_bool;
typedef uint64_t conf_alignment; // a power of two
typedef uint32_t conf_cache;     // chunks, THREAD_CACHE_OFF or THREAD_CACHE_AUTO
typedef uint64_t conf_size;      // bytes
typedef struct conf_string conf_text;
typedef struct conf_string conf_list; // items separated by single commas, none empty

// A whole configuration: sources merged, later ones winning. Plain data, may be copied.
struct conf {
#define OPTION(name, type, ...) conf_##type name;
#include "options.def"
#undef OPTION
    uint8_t option_source[OPTION_COUNT]; // index in sources of who set it last
    uint8_t pool_source;                 // index in sources of who declared the pools

    const char *sources[CONF_SOURCES_MAX]; // what errors and dumps call each source
    unsigned source_count;

    unsigned malloc_pool_count;
    unsigned named_pool_count;
    struct conf_pool malloc_pools[MALLOC_POOLS_MAX]; // in the order of the file
    struct conf_named named_pools[NAMED_POOLS_MAX];
};

// One row of options.def, for whoever lists them (help, dumps, the command).
struct conf_row {
    const char *name;
    const char *type;    // choice, bool, alignment, cache, size, text, list
    const char *initial; // the default, as it would be written in pools.conf
    const char *values;  // choices separated by " | ", or "low to high", or what a text means
    const char *help;
};
extern const struct conf_row conf_rows[OPTION_COUNT];

// Called once for each mistake with the whole line to print, "SOURCE:LINE:COLUMN: message", no
// newline. Columns count bytes from 1.
typedef void conf_report(void *context, const char *message);

// No finite pool has more bytes (count times stride) than this once conf_finish found no mistake:
// sizes can be computed without a thought of overflow.
#define CONF_POOL_BYTES_MAX (UINT64_C(1) << 46)

// The built-in configuration: every default of options.def, and lwIP's example pools. *conf need
// not be initialised; the slots of pools that are not declared stay untouched, here and later.
void conf_init(struct conf *conf);

// Merges one source into conf. `name` is kept by reference, `text` is not. Statements end at a
// newline, and also at ';' when `inline_text` (the POOLMALLOC variable; its mistakes are counted in
// columns of the whole line). A source that declares any pool replaces all pools of the sources
// before it. Returns the number of mistakes; each is reported (report may be NULL), and conf is not
// to be used then.
unsigned conf_merge(struct conf *conf, const char *name, const char *text, size_t length,
                    bool inline_text, conf_report *report, void *context);

// Rules that span sources and lines, checked once after the last merge. Same result as conf_merge.
unsigned conf_finish(struct conf *conf, conf_report *report, void *context);

// The value of an option as it would be written in pools.conf, into `out` (cut if too small).
void conf_option_text(const struct conf *conf, enum conf_option option, char *out, size_t size);

// Whether the option is what `semantics` says, by the same source, so that nobody need be told.
bool conf_option_is_implied(const struct conf *conf, enum conf_option option);

// Chunk geometry. usable: the largest request a chunk takes. stride: the distance between chunks.
INLINE uint64_t conf_usable(const struct conf *conf, uint64_t size)
{
    return align_up(size, conf->mem_alignment);
}

INLINE uint64_t conf_stride(const struct conf *conf, uint64_t size)
{
    return align_up(size, max_u64(ALIGN_MIN, conf->mem_alignment));
}

enum { CHUNK_ALIGNMENT_MAX = 2 * 1024 * 1024 }; // of larger chunks nothing more is promised

// What overflow_check puts between chunks of this stride, and before the first: room for both guards,
// and so much that all chunks keep their alignment.
INLINE uint64_t conf_gap(const struct conf *conf, uint64_t stride)
{
    uint64_t guards = align_up(conf->guard_before, conf->mem_alignment)
                      + align_up(conf->guard_after, conf->mem_alignment);
    bool is_on = conf->overflow_check != OVERFLOW_CHECK_OFF;
    return is_on ? align_up(guards, min_u64(stride & -stride, CHUNK_ALIGNMENT_MAX)) : 0;
}

#endif
