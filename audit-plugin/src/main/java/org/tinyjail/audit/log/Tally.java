package org.tinyjail.audit.log;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.tinyjail.audit.record.RawText;
import org.tinyjail.audit.record.RecordParser;

/**
 * Equal records added up: of one executable, architecture, call and code. An open hash table, which
 * allocates only for what is new. For one thread.
 */
final class Tally {
  /** What a target can make grow is bounded: it can execute any number of files. */
  static final int ROWS_MAX = 20_000;

  /** Of one program: it can make calls of any number. */
  static final int PROGRAM_ROWS_MAX = 2000;

  /** About so many take as much memory as a block of serial numbers. */
  static final int ROWS_IN_BLOCK = 32;

  private static final int SLOTS = 1 << 8;

  /** Equal records. */
  static final class Row {
    private final byte[] executable;
    private final int hash;
    final Program program;
    final int arch;
    final int syscall;
    final int code;

    /** Of the first of them. */
    final String comm;

    final int pid;
    final long instructionPointer;

    long count;
    long first = Long.MAX_VALUE;
    long last = Long.MIN_VALUE;

    private Row(RecordParser record, int hash, Program program) {
      this.executable = record.executable().raw();
      this.hash = hash;
      this.program = program;
      this.arch = record.arch();
      this.syscall = record.syscall();
      this.code = record.code();
      this.comm = record.comm().text();
      this.pid = record.pid();
      this.instructionPointer = record.instructionPointer();
    }

    private boolean isOf(RecordParser record, int recordHash) {
      return hash == recordHash
          && syscall == record.syscall()
          && code == record.code()
          && arch == record.arch()
          && record.executable().isRaw(executable);
    }

    void add(long time) {
      count++;
      first = Math.min(first, time);
      last = Math.max(last, time);
      program.changed = true;
    }
  }

  /** What is known of one executable. */
  static final class Program {
    final String path;

    /** Its place among those of the session. */
    final int number;

    final List<Row> rows = new ArrayList<>();
    boolean changed;

    private Program(String path, int number) {
      this.path = path;
      this.number = number;
    }
  }

  private @Nullable Row[] slots = new Row[SLOTS];
  private final List<Program> programs = new ArrayList<>();
  private final java.util.Map<String, Program> byPath = new java.util.HashMap<>();
  private int size;

  /** The row of a record; null if it is new and there is no room. */
  @Nullable Row row(RecordParser record) {
    int hash = hash(record);
    int slot = hash & slots.length - 1;
    Row row = slots[slot];
    while (row != null && !row.isOf(record, hash)) {
      slot = slot + 1 & slots.length - 1;
      row = slots[slot];
    }
    if (row == null && size < ROWS_MAX) {
      Program program = program(record.executable());
      if (program.rows.size() == PROGRAM_ROWS_MAX) {
        return null;
      }
      row = new Row(record, hash, program);
      program.rows.add(row);
      slots[slot] = row;
      size++;
      if (size * 2 > slots.length) {
        grow();
      }
    }
    return row;
  }

  private void grow() {
    slots = new Row[slots.length * 2];
    for (Program program : programs) {
      for (Row row : program.rows) {
        int slot = row.hash & slots.length - 1;
        while (slots[slot] != null) {
          slot = slot + 1 & slots.length - 1;
        }
        slots[slot] = row;
      }
    }
  }

  /** How many rows there are. */
  int size() {
    return size;
  }

  private static int hash(RecordParser record) {
    int hash = record.executable().rawHash();
    hash = 31 * hash + record.syscall();
    hash = 31 * hash + record.code();
    hash = 31 * hash + record.arch();
    return hash ^ hash >>> 16;
  }

  private Program program(RawText executable) {
    String path = ExecutableName.of(executable.text());
    Program known = byPath.get(path);
    if (known == null) {
      known = new Program(path, programs.size());
      programs.add(known);
      byPath.put(path, known);
    }
    return known;
  }

  List<Program> programs() {
    return programs;
  }
}
