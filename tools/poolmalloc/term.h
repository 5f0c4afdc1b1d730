// SPDX-License-Identifier: MIT
// Colours: on a terminal, and never when NO_COLOR (no-color.org) is set or TERM is "dumb".
#ifndef TERM_H
#define TERM_H

#include <stdio.h>

#include "base.h"

enum term_style { TERM_PLAIN, TERM_STRONG, TERM_GOOD, TERM_WARN, TERM_BAD, TERM_WEAK };

// Whether what is written to the stream may be coloured.
bool term_has_colour(FILE *stream);

// The escape sequence that begins a style on the stream, TERM_PLAIN ends it; "" without colours.
const char *term_style(FILE *stream, enum term_style style);

#endif
