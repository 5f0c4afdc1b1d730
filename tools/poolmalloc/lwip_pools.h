// SPDX-License-Identifier: MIT
// The pools of an lwippools.h as the C compiler sees them, and the rules of lwIP that they must keep.
#ifndef LWIP_POOLS_H
#define LWIP_POOLS_H

#include <stdio.h>

#include "compiler.h"

// The macros of an lwippools.h, in the order of lwip_macros.
enum lwip_kind {
    LWIP_MEMPOOL,
    LWIP_PBUF_MEMPOOL,
    LWIP_MALLOC_MEMPOOL,
    LWIP_MALLOC_MEMPOOL_START,
    LWIP_MALLOC_MEMPOOL_END,
    LWIP_MACROS,
    LWIP_SETTING = LWIP_MACROS, // an option of lwipopts.h that was defined: `name` and its value, `count`
    LWIP_KINDS,
};
extern const char *const lwip_macros[LWIP_MACROS];

// One use of a macro, as it was evaluated. The texts are what stood in the file, not expanded.
struct lwip_entry {
    enum lwip_kind kind;
    int64_t count;
    int64_t size; // bytes; of a packet buffer pool: the payload
    unsigned line, column; // where it begins; column 0: not known
    unsigned last_line;
    unsigned semicolon_column; // of a ';' behind it, or 0
    bool warned;           // its place was named in a warning
    char name[64];         // longer ones are cut, as are the other texts
    char count_text[256], size_text[256];
    char desc[256];
    char file[1024]; // where it stands: the user's file, or one that it includes
};

struct lwip_pools {
    const char *file; // as the user named it
    struct lwip_entry *entries; // in the order of the file; from malloc
    unsigned count;
    int64_t mem_alignment;  // lwIP's MEM_ALIGNMENT, 0 if it was not defined
    int64_t try_bigger;     // MEM_USE_POOLS_TRY_BIGGER_POOL, likewise 0
    int64_t pointer_bytes;  // of the target
};

// Has the compiler evaluate the file. False after messages: the compiler's own, with the places in the
// user's files, or one of ours.
bool lwip_read(const char *file, const struct compiler *compiler, struct lwip_pools *ret_pools);
void lwip_free(struct lwip_pools *pools);

// The part of lwip_read behind the compiler: takes whatever an object file holds into pools, whose file is
// set and whose other fields are zero.
void lwip_read_object(const struct bytes *object, struct lwip_pools *pools);

// Writes "FILE:LINE:COLUMN: warning: ..." for everything that lwIP would refuse, cut to 16 bits, or do
// in a way that the file's author hardly meant.
void lwip_check(struct lwip_pools *pools, FILE *warnings);

// Compiles the file as lwIP's memp.c does, several times over with other macros, and adds what the
// compiler says about lines of which lwip_check has not said anything.
void lwip_check_by_compiler(const struct lwip_pools *pools, const struct compiler *compiler,
                            FILE *warnings);

// The pools.conf, to be freed. False after complaints about what no pools.conf can say.
bool lwip_write_conf(const struct lwip_pools *pools, struct bytes *ret_conf, FILE *complaints);

// The start of every C text that includes the file: what lwIP's own options say by then.
void lwip_write_prelude(FILE *to);

#endif
