// SPDX-License-Identifier: MIT
#include "term.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool term_has_colour(FILE *stream)
{
    const char *no = getenv("NO_COLOR"), *term = getenv("TERM");
    if ((no && no[0]) || (term && strcmp(term, "dumb") == 0))
        return false;
    return isatty(fileno(stream)) == 1;
}

const char *term_style(FILE *stream, enum term_style style)
{
    static const char *const sequences[] = {
        [TERM_PLAIN] = "\033[0m", [TERM_STRONG] = "\033[1m", [TERM_GOOD] = "\033[32m",
        [TERM_WARN] = "\033[33m", [TERM_BAD] = "\033[31m",   [TERM_WEAK] = "\033[2m",
    };
    return term_has_colour(stream) ? sequences[style] : "";
}
