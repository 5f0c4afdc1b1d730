// SPDX-License-Identifier: MIT
// Shared by the files of format.
#ifndef FORMAT_PARTS_H
#define FORMAT_PARTS_H

#include "format.h"

void format_json(struct text *out, const struct format_subject *subject);

INLINE unsigned long ul(uint64_t n)
{
    return n;
}

#endif
