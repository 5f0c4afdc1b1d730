// SPDX-License-Identifier: MIT
// The next malloc: what dlsym(RTLD_NEXT) finds behind this library, be it glibc's or another that is
// preloaded after us. While dlsym itself runs, and may allocate, a small static arena serves it.
#ifndef NEXT_H
#define NEXT_H

#include "base.h"

struct next {
#define NEXT(type, name, parameters) type(*name) parameters;
#include "next.def"
};

// Callable at any time, from any thread: before next_resolve they serve from the static arena. free
// takes blocks of the arena, too, and leaves errno alone.
extern struct next next;

// Looks the functions up. Called once, by the thread that starts the library.
void next_resolve(void);

// The address was served by the static arena: freeing it does nothing, and its size is known here
// only.
bool next_is_bootstrap(const void *p);
size_t next_bootstrap_size(const void *p);

// Any function of the next malloc or of libstdc++ by name; NULL if there is none. May allocate:
// only for calls that come from the program's own malloc_info, operator new and the like.
void *next_symbol(const char *name);

// Another malloc stands before ours in the search order, so that nothing reaches us: its file name;
// NULL if all is well. `code_of_ours`: a function that the library does not export, because the name
// of one that it does leads to whoever is first. May allocate.
const char *next_who_precedes(const void *code_of_ours);

#endif
