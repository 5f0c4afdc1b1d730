// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <criterion/redirect.h>
#include <errno.h>
#include <signal.h>
#include <string.h>

#include "message.h"
#include "os.h"

Test(message, is_one_line_with_the_prefix, .init = cr_redirect_stderr)
{
    os_stderr_start(false);
    errno = EDOM;
    message("pool %s has %lu", "A", 5UL);
    cr_assert_eq(errno, EDOM);
    cr_assert_stderr_eq_str("poolmalloc: pool A has 5\n");
}

Test(message, too_long_is_cut_and_still_a_line, .init = cr_redirect_stderr)
{
    char text[2 * MESSAGE_MAX];
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    os_stderr_start(false);
    message("%s", text);
    fflush(stderr);
    char out[2 * MESSAGE_MAX] = {0};
    size_t n = fread(out, 1, sizeof out - 1, cr_get_redirected_stderr());
    cr_assert_lt(n, MESSAGE_MAX);
    cr_assert_eq(out[n - 1], '\n');
}

Test(message, abort_says_why_and_aborts, .signal = SIGABRT)
{
    message_abort("because");
}

Test(message, check_is_silent_when_true)
{
    CHECK(1 + 1 == 2);
}

Test(message, check_aborts_when_false, .signal = SIGABRT)
{
    CHECK(1 + 1 == 3);
}
