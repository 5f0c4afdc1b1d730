// SPDX-License-Identifier: MIT
// The text of one configuration source, cut into statements and words, with the place of each, so
// that every mistake can say where it is. Knows no option and no pool. Only conf*.c use it.
#ifndef CONF_SCAN_H
#define CONF_SCAN_H

#include "text.h"

// A piece of the source text, not NUL-terminated: a key, a name, a value without its quotes.
struct conf_word {
    const char *text;
    size_t length;
};

struct conf_scan {
    // Fixed by conf_scan_init.
    const char *name; // what mistakes call the source
    const char *end;  // of its text
    bool inline_text; // ';' separates statements too
    void (*report)(void *context, const char *message); // NULL: mistakes are only counted
    void *context;

    // Moved by the functions below.
    const char *at;         // next byte of the current statement
    const char *stop;       // where that statement ends, before any comment
    const char *next;       // where the next statement begins
    const char *line_start; // of the current line, whose number is `line`, from 1
    uint32_t line;
    unsigned mistakes;
};

void conf_scan_init(struct conf_scan *scan, const char *name, const char *text, size_t length);

// Goes to the next statement that is not blank. Skips, after reporting it, one that holds bytes
// which no text has. False at the end of the source.
bool conf_scan_statement(struct conf_scan *scan);

// The next byte of the statement that is not blank; 0 at its end.
char conf_scan_peek(struct conf_scan *scan);

// Takes the next key or name. False at the end of the statement. Reports and skips what cannot be
// one.
bool conf_scan_key(struct conf_scan *scan, struct conf_word *ret_key);

// Takes "= value", the value in quotes or one word without blanks. False when it was reported
// missing or unterminated.
bool conf_scan_value(struct conf_scan *scan, struct conf_word key, struct conf_word *ret_value);

// Reports a mistake that stands at `at` in the current line.
void conf_scan_mistake(struct conf_scan *scan, const char *at, const char *format, ...)
    PRINTF(3, 4);

// The arguments of "%.*s" that show a word in a message, whole characters only, if it must be cut.
#define SHOW_WORD(word) (int)conf_scan_shown(word), (word).text
size_t conf_scan_shown(struct conf_word word);

bool conf_scan_equals(struct conf_word word, const char *string);

#endif
