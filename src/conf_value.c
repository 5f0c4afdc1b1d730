// SPDX-License-Identifier: MIT
// See conf_value.h.
#include "conf_value.h"

#include <string.h>

// Where the first `separator` before `end` begins; NULL: there is none.
static const char *find(const char *at, const char *end, const char *separator)
{
    size_t length = strlen(separator);
    for (; (size_t)(end - at) >= length; at++)
        if (*at == *separator && memcmp(at, separator, length) == 0)
            return at;
    return NULL;
}

struct conf_word conf_value_alternative(const char *values, unsigned index)
{
    static const char separator[] = " | ";
    const char *end = values + strlen(values);
    for (;;) {
        const char *bar = find(values, end, separator);
        const char *stop = bar != NULL ? bar : end;
        if (index-- == 0)
            return (struct conf_word){values, (size_t)(stop - values)};
        values = bar != NULL ? bar + sizeof separator - 1 : end;
    }
}

// Whether an alternative reads "LOW to HIGH".
static bool parse_range(struct conf_word alternative, uint64_t *ret_low, uint64_t *ret_high)
{
    static const char separator[] = " to ";
    const char *end = alternative.text + alternative.length;
    const char *to = find(alternative.text, end, separator);
    if (to == NULL)
        return false;
    const char *high = to + sizeof separator - 1;
    return text_parse_size(alternative.text, (size_t)(to - alternative.text), ret_low) &&
           text_parse_size(high, (size_t)(end - high), ret_high);
}

// Whether a word is written as a number, perhaps as one that 64 bits can't hold.
static bool looks_like_number(struct conf_word word)
{
    uint64_t ignored;
    size_t digits = 0;
    while (digits < word.length && word.text[digits] >= '0' && word.text[digits] <= '9')
        digits++;
    bool suffixed = digits > 0 && digits + 1 == word.length &&
                    text_parse_size(word.text + digits - 1, 2, &ignored);
    return (digits > 0 && digits == word.length) || suffixed ||
           text_parse_size(word.text, word.length, &ignored);
}

static bool same_word(struct conf_word a, struct conf_word b)
{
    return a.length == b.length && memcmp(a.text, b.text, a.length) == 0;
}

static void report_mismatch(struct conf_scan *scan, const struct conf_entry *entry,
                            struct conf_word range)
{
    struct conf_word value = entry->value;
    if (range.length > 0 && looks_like_number(value))
        conf_scan_mistake(scan, value.text, "%s: %.*s is out of range %.*s", entry->key,
                          SHOW_WORD(value), SHOW_WORD(range));
    else if (conf_scan_equals(range, entry->values))
        conf_scan_mistake(scan, value.text, "%s: '%.*s' is not a number", entry->key,
                          SHOW_WORD(value));
    else
        conf_scan_mistake(scan, value.text, "%s: '%.*s' is not one of %s", entry->key,
                          SHOW_WORD(value), entry->values);
}

bool conf_value_match(struct conf_scan *scan, const struct conf_entry *entry,
                      struct conf_match *ret_match)
{
    struct conf_word range = {.text = "", .length = 0};
    uint64_t number = 0;
    bool is_number = text_parse_size(entry->value.text, entry->value.length, &number);

    for (unsigned i = 0;; i++) {
        struct conf_word alternative = conf_value_alternative(entry->values, i);
        if (alternative.length == 0)
            break;
        uint64_t low, high;
        bool is_range = parse_range(alternative, &low, &high);
        if (is_range)
            range = alternative;
        if (is_range ? is_number && low <= number && number <= high
                     : same_word(entry->value, alternative)) {
            *ret_match = (struct conf_match){.alternative = i, .number = number};
            return true;
        }
    }
    report_mismatch(scan, entry, range);
    return false;
}

// Whether each '%' in the value is followed by a letter that `values` names behind a '%'.
static bool check_placeholders(struct conf_scan *scan, const struct conf_entry *entry)
{
    const char *end = entry->value.text + entry->value.length;
    const char *values_end = entry->values + strlen(entry->values);
    for (const char *at = entry->value.text; at < end; at++) {
        const char placeholder[] = {'%', at + 1 < end ? at[1] : ' ', '\0'};
        if (*at == '%' && find(entry->values, values_end, placeholder) == NULL) {
            conf_scan_mistake(scan, at, "%s: unknown letter after '%%': %s", entry->key,
                              entry->values);
            return false;
        }
    }
    return true;
}

