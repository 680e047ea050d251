package org.tinyjail.agent;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.BpfProgram;
import org.tinyjail.model.Rule;

/**
 * What a {@link ForkServer} starts, and how.
 *
 * @param executable the file to execute
 * @param directory the working directory; changes in it are kept apart and dropped
 * @param words the command line, raw, while a run has no other
 * @param variables {@code NAME=VALUE} of the environment, raw
 * @param filter what each run is under; calls that it does not notify are not seen
 * @param token what marks the server's own calls, which {@link #ownCalls} lets the filter pass
 * @param input how a run gets its input
 * @param limits what a run may use
 * @param kind where the target is forked
 * @param tells how the target tells of its edges; it is heard where it is forked from within
 * @param capture whether output is kept; else it is dropped
 * @param effects whether runs have no namespaces: what they do is done to the system
 */
public record ForkServerSetting(
    Path executable,
    Path directory,
    List<byte[]> words,
    List<byte[]> variables,
    BpfProgram filter,
    long token,
    RunInput input,
    Limits limits,
    Kind kind,
    Tells tells,
    boolean capture,
    boolean effects) {

  /** Where the target is forked. */
  public enum Kind {
    /** Before each exec: any program. */
    PLAIN,
    /** In the target, before main: dynamically linked to glibc, one thread until main. */
    PRELOAD
  }

  /** How a target tells of the edges that it takes. */
  public enum Tells {
    /** Not at all. */
    NOTHING(0),
    /** By calls of {@code __sanitizer_cov_trace_pc_guard} and the like. */
    CALLBACKS(FuzzWire.SETTING_CALLBACKS),
    /** In a map as AFL's targets ask for it. */
    AFL(FuzzWire.SETTING_AFL);

    private final int flag;

    Tells(int flag) {
      this.flag = flag;
    }
  }

  /**
   * Limits; sizes in bytes.
   *
   * @param memory address space of each process; 0: none
   * @param fileSize of each file
   * @param scratch all files of a run together
   * @param processes of the target at once
   */
  public record Limits(long memory, long fileSize, long scratch, long processes) {
    /** 2 GiB of address space, files of 16 MiB, 64 MiB together, 256 processes. */
    public static final Limits DEFAULT = new Limits(2L << 30, 16 << 20, 64 << 20, 256);

    private byte[] toBytes() {
      return little(32)
          .putLong(memory)
          .putLong(fileSize)
          .putLong(scratch)
          .putLong(processes)
          .array();
    }
  }

  public ForkServerSetting {
    words = List.copyOf(words);
    variables = List.copyOf(variables);
    if (words.isEmpty()) {
      throw new IllegalArgumentException("a command line has at least one word");
    }
  }

  /**
   * What a filter is to let pass of the server's own calls: those of each run, which have {@code
   * token} as their sixth argument.
   */
  public static List<Rule> ownCalls(long token) {
    ArgCondition marked = new ArgCondition(5, ArgCondition.Operator.EQ, token, 0);
    return Stream.of(
            "clone", "wait4", "prctl", "getpid", "setsid", "setpgid", "lseek", "openat", "dup3",
            "close")
        .map(name -> new Rule(name, List.of(marked), Action.ALLOW))
        .toList();
  }

  /** The same, forked elsewhere. */
  public ForkServerSetting as(Kind other) {
    return new ForkServerSetting(
        executable,
        directory,
        words,
        variables,
        filter,
        token,
        input,
        limits,
        other,
        tells,
        capture,
        effects);
  }

  /**
   * The path on the host of what {@code /proc/PID/exe} shows: of a file in a place that has been
   * given back since, only the part behind that place is left.
   */
  String hostPath(String shown) {
    if (!shown.startsWith("/") || Files.exists(Path.of(shown))) {
      return shown;
    }
    if (executable.endsWith(shown.substring(1))) {
      return executable.toString();
    }
    return Stream.of(directory.toString(), "/tmp", "/var/tmp")
        .map(place -> place + shown)
        .filter(path -> Files.exists(Path.of(path)))
        .findFirst()
        .orElse(shown);
  }

  /** The setting of {@code fuzz.h}. */
  byte[] toBytes(Path preload) {
    List<byte[]> parts = new ArrayList<>();
    words.forEach(word -> parts.add(field(FuzzWire.SETTING_WORD, word)));
    variables.forEach(variable -> parts.add(field(FuzzWire.SETTING_VARIABLE, variable)));
    parts.add(field(FuzzWire.SETTING_EXECUTABLE, text(executable)));
    parts.add(field(FuzzWire.SETTING_DIRECTORY, text(directory)));
    parts.add(field(FuzzWire.SETTING_FILTER, filter.toBytes()));
    inputs().forEach(path -> parts.add(field(FuzzWire.SETTING_INPUT, text(path))));
    if (kind == Kind.PRELOAD) {
      parts.add(field(FuzzWire.SETTING_PRELOAD, text(preload)));
      mapVariables().forEach(variable -> parts.add(field(FuzzWire.SETTING_VARIABLE, variable)));
    }
    parts.add(field(FuzzWire.SETTING_LIMITS, limits.toBytes()));
    parts.add(field(FuzzWire.SETTING_FLAGS, little(Integer.BYTES).putInt(flags()).array()));
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    all.writeBytes(FuzzWire.SETTING_MAGIC.getBytes(StandardCharsets.US_ASCII));
    parts.forEach(all::writeBytes);
    return all.toByteArray();
  }

  /** Where its input files are seen; none: it has standard input. */
  List<Path> inputs() {
    return input instanceof RunInput.InFiles files ? files.paths() : List.of();
  }

  private int flags() {
    int told = kind == Kind.PRELOAD ? tells.flag : 0;
    return told
        | (effects ? FuzzWire.SETTING_EFFECTS : 0)
        | (capture ? FuzzWire.SETTING_CAPTURE : 0);
  }

  /** Those of AFL; the target alone sees them, not what it executes. */
  private List<byte[]> mapVariables() {
    return tells != Tells.AFL
        ? List.of()
        : Stream.of(
                "__AFL_SHM_ID=" + FuzzWire.FUZZ_SHM_ID, "AFL_MAP_SIZE=" + FuzzWire.FUZZ_SHM_SIZE)
            .map(variable -> variable.getBytes(StandardCharsets.US_ASCII))
            .toList();
  }

  /** Followed by at least one zero byte, up to a multiple of 8. */
  private static byte[] field(int tag, byte[] bytes) {
    return little(8 + (bytes.length / 8 + 1) * 8)
        .putInt(tag)
        .putInt(bytes.length)
        .put(bytes)
        .array();
  }

  private static ByteBuffer little(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
  }

  private static byte[] text(Path path) {
    return path.toString().getBytes(StandardCharsets.UTF_8);
  }
}
