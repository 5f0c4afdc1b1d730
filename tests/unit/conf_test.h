// SPDX-License-Identifier: MIT
// Shared by the tests of the configuration: reading text, and collecting the messages.
#ifndef CONF_TEST_H
#define CONF_TEST_H

#include <criterion/criterion.h>
#include <string.h>

#include "conf.h"
#include "text.h"

enum { FILE_MAX = 32 * 1024 };

static struct conf conf;
static char lines_buffer[FILE_MAX];
static struct text lines; // the messages of the last read, a newline behind each

static inline void collect(void *context, const char *message)
{
    text_addf(context, "%s\n", message);
}

static inline unsigned merge_bytes(const char *name, const char *text, size_t length, bool inline_text)
{
    text_init(&lines, lines_buffer, sizeof lines_buffer);
    return conf_merge(&conf, name, text, length, inline_text, collect, &lines);
}

static inline unsigned merge_and_finish(const char *name, const char *text, size_t length)
{
    conf_init(&conf);
    unsigned mistakes = merge_bytes(name, text, length, false);
    return mistakes > 0 ? mistakes : conf_finish(&conf, collect, &lines);
}

#endif
