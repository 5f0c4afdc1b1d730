// SPDX-License-Identifier: MIT
// See conf_option.c. Only conf.c uses it.
#ifndef CONF_OPTION_H
#define CONF_OPTION_H

#include "conf.h"
#include "conf_value.h"

// Sets an option to a value of the source that conf->sources ends with, or reports what is wrong.
void conf_option_set(struct conf *conf, struct conf_scan *scan, enum conf_option option,
                     struct conf_word value);

#endif
