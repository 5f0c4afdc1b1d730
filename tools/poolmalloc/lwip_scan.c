// SPDX-License-Identifier: MIT
#include "lwip_scan.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

const char *const lwip_macros[LWIP_MACROS] = {
    "LWIP_MEMPOOL", "LWIP_PBUF_MEMPOOL", "LWIP_MALLOC_MEMPOOL", "LWIP_MALLOC_MEMPOOL_START",
    "LWIP_MALLOC_MEMPOOL_END",
};

struct reader {
    const char *at, *end;
    const char *line_start;
    unsigned line;
    bool line_is_blank;       // up to here
    unsigned depth;           // of parentheses, in the use that is being read
    struct lwip_use *pending; // use whose closing parenthesis is awaited
    struct lwip_use *ended;   // use that nothing but blanks and comments has followed yet
    struct lwip_scan *scan;
};

static void step(struct reader *reader)
{
    if (*reader->at++ == '\n') {
        reader->line++;
        reader->line_start = reader->at;
        reader->line_is_blank = true;
    }
}

static bool next_is(const struct reader *reader, const char *word)
{
    size_t length = strlen(word);
    return (size_t)(reader->end - reader->at) >= length && memcmp(reader->at, word, length) == 0;
}

// True if a comment was passed over.
static bool pass_comment(struct reader *reader)
{
    bool block = next_is(reader, "/*");
    if (!block && !next_is(reader, "//"))
        return false;
    step(reader);
    step(reader);
    while (reader->at < reader->end && !(block ? next_is(reader, "*/") : *reader->at == '\n')) {
        if (!block && next_is(reader, "\\\n"))
            step(reader);
        step(reader);
    }
    for (int i = 0; block && i < 2 && reader->at < reader->end; i++)
        step(reader);
    return true;
}

static void pass_literal(struct reader *reader)
{
    char quote = *reader->at;
    step(reader);
    while (reader->at < reader->end && *reader->at != quote && *reader->at != '\n') {
        if (*reader->at == '\\' && reader->at + 1 < reader->end)
            step(reader);
        step(reader);
    }
    if (reader->at < reader->end && *reader->at == quote)
        step(reader);
}

static void add_use(struct reader *reader, enum lwip_kind kind, const char *word)
{
    struct lwip_scan *scan = reader->scan;
    scan->uses = realloc(scan->uses, (scan->count + 1) * sizeof *scan->uses);
    scan->uses[scan->count] = (struct lwip_use){
        .kind = kind, .line = reader->line, .last_line = reader->line,
        .column = (unsigned)(word - reader->line_start) + 1};
    reader->pending = &scan->uses[scan->count++];
    reader->ended = reader->pending;
    reader->depth = 0;
}

static void take_semicolon(const struct reader *reader)
{
    if (reader->ended && reader->ended->last_line == reader->line)
        reader->ended->semicolon_column = (unsigned)(reader->at - reader->line_start) + 1;
}

static void take_word(struct reader *reader)
{
    const char *word = reader->at;
    while (reader->at < reader->end && (isalnum((unsigned char)*reader->at) || *reader->at == '_'))
        reader->at++;
    size_t length = (size_t)(reader->at - word);
    for (int kind = 0; kind < LWIP_MACROS; kind++)
        if (strlen(lwip_macros[kind]) == length && memcmp(lwip_macros[kind], word, length) == 0)
            add_use(reader, (enum lwip_kind)kind, word);
}

static void take_parenthesis(struct reader *reader)
{
    struct lwip_use *use = reader->pending;
    reader->depth += *reader->at == '(' ? 1 : -1U;
    if (use && *reader->at == ')' && reader->depth == 0) {
        use->last_line = reader->line;
        reader->ended = use;
        reader->pending = NULL;
    }
}

void lwip_scan(const char *text, size_t length, struct lwip_scan *ret_scan)
{
    struct reader reader = {.at = text, .end = text + length, .line_start = text, .line = 1,
                            .line_is_blank = true, .scan = ret_scan};
    *ret_scan = (struct lwip_scan){NULL, 0, 0};
    while (reader.at < reader.end) {
        char c = *reader.at;
        if (pass_comment(&reader))
            continue;
        if (c == '#' && reader.line_is_blank && ret_scan->first_directive == 0
            && !next_is(&reader, "#include"))
            ret_scan->first_directive = reader.line;
        reader.line_is_blank &= isspace((unsigned char)c) != 0;
        if (c == ';')
            take_semicolon(&reader);
        if (!isspace((unsigned char)c))
            reader.ended = NULL;
        if (c == '"' || c == '\'') {
            pass_literal(&reader);
        } else if (isalnum((unsigned char)c) || c == '_') {
            take_word(&reader);
        } else {
            if (c == '(' || c == ')')
                take_parenthesis(&reader);
            step(&reader);
        }
    }
}
