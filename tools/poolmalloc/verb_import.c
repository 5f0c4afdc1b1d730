// SPDX-License-Identifier: MIT
// poolmalloc import: a pools.conf from the pools of other software, which is lwIP's lwippools.h.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lwip_pools.h"
#include "verb.h"

enum { OPTION_INCLUDE = 256, OPTION_FORCE };

struct request {
    const char *format, *file, *output;
    bool force;
    struct compiler compiler;
};

static const struct argp_option options[] = {
    {NULL, 'I', "DIRECTORY", 0, "where the compiler looks for included files", 0},
    {NULL, 'D', "NAME[=VALUE]", 0, "define a macro", 0},
    {"include", OPTION_INCLUDE, "FILE", 0,
     "include FILE first: what the pools' sizes are made of (-include works as well)", 0},
    {"output", 'o', "FILE", 0, "write to FILE instead of standard output", 0},
    {"force", OPTION_FORCE, NULL, 0, "overwrite FILE", 0},
    {0},
};

static void compiler_option(struct compiler *compiler, const char *option, const char *value)
{
    compiler->options = realloc(compiler->options,
                                (compiler->option_count + 2) * sizeof *compiler->options);
    compiler->options[compiler->option_count++] = strdup(option);
    compiler->options[compiler->option_count++] = strdup(value);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 'I': compiler_option(&request->compiler, "-I", argument); break;
    case 'D': compiler_option(&request->compiler, "-D", argument); break;
    case OPTION_INCLUDE: compiler_option(&request->compiler, "-include", argument); break;
    case 'o': request->output = argument; break;
    case OPTION_FORCE: request->force = true; break;
    case ARGP_KEY_ARG:
        if (!request->format)
            request->format = argument;
        else if (!request->file)
            request->file = argument;
        else
            argp_error(state, "one FILE only");
        break;
    case ARGP_KEY_END:
        if (!request->format)
            argp_error(state, "lwip and a FILE are missing");
        if (strcmp(request->format, "lwip") != 0)
            argp_error(state, "'%s' is no format to import; lwip is", request->format);
        if (!request->file)
            argp_error(state, "the FILE is missing");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "lwip FILE",
    .doc =
        "Turn an lwippools.h into a pools.conf.\n"
        "\n"
        "The C compiler evaluates the file: #if, macros, sizeof and expressions mean what they mean to "
        "it. It is what CC names, with its options, or cc; nothing compiled is run, so the target's own "
        "compiler is best: it knows the target's sizes.\v"
        "The three kinds of pool become malloc, pool and pbuf lines, each with its origin. With "
        "malloc pools there is semantics = lwip. MEM_ALIGNMENT and MEM_USE_POOLS_TRY_BIGGER_POOL become "
        "options, if the file or what it includes defines them; MEM_USE_POOLS and MEMP_USE_CUSTOM_POOLS "
        "are 1 unless defined.\n"
        "\n"
        "What lwIP would refuse, cut to 16 bits or use otherwise than it looks is a warning on standard "
        "error, FILE:LINE:COLUMN: warning: TEXT, and is imported as it is meant: include guards, size "
        "expressions, equal sizes, pools outside their block. A pool of no chunks is left out.\n"
        "\n"
        "Exit status: 0 if the pools.conf was written, 1 if the file is wrong, 2 for a wrong command line.\n"
        "\n"
        "Example: CC=arm-none-eabi-gcc poolmalloc import lwip -I src/include -include lwipopts.h "
        "-include arch/sys_arch.h lwippools.h -o pools.conf",
};

// The compiler's spelling of --include.
static void accept_one_dash(int argc, char **argv)
{
    static char spelling[] = "--include";
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (strcmp(argv[i], "-include") == 0)
            argv[i] = spelling;
}

static bool can_be_included(const char *file)
{
    FILE *readable = fopen(file, "re");
    if (!readable) {
        verb_complain("%s: %s", file, strerror(errno));
        return false;
    }
    fclose(readable);
    if (strpbrk(file, "\"\n"))
        verb_complain("%s: no C file can include a file of this name", file);
    return !strpbrk(file, "\"\n");
}

static bool import(const struct request *request)
{
    struct lwip_pools pools;
    struct bytes conf = {NULL, 0};
    if (!can_be_included(request->file))
        return false;
    if (!lwip_read(request->file, &request->compiler, &pools)) {
        verb_complain("%s: could not be evaluated; as for the compiler, -I says where headers are, "
                      "-include brings types, -D macros",
                      request->file);
        return false;
    }
    lwip_check(&pools, stderr);
    bool written = lwip_write_conf(&pools, &conf, stderr);
    if (written) {
        lwip_check_by_compiler(&pools, &request->compiler, stderr);
        written = bytes_write_file(request->output, request->force, &conf);
    }
    free(conf.data);
    lwip_free(&pools);
    return written;
}

int verb_import(int argc, char **argv)
{
    struct request request = {.format = NULL};
    accept_one_dash(argc, argv);
    verb_parse(&argp, argc, argv, &request);
    bool imported = import(&request);
    for (unsigned i = 0; i < request.compiler.option_count; i++)
        free(request.compiler.options[i]);
    free(request.compiler.options);
    return imported ? VERB_OK : VERB_FAILED;
}
