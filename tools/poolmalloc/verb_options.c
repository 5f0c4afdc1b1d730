// SPDX-License-Identifier: MIT
// poolmalloc options: the rows of options.def.
#include <stdio.h>

#include "conf.h"
#include "verb.h"

int verb_options(int argc, char **argv)
{
    static const struct argp argp = {.doc = "List the options of pools.conf."};
    verb_parse(&argp, argc, argv, NULL);
    for (unsigned i = 0; i < OPTION_COUNT; i++)
        printf("%-16s %-10s %s\n    %s\n", conf_rows[i].name,
               conf_rows[i].initial[0] ? conf_rows[i].initial : "\"\"", conf_rows[i].values,
               conf_rows[i].help);
    return VERB_OK;
}
