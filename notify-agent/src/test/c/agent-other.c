/* agent-other.c - the same program by another name, to exec into. */
#include "agent-target.c"
