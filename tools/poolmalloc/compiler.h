// SPDX-License-Identifier: MIT
// The user's C compiler, to let it say what a C file means: source text in, the bytes of the object
// file out. Nothing compiled is ever run, so a cross compiler is as good. Leaves no file behind, even
// when a signal ends the command meanwhile.
#ifndef COMPILER_H
#define COMPILER_H

#include "bytes.h"

// Options in the compiler's own spelling, in the order of the command line.
struct compiler {
    char **options;
    unsigned option_count;
};

// An error in the compiler's messages.
struct compiler_error {
    const char *file; // NULL: not known
    unsigned line, column;
    const char *text;
};

// Calls `tell` for each error in the messages, which are cut into pieces. Its place is the one in the
// user's files: of an error within a macro of the source that was compiled, whose names of files begin
// with '<', that is where the macro is used.
void compiler_errors(char *messages, void (*tell)(void *context, const struct compiler_error *error),
                     void *context);

// Compiles `source` in the current directory with $CC, which may contain options behind blanks, or cc.
// What it says, in English, goes to ret_messages. False when it refused the source, and, after a message
// of our own, when there is no compiler or its object could not be read. Both results must be freed.
bool compiler_run(const struct compiler *compiler, const char *source, struct bytes *ret_object,
                  struct bytes *ret_messages);

#endif
