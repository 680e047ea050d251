package org.tinyjail.agent;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.tinyjail.agent.MemoryView.Block;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Escape;
import org.tinyjail.model.Run;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallTable;

/** What the records of a spool say, gathered one by one. */
final class SpoolContents {
  /** Different denials that are kept; more count as lost. */
  private static final int DENIALS_MAX = 100_000;

  /** Bytes of mappings that are kept; images beyond have no call sites. */
  private static final int MAPS_MAX = 16 << 20;

  private static final ModuleMap NO_MODULES = ModuleMap.parse(new byte[0]);
  private static final long NANOS = 1_000_000_000L;

  private final int writer;
  private final long writerStart;
  private final boolean closed;
  private final Map<Integer, ImageRecord> images = new HashMap<>();
  private final Map<Key, Denial> denials = new LinkedHashMap<>();
  private @Nullable Start start;
  private long lost;
  private boolean complains;
  private int mapsKept;
  private Optional<Instant> ended = Optional.empty();
  private OptionalInt status = OptionalInt.empty();

  private record Start(Instant time, long nanos, Fields fields) {}

  private record ImageRecord(int process, String executable, String comm, ModuleMap modules) {}

  private static final ImageRecord UNKNOWN = new ImageRecord(0, "", "", NO_MODULES);

  /** What makes two denials one, beside their time and who exactly was denied. */
  private record Key(
      String executable,
      Arch arch,
      int number,
      String arguments,
      String callSite,
      Action action,
      boolean carriedOut) {}

  SpoolContents(int writer, long writerStart, long lost, boolean closed) {
    this.writer = writer;
    this.writerStart = writerStart;
    this.lost = Math.max(0, lost);
    this.closed = closed;
  }

  /**
   * Takes in one record, from position 0 to the limit.
   *
   * @throws IllegalArgumentException if it does not hold together
   */
  void add(ByteBuffer record) {
    int type = Short.toUnsignedInt(record.getShort(4));
    switch (type) {
      case Wire.RECORD_START -> start(sized(record, Wire.START_SIZE));
      case Wire.RECORD_IMAGE -> image(sized(record, Wire.IMAGE_SIZE));
      case Wire.RECORD_DENIAL -> denial(sized(record, Wire.DENIAL_SIZE));
      case Wire.RECORD_END -> end(sized(record, Wire.END_SIZE));
      default -> throw new IllegalArgumentException("unknown type " + type);
    }
  }

  private static ByteBuffer sized(ByteBuffer record, int least) {
    if (record.limit() < least) {
      throw new IllegalArgumentException(
          "has " + record.limit() + " bytes, wanted at least " + least);
    }
    return record;
  }

  private void start(ByteBuffer record) {
    if (start == null) {
      long nanos = record.getLong(8);
      start = new Start(time(nanos), nanos, Fields.read(record.position(Wire.START_SIZE)));
    }
  }

  private void image(ByteBuffer record) {
    Fields fields = Fields.read(record.position(Wire.IMAGE_SIZE));
    images.put(
        record.getInt(8),
        new ImageRecord(
            record.getInt(12),
            text(fields, Wire.FIELD_EXECUTABLE),
            text(fields, Wire.FIELD_COMM),
            fields.first(Wire.FIELD_MAPS).map(this::modules).orElse(NO_MODULES)));
  }

  private ModuleMap modules(byte[] maps) {
    if (maps.length > Wire.SPOOL_MAPS_MAX || mapsKept + maps.length > MAPS_MAX) {
      return NO_MODULES;
    }
    mapsKept += maps.length;
    return ModuleMap.parse(maps);
  }

