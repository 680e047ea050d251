package org.tinyjail.agent;

/** The numbers of {@code fuzz.h}; {@code WireTest} compares the two. */
final class FuzzWire {
  static final String SETTING_MAGIC = "TJFUZZ01";
  static final int SETTING_WORD = 1;
  static final int SETTING_EXECUTABLE = 2;
  static final int SETTING_DIRECTORY = 3;
  static final int SETTING_VARIABLE = 4;
  static final int SETTING_FILTER = 5;
  static final int SETTING_PRELOAD = 6;
  static final int SETTING_INPUT = 7;
  static final int SETTING_LIMITS = 8;
  static final int SETTING_FLAGS = 9;

  static final int SETTING_EFFECTS = 1;
  static final int SETTING_CAPTURE = 2;
  static final int SETTING_CALLBACKS = 4;
  static final int SETTING_AFL = 8;

  static final int INPUTS_MAX = 8;

  static final int MESSAGE_SIZE = 128;
  static final int MESSAGE_TEXT = 8;
  static final int MESSAGE_READY = 1;
  static final int MESSAGE_INPUT = 2;
  static final int MESSAGE_ENDED = 3;
  static final int MESSAGE_FAILED = 4;
  static final int MESSAGE_KILL = 5;
  static final int MESSAGE_CLEAN = 6;
  static final int MESSAGE_KILLED = 7;
  static final int MESSAGE_CONNECT = 8;
  static final int MESSAGE_TERMINAL = 9;
  static final int MESSAGE_LOOK = 10;
  static final int MESSAGE_STOP = 11;

  static final int LOOK_NONE = 0;
  static final int LOOK_ASLEEP = 1;
  static final int LOOK_BUSY = 2;
  static final int LOOK_RAN = 4;

  static final int STOP_OLDEST = 0;
  static final int STOP_ALL = 1;

  static final int FUZZ_CALL = 0x746a01;
  static final int FUZZ_HELLO = 1;
  static final int FUZZ_READY = 2;
  static final int FUZZ_DONE = 3;
  static final int FUZZ_FORKED = 4;
  static final int RUN_NEXT = 1;

  static final int BOARD_WORDS = 256;
  static final int BOARD_VARIABLES = 64;
  static final int BOARD_TEXT = 128 << 10;
  static final int BOARD_WORD_COUNT_AT = 0;
  static final int BOARD_VARIABLE_COUNT_AT = 4;
  static final int BOARD_TOKEN_AT = 24;
  static final int BOARD_SPARE_AT = 32;
  static final int BOARD_WORD_AT = 40 + 4096;
  static final int BOARD_VARIABLE_AT = BOARD_WORD_AT + 4 * BOARD_WORDS;
  static final int BOARD_TEXT_AT = BOARD_VARIABLE_AT + 4 * BOARD_VARIABLES;
  static final int BOARD_SIZE = BOARD_TEXT_AT + BOARD_TEXT;

  static final int COVERAGE_AT = 256 << 10;
  static final int COVERAGE_EDGES = 1 << 16;
  static final int COVERAGE_SIZE = COVERAGE_EDGES + 256 * 24;
  static final int FUZZ_SHM_ID = 0x746a02;
  static final int FUZZ_SHM_SIZE = 1 << 20;

  private FuzzWire() {}
}
