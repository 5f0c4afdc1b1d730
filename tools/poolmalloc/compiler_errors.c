// SPDX-License-Identifier: MIT
// "FILE:LINE:COLUMN: error: TEXT", as gcc and clang write it.
#include <stdio.h>
#include <string.h>

#include "compiler.h"

// The place at the start of a message, cut out of it; false if there is none.
static bool take_place(char *message, struct compiler_error *ret_error)
{
    for (char *colon = strchr(message, ':'); colon; colon = strchr(colon + 1, ':')) {
        if (sscanf(colon, ":%u:%u:", &ret_error->line, &ret_error->column) != 2)
            continue;
        *colon = 0;
        ret_error->file = strncmp(message, "./", 2) == 0 ? message + 2 : message;
        return true;
    }
    return false;
}

static bool is_of_user(const struct compiler_error *error)
{
    return error->file && error->file[0] != '<';
}

void compiler_errors(char *messages, void (*tell)(void *context, const struct compiler_error *error),
                     void *context)
{
    static const char word[] = "error: ";
    struct compiler_error error = {NULL, 0, 0, NULL}; // not told yet if it has a text
    for (char *next, *line = messages; line; line = next) {
        struct compiler_error place = {NULL, 0, 0, NULL};
        next = strchr(line, '\n');
        if (next)
            *next++ = 0;
        char *text = line[0] == ' ' ? NULL : strstr(line, word); // those lines quote the source
        if (text && error.text) { // the last one's place did not come
            tell(context, &error);
            error.text = NULL;
        }
        bool has_place = take_place(line, &place) && is_of_user(&place);
        if (text)
            error.text = text + sizeof word - 1;
        if (!error.text || !has_place)
            continue;
        place.text = error.text;
        tell(context, &place);
        error.text = NULL;
    }
    if (error.text)
        tell(context, &error);
}