  private void denial(ByteBuffer record) {
    int arch = record.getInt(Wire.DENIAL_ARCH);
    int number = record.getInt(Wire.DENIAL_NR);
    List<Long> registers = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      registers.add(record.getLong(Wire.DENIAL_ARGS + 8 * i));
    }
    SyscallData data = new SyscallData(number, arch, record.getLong(Wire.DENIAL_IP), registers);
    Arch known =
        Arch.of(arch, number)
            .orElseThrow(
                () -> new IllegalArgumentException("unknown architecture " + Numbers.hex(arch)));
    add(record, known, data, ArgumentDecoder.decode(data, blocks(record)));
  }

  private void add(ByteBuffer record, Arch arch, SyscallData data, String arguments) {
    ImageRecord image = images.getOrDefault(record.getInt(Wire.DENIAL_IMAGE), UNKNOWN);
    boolean carriedOut = (record.getShort(6) & Wire.DENIAL_CONTINUED) != 0;
    Denial denial =
        new Denial(
            image.executable,
            image.comm,
            image.process != 0 ? image.process : record.getInt(Wire.DENIAL_THREAD),
            arch,
            name(arch, data.number()),
            data,
            arguments,
            Objects.requireNonNullElse(image.modules.site(data.instructionPointer()), ""),
            Action.ofFilterValue(record.getInt(Wire.DENIAL_VERDICT)),
            carriedOut,
            record.getLong(Wire.DENIAL_COUNT),
            time(record.getLong(Wire.DENIAL_FIRST_NS)),
            time(record.getLong(Wire.DENIAL_LAST_NS)));
    complains |= carriedOut;
    add(denial);
  }

  private void add(Denial denial) {
    Key key =
        new Key(
            denial.executable(),
            denial.arch(),
            denial.data().number(),
            denial.arguments(),
            denial.callSite(),
            denial.action(),
            denial.carriedOut());
    if (denials.size() >= DENIALS_MAX && !denials.containsKey(key)) {
      lost = sum(lost, denial.count());
    } else {
      denials.merge(key, denial, SpoolContents::together);
    }
  }

  private static Denial together(Denial a, Denial b) {
    return new Denial(
        a.executable(),
        a.comm(),
        a.pid(),
        a.arch(),
        a.syscall(),
        a.data(),
        a.arguments(),
        a.callSite(),
        a.action(),
        a.carriedOut(),
        sum(a.count(), b.count()),
        a.first().isBefore(b.first()) ? a.first() : b.first(),
        a.last().isAfter(b.last()) ? a.last() : b.last());
  }

  private static long sum(long a, long b) {
    return a > Long.MAX_VALUE - b ? Long.MAX_VALUE : a + b;
  }

  /** The blocks behind a denial. */
  private static MemoryView blocks(ByteBuffer record) {
    @Nullable Block[] blocks = new Block[6];
    ByteBuffer in = record.position(Wire.DENIAL_SIZE).slice().order(ByteOrder.LITTLE_ENDIAN);
    while (in.remaining() >= Wire.BLOCK_HEADER) {
      int argument = Byte.toUnsignedInt(in.get());
      int kind = Byte.toUnsignedInt(in.get());
      int error = Short.toUnsignedInt(in.getShort());
      int length = in.getInt();
      if (argument > 5) {
        throw new IllegalArgumentException("block of argument " + argument);
      }
      byte[] bytes = Fields.bytes(in, length, "block of argument " + argument);
      blocks[argument] = error != 0 ? Block.unreadable(kind, error) : Block.of(kind, bytes);
    }
    return index -> blocks[index];
  }

  private void end(ByteBuffer record) {
    ended = Optional.of(time(record.getLong(8)));
    status = OptionalInt.of(WaitStatus.exitCode(record.getInt(16)));
  }

  /**
   * All that was taken in.
   *
   * @throws SpoolException if there was no start
   */
  Spool toSpool(List<String> damage) throws IOException {
    Start begin = start;
    if (begin == null) {
      throw new SpoolException(
          "has no record of a start" + (damage.isEmpty() ? "" : ": " + damage));
    }
    WriterProcess whoWrote =
        new WriterProcess(writer, writerStart, text(begin.fields, Wire.FIELD_BOOT_ID).trim());
    Spool.State state =
        closed
            ? Spool.State.ENDED
            : whoWrote.isAlive() ? Spool.State.BEING_WRITTEN : Spool.State.CUT_OFF;
    return new Spool(run(begin, damage), List.copyOf(denials.values()), state, damage);
  }

  private Run run(Start begin, List<String> damage) {
    String executable = text(begin.fields, Wire.FIELD_EXECUTABLE);
    List<String> command = begin.fields.all(Wire.FIELD_WORD).stream().map(Escape::text).toList();
    return new Run(
        Long.toHexString(begin.nanos) + "-" + Integer.toHexString(writer),
        complains ? Run.Kind.COMPLAIN : Run.Kind.ENFORCE,
        profile(begin.fields, executable, command),
        executable,
        "",
        command,
        policy(begin.fields),
        begin.time,
        ended,
        status,
        true,
        damage.isEmpty() ? lost : Math.max(1, lost));
  }

  /** The launcher knows no scripts: without a name of its own a run has the executable's path. */
  private static String profile(Fields fields, String executable, List<String> command) {
    String given = text(fields, Wire.FIELD_PROFILE);
    try {
      Path file = Path.of(executable);
      return given.isEmpty() || given.equals(ProfileName.real(file).toString())
          ? ProfileName.of(file, command, Path.of(text(fields, Wire.FIELD_DIRECTORY)))
          : given;
    } catch (InvalidPathException e) {
      return given.isEmpty() ? executable : given; // written by somebody else
    }
  }

  /** As it was named, but from the root: it is compared with files named elsewhere. */
  private static String policy(Fields fields) {
    String named = text(fields, Wire.FIELD_POLICY_PATH);
    boolean relative = !named.isEmpty() && !named.startsWith("/") && !named.startsWith("@");
    return relative ? text(fields, Wire.FIELD_DIRECTORY) + "/" + named : named;
  }

  private static String name(Arch arch, int number) {
    return arch.hasTable() ? SyscallTable.of(arch).nameOrNumber(number) : "syscall_" + number;
  }

  private static String text(Fields fields, int tag) {
    return fields.first(tag).map(Escape::text).orElse("");
  }

  private static Instant time(long nanos) {
    return Instant.ofEpochSecond(
        Long.divideUnsigned(nanos, NANOS), Long.remainderUnsigned(nanos, NANOS));
  }
}
