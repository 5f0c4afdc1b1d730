// SPDX-License-Identifier: MIT
// A configuration without mistakes, looked at again: what is unwise in it, the memory that it takes
// under this process's limits, and the table of what it comes to.
#ifndef REVIEW_H
#define REVIEW_H

#include <jansson.h>

#include "conf.h"

struct review {
    const char *problem;       // why the library could not have the memory; NULL: it can
    uint64_t finite_bytes;     // chunks of finite pools
    uint64_t address_bytes;    // reserved for malloc pools
    uint64_t slice_bytes;      // of these, for each pool: as far as an unlimited one can grow
    struct {
        uint64_t first, last;  // requested sizes that come to it first; first > last: none
        unsigned shadowed_by;  // index, if none
    } pools[MALLOC_POOLS_MAX];
};

// Warnings come as "FILE:LINE: warning: ...". The memory is tried in a child process.
void review_conf(const struct conf *conf, struct review *ret_review, conf_report *warn, void *context);

// The table on standard output.
void review_print(const struct conf *conf, const struct review *review);

// The same as members of an object: bytes, address_bytes, pools, options.
void review_to_json(const struct conf *conf, const struct review *review, json_t *into);

#endif
