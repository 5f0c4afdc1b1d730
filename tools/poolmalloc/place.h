// SPDX-License-Identifier: MIT
// Where the library, its presets and other mallocs are, seen from the command's own place: beside it
// in a build, or in the installed tree that it belongs to.
#ifndef PLACE_H
#define PLACE_H

#include <limits.h>

#include "base.h"

// libpoolmalloc.so. False: it is not where it should be.
bool place_library(char ret_path[PATH_MAX]);

// The folders where presets are looked for, in order: NULL behind the last. Valid until the next call.
const char *place_preset_folder(unsigned index);

// The file of a preset, or of a configuration: a name without a slash is a preset's if there is one.
// Absolute, so that it stays true in another directory. False: neither.
bool place_conf(const char *name, char ret_path[PATH_MAX]);

// The library of another malloc: jemalloc, mimalloc, tcmalloc, or a path. NULL, or what is wrong, valid
// until the next call.
const char *place_next(const char *name, char ret_path[PATH_MAX]);

#endif
