// SPDX-License-Identifier: MIT
// As much of Criterion as the units use, in a header: for cross builds, where Criterion is not to be
// had and could not start its processes under an emulator. Each test runs in a process of its own.
#ifndef STANDIN_CRITERION_H
#define STANDIN_CRITERION_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct standin_options {
    void (*init)(void);
    void (*fini)(void);
    int signal;
    int exit_code;
    double timeout;
    bool disabled;
    const char *description;
};

struct standin_test {
    const char *suite, *name;
    void (*run)(void);
    struct standin_options options;
    struct standin_test *next;
};

static struct standin_test *standin_tests, **standin_end = &standin_tests;
static struct standin_test *standin_suites; // TestSuite: options for all of its tests
static bool standin_failed;

#define Test(suite_, name_, ...) \
    static void suite_##_##name_(void); \
    static struct standin_test suite_##_##name_##_test = { \
        #suite_, #name_, suite_##_##name_, {__VA_ARGS__}, NULL}; \
    __attribute__((constructor)) static void suite_##_##name_##_add(void) \
    { \
        *standin_end = &suite_##_##name_##_test; \
        standin_end = &suite_##_##name_##_test.next; \
    } \
    static void suite_##_##name_(void)

#define TestSuite(suite_, ...) \
    static struct standin_test suite_##_suite = {#suite_, "", NULL, {__VA_ARGS__}, NULL}; \
    __attribute__((constructor)) static void suite_##_suite_add(void) \
    { \
        suite_##_suite.next = standin_suites; \
        standin_suites = &suite_##_suite; \
    }

// A condition, what happens if it is false, and a printf format with its arguments.
#define standin_check(condition, otherwise, ...) \
    do { \
        if (!(condition)) { \
            dprintf(STDOUT_FILENO, "%s:%d: %s is false.", __FILE__, __LINE__, #condition); \
            dprintf(STDOUT_FILENO, " " __VA_ARGS__); \
            dprintf(STDOUT_FILENO, "\n"); \
            otherwise; \
        } \
    } while (0)

#define cr_assert(condition, ...) standin_check(condition, _exit(1), __VA_ARGS__)
#define cr_expect(condition, ...) standin_check(condition, standin_failed = true, __VA_ARGS__)
#define cr_fatal(...) standin_check(false, _exit(1), __VA_ARGS__)
#define cr_assert_fail(...) standin_check(false, _exit(1), __VA_ARGS__)
#define cr_expect_fail(...) standin_check(false, standin_failed = true, __VA_ARGS__)
#define cr_skip(...) _exit(0)
#define cr_skip_test(...) _exit(0)

#define cr_assert_not(a, ...) cr_assert(!(a), __VA_ARGS__)
#define cr_assert_null(a, ...) cr_assert((a) == NULL, __VA_ARGS__)
#define cr_assert_not_null(a, ...) cr_assert((a) != NULL, __VA_ARGS__)
#define cr_assert_eq(a, b, ...) cr_assert((a) == (b), __VA_ARGS__)
#define cr_assert_neq(a, b, ...) cr_assert((a) != (b), __VA_ARGS__)
#define cr_assert_lt(a, b, ...) cr_assert((a) < (b), __VA_ARGS__)
#define cr_assert_leq(a, b, ...) cr_assert((a) <= (b), __VA_ARGS__)
#define cr_assert_gt(a, b, ...) cr_assert((a) > (b), __VA_ARGS__)
#define cr_assert_geq(a, b, ...) cr_assert((a) >= (b), __VA_ARGS__)
#define cr_assert_str_eq(a, b, ...) cr_assert(strcmp(a, b) == 0, __VA_ARGS__)
#define cr_assert_str_neq(a, b, ...) cr_assert(strcmp(a, b) != 0, __VA_ARGS__)
#define cr_assert_str_empty(a, ...) cr_assert((a)[0] == '\0', __VA_ARGS__)
#define cr_assert_arr_eq(a, b, n, ...) cr_assert(memcmp(a, b, n) == 0, __VA_ARGS__)
#define cr_assert_float_eq(a, b, distance, ...) \
    cr_assert((a) - (b) <= (distance) && (b) - (a) <= (distance), __VA_ARGS__)

#define cr_expect_not(a, ...) cr_expect(!(a), __VA_ARGS__)
#define cr_expect_null(a, ...) cr_expect((a) == NULL, __VA_ARGS__)
#define cr_expect_not_null(a, ...) cr_expect((a) != NULL, __VA_ARGS__)
#define cr_expect_eq(a, b, ...) cr_expect((a) == (b), __VA_ARGS__)
#define cr_expect_neq(a, b, ...) cr_expect((a) != (b), __VA_ARGS__)
#define cr_expect_lt(a, b, ...) cr_expect((a) < (b), __VA_ARGS__)
#define cr_expect_leq(a, b, ...) cr_expect((a) <= (b), __VA_ARGS__)
#define cr_expect_gt(a, b, ...) cr_expect((a) > (b), __VA_ARGS__)
#define cr_expect_geq(a, b, ...) cr_expect((a) >= (b), __VA_ARGS__)
#define cr_expect_str_eq(a, b, ...) cr_expect(strcmp(a, b) == 0, __VA_ARGS__)
#define cr_expect_str_neq(a, b, ...) cr_expect(strcmp(a, b) != 0, __VA_ARGS__)
#define cr_expect_str_empty(a, ...) cr_expect((a)[0] == '\0', __VA_ARGS__)
#define cr_expect_arr_eq(a, b, n, ...) cr_expect(memcmp(a, b, n) == 0, __VA_ARGS__)

static void standin_child(const struct standin_test *test)
{
    const struct standin_test *suite = standin_suites;
    while (suite && strcmp(suite->suite, test->suite) != 0)
        suite = suite->next;
    const struct standin_options *options = &test->options;
    void (*init)(void) = options->init ? options->init : suite ? suite->options.init : NULL;
    void (*fini)(void) = options->fini ? options->fini : suite ? suite->options.fini : NULL;
    if (init)
        init();
    test->run();
    if (fini)
        fini();
    exit(standin_failed);
}

// STANDIN_WITHOUT: names of tests, SUITE::NAME, separated by blanks.
static bool standin_is_left_out(const struct standin_test *test)
{
    char name[256];
    const char *without = getenv("STANDIN_WITHOUT");
    snprintf(name, sizeof name, "%s::%s", test->suite, test->name);
    return test->options.disabled || (without && strstr(without, name));
}

int main(void)
{
    unsigned tested = 0, failed = 0;
    for (const struct standin_test *test = standin_tests; test; test = test->next) {
        int status = 0;
        if (standin_is_left_out(test))
            continue;
        fflush(NULL);
        pid_t child = fork();
        if (child == 0)
            standin_child(test);
        if (child < 0 || waitpid(child, &status, 0) != child)
            abort();
        int code = WIFEXITED(status) ? WEXITSTATUS(status) : -1;
        int signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
        bool passed = signal == test->options.signal
                      && (signal != 0 || code == test->options.exit_code);
        tested++;
        failed += !passed;
        if (!passed)
            printf("%s::%s failed (status %#x)\n", test->suite, test->name, (unsigned)status);
    }
    printf("Tested: %u | Failing: %u\n", tested, failed);
    return failed != 0 || tested == 0;
}

#endif
