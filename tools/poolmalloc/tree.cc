// SPDX-License-Identifier: MIT
#include "tree.h"

#include <cstring>
#include <simdjson.h>

namespace dom = simdjson::dom;

// Grows to what the longest document needs, and is kept.
static dom::parser parser;

static_assert(sizeof(dom::element) == sizeof(tree), "a value of simdjson fits in one of ours");

static tree to_tree(dom::element element)
{
    tree result;
    memcpy(&result, &element, sizeof result);
    return result;
}

static dom::element to_element(const tree *from)
{
    dom::element element;
    memcpy(static_cast<void *>(&element), from, sizeof element);
    return element;
}

const char *tree_parse(const char *text, size_t length, tree *ret_tree)
{
    dom::element root;
    simdjson::error_code error = parser.parse(text, length).get(root);
    if (error)
        return simdjson::error_message(error);
    *ret_tree = to_tree(root);
    return nullptr;
}

enum tree_kind tree_kind(const tree *from)
{
    dom::element element = to_element(from);
    uint64_t count;
    switch (element.type()) {
    case dom::element_type::OBJECT: return TREE_OBJECT;
    case dom::element_type::ARRAY: return TREE_ARRAY;
    case dom::element_type::STRING: return TREE_TEXT;
    case dom::element_type::NULL_VALUE: return TREE_NULL;
    case dom::element_type::INT64:
    case dom::element_type::UINT64: return element.get(count) ? TREE_OTHER : TREE_COUNT;
    case dom::element_type::BOOL: return bool(element) ? TREE_TRUE : TREE_OTHER;
    default: return TREE_OTHER;
    }
}

uint64_t tree_count(const tree *from)
{
    return to_element(from);
}

const char *tree_text(const tree *from)
{
    return to_element(from).get_c_str();
}

const char *tree_members(const tree *from, const char *const *keys, unsigned count, tree *ret_values,
                         const char **ret_wrong)
{
    enum { KEYS_MAX = 64 };
    bool seen[KEYS_MAX] = {};
    unsigned guess = 0; // whoever wrote it has the keys in our order
    for (auto member : dom::object(to_element(from))) {
        unsigned tried = 0;
        while (tried < count && member.key != keys[guess]) {
            guess = (guess + 1) % count;
            tried++;
        }
        if (tried == count)
            continue;
        if (seen[guess]) {
            *ret_wrong = "is there twice";
            return keys[guess];
        }
        seen[guess] = true;
        ret_values[guess] = to_tree(member.value);
        guess = (guess + 1) % count;
    }
    for (unsigned i = 0; i < count; i++)
        if (!seen[i]) {
            *ret_wrong = "is missing";
            return keys[i];
        }
    return nullptr;
}

bool tree_has(const tree *from, const char *key)
{
    dom::element value;
    return !dom::object(to_element(from)).at_key(key).get(value);
}

void tree_each(const tree *from, bool (*each)(void *context, const tree *element, size_t index),
               void *context)
{
    size_t index = 0;
    for (dom::element element : dom::array(to_element(from))) {
        tree value = to_tree(element);
        if (!each(context, &value, index++))
            return;
    }
}

size_t tree_counts(const tree *from, uint64_t *ret_counts, size_t most)
{
    size_t n = 0;
    for (dom::element element : dom::array(to_element(from)))
        if (n++ < most && element.get(ret_counts[n - 1]))
            return 0;
    return n;
}
