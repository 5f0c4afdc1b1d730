// SPDX-License-Identifier: MIT
// A JSON document in memory: as much of simdjson as is needed here, for C. It reads hundreds of megabytes
// in a second, and ten thousand dumps are as many.
#ifndef TREE_H
#define TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

// A value. It is valid, and so is all text that it holds, until the next tree_parse.
struct tree {
    uintptr_t opaque[2];
};

enum tree_kind { TREE_OBJECT, TREE_ARRAY, TREE_TEXT, TREE_COUNT, TREE_NULL, TREE_TRUE, TREE_OTHER };

// The document's value. NULL, or why there is none. Not for two threads at a time.
const char *tree_parse(const char *text, size_t length, struct tree *ret_tree);

enum tree_kind tree_kind(const struct tree *tree);
uint64_t tree_count(const struct tree *tree);   // of a TREE_COUNT, a whole number from 0 on
const char *tree_text(const struct tree *tree); // of a TREE_TEXT; to the first NUL, if there are more

// The members of a TREE_OBJECT with these keys, each of which must be there once; others may be.
// NULL, or a key that is not; what is then wrong is in *ret_wrong.
const char *tree_members(const struct tree *object, const char *const *keys, unsigned count,
                         struct tree *ret_values, const char **ret_wrong);

// Whether a TREE_OBJECT has a member with this key.
bool tree_has(const struct tree *object, const char *key);

// Calls `each` with the elements of a TREE_ARRAY in turn, until it returns false.
void tree_each(const struct tree *array,
               bool (*each)(void *context, const struct tree *element, size_t index), void *context);

// The first elements of a TREE_ARRAY that are TREE_COUNT, `most` of them. How many elements it has, or 0
// where one of these is anything else.
size_t tree_counts(const struct tree *array, uint64_t *ret_counts, size_t most);

#ifdef __cplusplus
}
#endif
#endif
