// SPDX-License-Identifier: MIT
// Values of pools.conf, checked against a description of what they may be. Every function reports
// what is wrong, through the scan, and leaves its result untouched then. Only conf*.c use it.
#ifndef CONF_VALUE_H
#define CONF_VALUE_H

#include "conf_scan.h"

// `key = value` as it was read.
struct conf_entry {
    const char *key;
    const char *values; // alternatives separated by " | ": words, and at most one "LOW to HIGH"
    struct conf_word value;
};

// Which alternative a value is, from 0, and the number that it stands for if that one is a range.
struct conf_match {
    unsigned alternative;
    uint64_t number;
};

bool conf_value_match(struct conf_scan *scan, const struct conf_entry *entry,
                      struct conf_match *ret_match);

// An alternative of `values`; empty behind the last.
struct conf_word conf_value_alternative(const char *values, unsigned index);

// Copies any text that fits `size` bytes with its NUL. If `values` names letters behind a '%', each
// '%' must be followed by one of them.
bool conf_value_text(struct conf_scan *scan, const struct conf_entry *entry, char *ret_text,
                     size_t size);

// The same for items separated by commas, none of them empty. Blanks around them are dropped.
bool conf_value_list(struct conf_scan *scan, const struct conf_entry *entry, char *ret_text,
                     size_t size);

// A C identifier.
bool conf_value_name(struct conf_scan *scan, struct conf_word word, char *ret_name, size_t size);

// The search for the known word nearest to an unknown one.
struct conf_nearest {
    struct conf_word unknown;
    const char *known; // NULL when none is near
    size_t distance;   // of `known`; of none: what is too far
};

struct conf_nearest conf_value_nearest(struct conf_word unknown);
void conf_value_offer(struct conf_nearest *nearest, const char *known);

// Reports "unknown KIND 'WORD'", with the nearest known word.
void conf_value_unknown(struct conf_scan *scan, const char *kind,
                        const struct conf_nearest *nearest);

#endif
