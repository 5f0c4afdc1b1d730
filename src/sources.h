// SPDX-License-Identifier: MIT
// Where a configuration comes from, later wins: built-in defaults; pools.conf in the system
// configuration directory; the file or preset that POOLMALLOC_CONF names; the POOLMALLOC variable. In
// a set-user-ID program the environment is ignored. Reads with open, read and close only.
#ifndef SOURCES_H
#define SOURCES_H

#include "conf.h"

// Fills conf from all sources. The number of mistakes; each was reported as a message.
unsigned sources_read(struct conf *conf);

// Whether the configuration wants a program of this name served.
bool sources_serve(const struct conf *conf, const char *program);

#endif
