// SPDX-License-Identifier: MIT
// What operator new does when the pool is empty. For a pool of 4 chunks of 64 bytes and nothing else
// (on_empty = on_oversize = fail); the argument says which form and which handler. Prints what came.
#include <cstring>
#include <malloc.h>
#include <new>
extern "C" {
#include "say.h"
}

using std::align_val_t;
using std::nothrow;

struct given_up {};
static void *held[8];
static int count, calls;

static void free_one()
{
    calls++;
    operator delete(held[--count]);
}

static void third_time_frees()
{
    if (++calls == 3)
        operator delete(held[--count]);
}

static void give_up()
{
    calls++;
    throw given_up();
}

static void give_up_as_new_does()
{
    calls++;
    throw std::bad_alloc();
}

static void uninstall()
{
    calls++;
    std::set_new_handler(nullptr);
}

static void *allocate(const char *form)
{
    if (!strcmp(form, "new"))
        return operator new(10);
    if (!strcmp(form, "array"))
        return operator new[](10);
    if (!strcmp(form, "aligned"))
        return operator new(10, align_val_t{64});
    if (!strcmp(form, "aligned_array"))
        return operator new[](10, align_val_t{64});
    if (!strcmp(form, "nothrow"))
        return operator new(10, nothrow);
    if (!strcmp(form, "nothrow_array"))
        return operator new[](10, nothrow);
    if (!strcmp(form, "aligned_nothrow"))
        return operator new(10, align_val_t{64}, nothrow);
    if (!strcmp(form, "aligned_nothrow_array"))
        return operator new[](10, align_val_t{64}, nothrow);
    return operator new(1000); // oversize
}

int main(int, char **argv)
{
    static const struct { const char *name; void (*handler)(); } handlers[] = {
        {"none", nullptr}, {"frees", free_one}, {"frees_late", third_time_frees}, {"throws", give_up},
        {"throws_bad_alloc", give_up_as_new_does}, {"uninstalls", uninstall}};
    while (count < 4 && (held[count] = malloc(64)))
        count++;
    for (auto &h : handlers)
        if (!strcmp(h.name, argv[2]))
            std::set_new_handler(h.handler);
    try {
        void *p = allocate(argv[1]);
        say("%s, %d calls\n", p ? "block" : "NULL", calls);
    } catch (const std::bad_alloc &) {
        say("bad_alloc, %d calls\n", calls);
    } catch (const given_up &) {
        say("given up, %d calls\n", calls);
    }
    return say_all();
}
