/* agent-fuzz-wire.c - prints the numbers of fuzz.h under the names that Java has for them. */
#include <stddef.h>
#include <stdio.h>

#include "../../main/executor/fuzz.h"

#define NUMBER(name) printf(#name "=%lld\n", (long long)name)
#define TEXT(name) printf(#name "=%s\n", name)
#define AS(name, value) printf(name "=%zu\n", (size_t)(value))

int main(void) {
  TEXT(SETTING_MAGIC);
  NUMBER(SETTING_WORD); NUMBER(SETTING_EXECUTABLE); NUMBER(SETTING_DIRECTORY); NUMBER(SETTING_VARIABLE);
  NUMBER(SETTING_FILTER); NUMBER(SETTING_PRELOAD); NUMBER(SETTING_INPUT); NUMBER(SETTING_LIMITS); NUMBER(SETTING_FLAGS);
  NUMBER(SETTING_EFFECTS); NUMBER(SETTING_CAPTURE); NUMBER(SETTING_CALLBACKS); NUMBER(SETTING_AFL);
  NUMBER(INPUTS_MAX);
  AS("MESSAGE_SIZE", sizeof(struct message));
  AS("MESSAGE_TEXT", offsetof(struct message, text));
  NUMBER(MESSAGE_READY); NUMBER(MESSAGE_INPUT); NUMBER(MESSAGE_ENDED); NUMBER(MESSAGE_FAILED); NUMBER(MESSAGE_KILL);
  NUMBER(MESSAGE_CLEAN); NUMBER(MESSAGE_KILLED); NUMBER(MESSAGE_CONNECT); NUMBER(MESSAGE_TERMINAL);
  NUMBER(MESSAGE_LOOK); NUMBER(MESSAGE_STOP);
  NUMBER(LOOK_NONE); NUMBER(LOOK_ASLEEP); NUMBER(LOOK_BUSY); NUMBER(LOOK_RAN);
  NUMBER(STOP_OLDEST); NUMBER(STOP_ALL);
  NUMBER(FUZZ_CALL); NUMBER(FUZZ_HELLO); NUMBER(FUZZ_READY); NUMBER(FUZZ_DONE);
  NUMBER(FUZZ_FORKED); NUMBER(RUN_NEXT);
  NUMBER(BOARD_WORDS); NUMBER(BOARD_VARIABLES); NUMBER(BOARD_TEXT);
  AS("BOARD_WORD_COUNT_AT", offsetof(struct board, words));
  AS("BOARD_VARIABLE_COUNT_AT", offsetof(struct board, variables));
  AS("BOARD_TOKEN_AT", offsetof(struct board, token));
  AS("BOARD_SPARE_AT", offsetof(struct board, spare));
  AS("BOARD_WORD_AT", offsetof(struct board, word));
  AS("BOARD_VARIABLE_AT", offsetof(struct board, variable));
  AS("BOARD_TEXT_AT", offsetof(struct board, text));
  AS("BOARD_SIZE", sizeof(struct board));
  NUMBER(COVERAGE_AT); NUMBER(FUZZ_SHM_ID); NUMBER(FUZZ_SHM_SIZE);
  NUMBER(COVERAGE_EDGES);
  AS("COVERAGE_SIZE", sizeof(struct coverage));
  return 0;
}
