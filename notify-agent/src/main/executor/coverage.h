/* coverage.h - what preload.c and coverage.c have for one another. */
#ifndef TINY_JAIL_COVERAGE_H
#define TINY_JAIL_COVERAGE_H

#include "fuzz.h"

/* coverage.c: maps what Java reads after each run, at BOARD_FD; wanted: as in the board. Before the target's constructors. */
void coverage_start(uint32_t wanted);

/* preload.c: takes variables out of an environment, all that begin so: name and "=". */
void environment_forget(char **variables, const char *name);

#endif
