// SPDX-License-Identifier: MIT
#include "verb.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void verb_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fputs("poolmalloc: ", stderr);
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

void verb_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = VERB_USAGE;
    int error = argp_parse(argp, argc, argv, ARGP_IN_ORDER, NULL, input);
    if (error) {
        verb_complain("%s: %s", argv[0], strerror(error));
        exit(VERB_FAILED);
    }
}
