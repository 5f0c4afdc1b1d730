// SPDX-License-Identifier: MIT
// The life of the library in a process: start-up on the first call, threads that come and go, fork,
// and the end. The only file that knows the order of things.
#ifndef RUNTIME_H
#define RUNTIME_H

#include "cache.h"
#include "conf.h"
#include "stats.h"

// The configuration in force. Fixed once the library serves.
extern struct conf runtime_conf;

// Every slow path begins here: starts the library if need be, takes notice of a fork that nobody
// announced, and attaches a cache to a new thread (which may fail: cache_self stays cache_none then).
// False: pools don't serve this call, because the library is passive or this very thread is
// starting it. errno may change.
bool runtime_enter(void);

// The same for pools that the program makes itself: they are served even where those of the
// configuration are not, because it has mistakes or is not for this program.
bool runtime_enter_own(void);

// Called before anything else in a library that replaces no malloc: no malloc pools are made, and there is
// no dump unless the configuration says where.
void runtime_without_malloc(void);

// The library serves from pools.
bool runtime_is_serving(void);

// It lets everything pass to the next malloc, as if it were not there. Saves runtime_enter. Written with
// release when the next malloc's functions are known, read with acquire; false before a pool is made of
// which a pointer could come back.
extern _Atomic bool runtime_is_passive;

// Threads, forks, and pools that come and go wait for each other here. Taken before any pool's lock.
void runtime_lock(void);
void runtime_unlock(void);

// The counters of the calling thread: its own block, or the shared one. The library serves.
INLINE struct stats_block *runtime_counts(bool *ret_shared)
{
    struct stats_block *own = cache_self->stats;
    *ret_shared = !own;
    return own ? own : &stats_file->blocks[0];
}

// Writes the dump as configured, and marks the statistics file as ended.
void runtime_end(void);

#endif
