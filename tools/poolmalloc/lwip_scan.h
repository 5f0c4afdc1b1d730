// SPDX-License-Identifier: MIT
// Where the macros of lwippools.h are used in a C text: the compiler tells the line of a pool, this the
// column. Comments and strings are passed over; #if is not evaluated, that is the compiler's business.
#ifndef LWIP_SCAN_H
#define LWIP_SCAN_H

#include <stddef.h>

#include "lwip_pools.h"

struct lwip_use {
    enum lwip_kind kind;
    unsigned line, column; // from 1, in bytes
    unsigned last_line;    // of its closing parenthesis
    unsigned semicolon_column; // of a ';' behind it in its last line, or 0
    bool taken;            // for the caller: an entry was found to be this one
};

struct lwip_scan {
    struct lwip_use *uses; // in the order of the text; from malloc
    unsigned count;
    unsigned first_directive; // line of the first # directive but #include, 0 if there is none
};

void lwip_scan(const char *text, size_t length, struct lwip_scan *ret_scan);

#endif
