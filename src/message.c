// SPDX-License-Identifier: MIT
#include "message.h"

#include <errno.h>
#include <stdlib.h>

#include "os.h"
#include "text.h"

static void say(const char *format, va_list arguments)
{
    int saved_errno = errno;
    char buffer[MESSAGE_MAX];
    struct text text;
    text_init(&text, buffer, sizeof buffer - 1); // room for the newline, whatever was cut
    text_add(&text, "poolmalloc: ");
    text_addv(&text, format, arguments);
    buffer[text.length] = '\n';
    os_stderr_write(buffer, text.length + 1);
    errno = saved_errno;
}

void message(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
}

void message_abort(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    say(format, arguments);
    va_end(arguments);
    abort();
}
