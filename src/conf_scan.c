// SPDX-License-Identifier: MIT
// See conf_scan.h.
#include "conf_scan.h"

#include <string.h>

enum {
    MESSAGE_MAX = 1024,
    SOURCE_SHOWN_MAX = 600, // of a source's name, so that a message always has room after it
    WORD_SHOWN_MAX = 64,
};

void conf_scan_init(struct conf_scan *scan, const char *name, const char *text, size_t length)
{
    static const char byte_order_mark[] = "\xEF\xBB\xBF";
    size_t skip = sizeof byte_order_mark - 1;
    if (length < skip || memcmp(text, byte_order_mark, skip) != 0)
        skip = 0;
    *scan = (struct conf_scan){
        .name = name,
        .end = text + length,
        .next = text + skip,
        .line_start = text,
    };
}

void conf_scan_mistake(struct conf_scan *scan, const char *at, const char *format, ...)
{
    scan->mistakes++;
    if (scan->report == NULL)
        return;

    char buffer[MESSAGE_MAX];
    struct text message;
    text_init(&message, buffer, sizeof buffer);
    text_addf(&message, "%.*s:%u:%zu: ", SOURCE_SHOWN_MAX, scan->name, scan->line,
              (size_t)(at - scan->line_start) + 1);
    va_list arguments;
    va_start(arguments, format);
    text_addv(&message, format, arguments);
    va_end(arguments);
    scan->report(scan->context, buffer);
}

size_t conf_scan_shown(struct conf_word word)
{
    if (word.length <= WORD_SHOWN_MAX)
        return word.length;
    size_t length = WORD_SHOWN_MAX;
    while (length > 0 && (word.text[length] & 0xC0) == 0x80)
        length--;
    return length;
}

bool conf_scan_equals(struct conf_word word, const char *string)
{
    return strlen(string) == word.length && memcmp(word.text, string, word.length) == 0;
}

static bool is_control(uint32_t character)
{
    return (character < 0x20 && character != '\t') || (character >= 0x7F && character < 0xA0);
}

// A high bit is set if one of eight bytes is not from blank to tilde. A borrow or carry comes only out of one
// that is not.
static uint64_t find_unusual(const char *at)
{
    uint64_t bytes;
    memcpy(&bytes, at, sizeof bytes);
    uint64_t below = bytes - 0x2020202020202020, above = bytes + 0x0101010101010101;
    return below | bytes | above;
}

// Whether [at, end) is all from ' ' to '~'. False also if it is too short to tell quickly.
static bool is_plain(const char *at, const char *end)
{
    if (end - at < 8)
        return false;
    uint64_t unusual = find_unusual(end - 8);
    for (; end - at >= 8; at += 8)
        unusual |= find_unusual(at);
    return (unusual & 0x8080808080808080) == 0;
}

// Whether [at, end) is text. Reports the first byte that is not.
static bool check_characters(struct conf_scan *scan, const char *at, const char *end)
{
    if (is_plain(at, end)) // nearly always
        return true;
    while (at < end) {
        if (*at >= ' ' && *at < 0x7F) {
            at++;
            continue;
        }
        uint32_t character;
        size_t length = text_decode(at, end, &character);
        if (length == 0) {
            conf_scan_mistake(scan, at, "byte 0x%02x is not UTF-8 text", (unsigned char)*at);
            return false;
        }
        if (is_control(character)) {
            conf_scan_mistake(scan, at, "control character 0x%02x", character);
            return false;
        }
        at += length;
    }
    return true;
}

static const char *line_end(const char *at, const char *end)
{
    const char *newline = memchr(at, '\n', (size_t)(end - at));
    return newline ? newline : end;
}

// Sets at, stop, next and the line for the statement at scan->next. Returns the end of its bytes,
// comment included.
static const char *find_statement(struct conf_scan *scan)
{
    if (scan->line == 0 || scan->next[-1] == '\n') {
        scan->line++;
        scan->line_start = scan->next;
    }
    const char *c = scan->next;
    bool quoted = false;
    scan->at = c;
    scan->stop = NULL;
    for (; c < scan->end && *c != '\n'; c++) {
        if (*c == '"' && scan->stop == NULL)
            quoted = !quoted;
        else if (*c == '#' && scan->stop == NULL && !quoted) {
            scan->stop = c;
            if (!scan->inline_text)
                c = line_end(c, scan->end) - 1;
        } else if (*c == ';' && scan->inline_text && !quoted)
            break;
    }
    scan->next = c < scan->end ? c + 1 : c;
    bool line_ends = c == scan->end || *c == '\n';
    if (line_ends && c > scan->at && c[-1] == '\r')
        c--;
    if (scan->stop == NULL)
        scan->stop = c;
    return c;
}

bool conf_scan_statement(struct conf_scan *scan)
{
    while (scan->next < scan->end) {
        const char *end = find_statement(scan);
        if (check_characters(scan, scan->at, end) && conf_scan_peek(scan) != 0)
            return true;
    }
    return false;
}

static bool is_blank(char byte)
{
    return byte == ' ' || byte == '\t';
}

char conf_scan_peek(struct conf_scan *scan)
{
    while (scan->at < scan->stop && is_blank(*scan->at))
        scan->at++;
    return scan->at < scan->stop ? *scan->at : '\0';
}

// Takes the bytes up to a blank, a quote or `separator`.
static struct conf_word take_bare(struct conf_scan *scan, char separator)
{
    const char *start = scan->at;
    while (scan->at < scan->stop && !is_blank(*scan->at) && *scan->at != '"' &&
           *scan->at != separator)
        scan->at++;
    return (struct conf_word){start, (size_t)(scan->at - start)};
}

static bool take_quoted(struct conf_scan *scan, struct conf_word *ret_word)
{
    const char *start = scan->at + 1;
    const char *close = memchr(start, '"', (size_t)(scan->stop - start));
    if (close == NULL) {
        conf_scan_mistake(scan, scan->at, "unterminated quote");
        scan->at = scan->stop;
        return false;
    }
    scan->at = close + 1;
    *ret_word = (struct conf_word){start, (size_t)(close - start)};
    return true;
}

bool conf_scan_key(struct conf_scan *scan, struct conf_word *ret_key)
{
    struct conf_word skipped;
    for (;;) {
        switch (conf_scan_peek(scan)) {
        case '\0':
            return false;
        case '=':
            conf_scan_mistake(scan, scan->at++, "unexpected '='");
            break;
        case '"': {
            const char *quote = scan->at;
            if (take_quoted(scan, &skipped))
                conf_scan_mistake(scan, quote, "unexpected \"%.*s\"", SHOW_WORD(skipped));
            break;
        }
        default:
            *ret_key = take_bare(scan, '=');
            return true;
        }
    }
}

bool conf_scan_value(struct conf_scan *scan, struct conf_word key, struct conf_word *ret_value)
{
    if (conf_scan_peek(scan) != '=') {
        conf_scan_mistake(scan, scan->at, "%.*s: '=' expected", SHOW_WORD(key));
        return false;
    }
    scan->at++;
    switch (conf_scan_peek(scan)) {
    case '\0':
        conf_scan_mistake(scan, scan->at, "%.*s: value missing", SHOW_WORD(key));
        return false;
    case '"':
        return take_quoted(scan, ret_value);
    default:
        *ret_value = take_bare(scan, '\0');
        return true;
    }
}
