// SPDX-License-Identifier: MIT
// Stands for lwIP's header of this name.
#include "../../poolmalloc_lwip.h"
