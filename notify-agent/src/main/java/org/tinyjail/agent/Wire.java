package org.tinyjail.agent;

/** The numbers of {@code wire.h}, section by section; {@code WireTest} compares the two. */
final class Wire {
  static final int PLAN_FD = 3;
  static final int CONTROL_FD = 4;
  static final int LAUNCH_FD = 5;
  static final int TERMINAL_FD = 6;

  static final int FIELD_HEADER = 8;
  static final int FIELD_WORD = 1;
  static final int FIELD_EXECUTABLE = 2;
  static final int FIELD_DIRECTORY = 3;
  static final int FIELD_POLICY = 4;
  static final int FIELD_POLICY_PATH = 5;
  static final int FIELD_FEATURES = 6;
  static final int FIELD_PROFILE = 7;
  static final int FIELD_COMM = 8;
  static final int FIELD_MAPS = 9;
  static final int FIELD_BOOT_ID = 10;
  static final int FIELD_VARIABLE = 11;

  static final String LAUNCH_MAGIC = "TJLAUNC1";

  static final String PLAN_MAGIC = "TJPLAN01";
  static final int PLAN_SIZE_MAX = 1 << 20;
  static final int PLAN_HEADER = 88;

  static final int POINTER_RULE = 24;
  static final int POINTER_NONE = 0;
  static final int POINTER_STRING = 1;
  static final int POINTER_BYTES = 2;
  static final int POINTER_SIZED = 3;
  static final int POINTER_VECTOR = 4;
  static final int POINTER_MSGHDR = 5;
  static final int POINTER_FD = 6;
  static final int POINTER_DIRFD = 7;
  static final int POINTER_UNUSED = 8;

  static final int SPOOL_STRING_MAX = 1024;
  static final int SPOOL_BYTES_MAX = 128;
  static final int SPOOL_VECTOR_MAX = 16;
  static final int SPOOL_MAPS_MAX = 32768;
  static final int SPOOL_SIZE_MAX = 64 << 20;

  static final int CONTROL_SIZE = 16;
  static final int CONTROL_LISTENER = 1;
  static final int CONTROL_MAIN_ENDED = 2;
  static final int CONTROL_OPEN_MEMORY = 3;
  static final int CONTROL_MEMORY = 4;
  static final int CONTROL_STOP = 5;

  static final int SLOT_SIZE = 256;
  static final int SLOT_COUNT = 256;

  static final String SPOOL_MAGIC = "TJSPOOL1";
  static final int SPOOL_HEADER = 48;
  static final int SPOOL_START = 8;
  static final int SPOOL_WRITER = 12;
  static final int SPOOL_USED = 16;
  static final int SPOOL_LOST = 24;
  static final int SPOOL_CLOSED = 32;
  static final int SPOOL_WRITER_START = 40;

  static final int RECORD_HEADER = 8;
  static final int RECORD_START = 1;
  static final int RECORD_IMAGE = 2;
  static final int RECORD_DENIAL = 3;
  static final int RECORD_END = 4;
  static final int START_SIZE = 24;
  static final int IMAGE_SIZE = 16;
  static final int DENIAL_SIZE = 112;
  static final int END_SIZE = 24;
  static final int BLOCK_HEADER = 8;

  static final int DENIAL_COUNT = 8;
  static final int DENIAL_FIRST_NS = 16;
  static final int DENIAL_LAST_NS = 24;
  static final int DENIAL_IMAGE = 32;
  static final int DENIAL_THREAD = 36;
  static final int DENIAL_VERDICT = 40;
  static final int DENIAL_ARCH = 44;
  static final int DENIAL_NR = 48;
  static final int DENIAL_IP = 56;
  static final int DENIAL_ARGS = 64;

  static final int DENIAL_CONTINUED = 1;
  static final int DENIAL_UNREADABLE = 2;
  static final int DENIAL_KILLED = 4;

  private Wire() {}

  /** {@code length} rounded up to the next multiple of 8. */
  static int padded(int length) {
    return (length + 7) & ~7;
  }
}
