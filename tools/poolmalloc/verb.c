// SPDX-License-Identifier: MIT
#include "verb.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "conf_value.h"
#include "poolmalloc.h"
#include "term.h"

void verb_complain(const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    fflush(stdout); // so that lines come in order where both lead to the same place
    fprintf(stderr, "%spoolmalloc:%s ", term_style(stderr, TERM_STRONG),
            term_style(stderr, TERM_PLAIN));
    vfprintf(stderr, format, arguments);
    fputc('\n', stderr);
    va_end(arguments);
}

static int failure = VERB_FAILED; // status of what is not the command line's fault

// At the end, whoever brings it about: argp, too, ends the process by itself.
static void finish_output(void)
{
    int error = fflush(stdout) == 0 ? 0 : errno; // an earlier one is known to have been, no more
    if (!error && !ferror(stdout))
        return;
    verb_complain("standard output could not be written%s%s", error ? ": " : "",
                  error ? strerror(error) : "");
    _exit(failure);
}

void verb_begin(void)
{
    atexit(finish_output);
}

// The options that argp itself has.
static const struct argp_option common_options[] = {
    {.name = "help", .key = '?'}, {.name = "usage", .key = -1}, {.name = "version", .key = 'V'}, {0}};

static bool option_is_last(const struct argp_option *option)
{
    return !option->name && !option->key && !option->doc && !option->group;
}

// The option of the table that a long one of the command line stands for: the first it is a prefix
// of, as getopt_long takes it. NULL: none.
static const struct argp_option *find_long(const struct argp_option *option, const char *name,
                                           size_t length)
{
    for (; option && !option_is_last(option); option++)
        if (option->name && strncmp(option->name, name, length) == 0)
            return option;
    return NULL;
}

static const struct argp_option *find_short(const struct argp_option *option, char letter)
{
    for (; option && !option_is_last(option); option++)
        if (option->key == (unsigned char)letter)
            return option;
    return NULL;
}

static bool takes_next(const struct argp_option *option)
{
    return option && option->arg && !(option->flags & OPTION_ARG_OPTIONAL);
}

static void offer_all(struct conf_nearest *nearest, const struct argp_option *option)
{
    for (; option && !option_is_last(option); option++)
        if (option->name && !(option->flags & OPTION_HIDDEN))
            conf_value_offer(nearest, option->name);
}

static _Noreturn void unknown_option(const struct argp *argp, char *verb, const char *name,
                                     size_t length)
{
    struct conf_nearest nearest = conf_value_nearest((struct conf_word){name, length});
    offer_all(&nearest, argp->options);
    offer_all(&nearest, common_options);
    fprintf(stderr, "%s: there is no option '--%.*s'", verb, (int)length, name);
    if (nearest.known)
        fprintf(stderr, "; did you mean '--%s'?", nearest.known);
    fputc('\n', stderr);
    argp_help(argp, stderr, ARGP_HELP_SEE, verb);
    exit(argp_err_exit_status);
}

// Whether the value of the last option in "-abc" is the next argument.
static bool letters_take_next(const struct argp *argp, const char *letters)
{
    for (; *letters; letters++)
        if (takes_next(find_short(argp->options, *letters)))
            return letters[1] == '\0';
    return false;
}

// argp leaves unknown long options to getopt_long, which knows no nearest one, and it has no -h, which
// becomes --help here. Walks as getopt_long does.
static void look_ahead(const struct argp *argp, int argc, char **argv, bool stop_at_argument)
{
    static char help[] = "--help";
    for (int i = 1; i < argc; i++) {
        const char *argument = argv[i];
        if (argument[0] != '-' || !argument[1]) {
            if (stop_at_argument)
                return;
            continue;
        }
        if (strcmp(argument, "-h") == 0 && !find_short(argp->options, 'h')) {
            argv[i] = help;
            return;
        }
        if (argument[1] != '-') {
            i += letters_take_next(argp, argument + 1);
            continue;
        }
        const char *name = argument + 2;
        size_t length = strcspn(name, "=");
        if (!*name)
            return;
        const struct argp_option *option = find_long(argp->options, name, length);
        if (!option && !find_long(common_options, name, length))
            unknown_option(argp, argv[0], name, length);
        i += takes_next(option) && !name[length];
    }
}

static void parse(const struct argp *argp, int argc, char **argv, void *input, bool stop_at_argument)
{
    argp_program_version = "poolmalloc " PM_VERSION;
    look_ahead(argp, argc, argv, stop_at_argument);
    int error = argp_parse(argp, argc, argv, ARGP_IN_ORDER, NULL, input);
    if (error) {
        verb_complain("%s: %s", argv[0], strerror(error));
        exit(failure);
    }
}

void verb_parse(const struct argp *argp, int argc, char **argv, void *input)
{
    argp_err_exit_status = VERB_USAGE;
    parse(argp, argc, argv, input, false);
}

void verb_parse_program(const struct argp *argp, int argc, char **argv, void *input, int status)
{
    argp_err_exit_status = status;
    failure = status == VERB_USAGE ? VERB_FAILED : status;
    parse(argp, argc, argv, input, true);
}

const char *verb_nearest(const char *unknown, const char *const *known, unsigned count)
{
    struct conf_nearest nearest = conf_value_nearest((struct conf_word){unknown, strlen(unknown)});
    for (unsigned i = 0; i < count; i++)
        conf_value_offer(&nearest, known[i]);
    return nearest.known;
}