bool conf_value_text(struct conf_scan *scan, const struct conf_entry *entry, char *ret_text,
                     size_t size)
{
    struct conf_word value = entry->value;
    if (value.length >= size) {
        conf_scan_mistake(scan, value.text, "%s: longer than %zu bytes", entry->key, size - 1);
        return false;
    }
    if (strchr(entry->values, '%') != NULL && !check_placeholders(scan, entry))
        return false;
    memcpy(ret_text, value.text, value.length);
    ret_text[value.length] = '\0';
    return true;
}

// Takes the item at *at, without the blanks around it. *at is then behind its comma, or NULL after
// the last item.
static struct conf_word take_item(const char **at, const char *end)
{
    const char *start = *at;
    const char *comma = memchr(start, ',', (size_t)(end - start));
    const char *stop = comma != NULL ? comma : end;
    *at = comma != NULL ? comma + 1 : NULL;
    while (start < stop && (*start == ' ' || *start == '\t'))
        start++;
    while (start < stop && (stop[-1] == ' ' || stop[-1] == '\t'))
        stop--;
    return (struct conf_word){start, (size_t)(stop - start)};
}

static bool check_items(struct conf_scan *scan, const struct conf_entry *entry)
{
    bool good = true;
    const char *end = entry->value.text + entry->value.length;
    for (const char *at = entry->value.text; at != NULL;) {
        struct conf_word item = take_item(&at, end);
        if (item.length == 0) {
            conf_scan_mistake(scan, item.text, "%s: empty item", entry->key);
            good = false;
        }
    }
    return good;
}

bool conf_value_list(struct conf_scan *scan, const struct conf_entry *entry, char *ret_text,
                     size_t size)
{
    if (!check_items(scan, entry) || !conf_value_text(scan, entry, ret_text, size))
        return false;
    struct text list;
    text_init(&list, ret_text, size);
    const char *end = entry->value.text + entry->value.length;
    for (const char *at = entry->value.text; at != NULL;) {
        struct conf_word item = take_item(&at, end);
        text_add(&list, list.length > 0 ? "," : "");
        text_add_bytes(&list, item.text, item.length);
    }
    return true;
}

static bool is_identifier(struct conf_word word)
{
    for (size_t i = 0; i < word.length; i++) {
        char letter = (char)(word.text[i] | 0x20);
        bool digit = word.text[i] >= '0' && word.text[i] <= '9';
        if (!(letter >= 'a' && letter <= 'z') && word.text[i] != '_' && !(digit && i > 0))
            return false;
    }
    return word.length > 0;
}

bool conf_value_name(struct conf_scan *scan, struct conf_word word, char *ret_name, size_t size)
{
    if (!is_identifier(word)) {
        conf_scan_mistake(scan, word.text,
                          "'%.*s' is no name: letters, digits and _, no digit first",
                          SHOW_WORD(word));
        return false;
    }
    struct conf_entry name = {.key = "name", .values = "", .value = word};
    return conf_value_text(scan, &name, ret_name, size);
}

struct conf_nearest conf_value_nearest(struct conf_word unknown)
{
    // Within a third of the word's length: near enough to be a slip of the fingers.
    return (struct conf_nearest){.unknown = unknown, .distance = (unknown.length + 2) / 3 + 1};
}

void conf_value_offer(struct conf_nearest *nearest, const char *known)
{
    size_t distance = text_distance(nearest->unknown.text, nearest->unknown.length, known);
    if (distance < nearest->distance) {
        nearest->known = known;
        nearest->distance = distance;
    }
}

void conf_value_unknown(struct conf_scan *scan, const char *kind,
                        const struct conf_nearest *nearest)
{
    bool near = nearest->known != NULL;
    conf_scan_mistake(scan, nearest->unknown.text, "unknown %s '%.*s'%s%s%s", kind,
                      SHOW_WORD(nearest->unknown), near ? "; did you mean '" : "",
                      near ? nearest->known : "", near ? "'?" : "");
}
