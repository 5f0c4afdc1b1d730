// SPDX-License-Identifier: MIT
// What the library says to people: a line, "poolmalloc: ...", sometimes with indented ones after it,
// in one write to standard error as it was at start-up. Keeps errno. Never allocates; may be called with
// locks held, but should not be.
#ifndef MESSAGE_H
#define MESSAGE_H

#include "base.h"

enum { MESSAGE_MAX = 1280 }; // bytes; a longer text is cut

SLOW void message(const char *format, ...) PRINTF(1, 2);

// The same, then abort().
SLOW _Noreturn void message_abort(const char *format, ...) PRINTF(1, 2);

// A condition that only a bug of this library can break: checked in every build.
#define CHECK(condition) \
    do { \
        if (unlikely(!(condition))) \
            message_abort("%s:%d: internal error: %s is false", __FILE_NAME__, __LINE__, #condition); \
    } while (0)

#endif
