package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tinyjail.agent.MemoryView.Block;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Escape;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;
import org.tinyjail.model.SyscallTable;

/**
 * Turns a call into the line that a person reads, such as {@code openat(AT_FDCWD, "/etc/passwd",
 * O_RDONLY|O_CLOEXEC)}. The same for calls that wait now and for those in a spool.
 *
 * <p>The line is fit for display: every byte that the target chose is escaped and can be got back.
 */
public final class ArgumentDecoder {
  private static final int AT_FDCWD = -100;
  private static final String ADDRESS = "0x…";
  private static final int O_CREAT = 0x40;
  private static final int O_TMPFILE = 0x400000;

  /** As many bytes of what is written are shown, as strace has it. */
  private static final int DATA_MAX = 32;

  private final Arch arch;
  private final SyscallData data;
  private final MemoryView memory;
  private final List<Parameter> parameters;
  private final boolean addresses;

  private ArgumentDecoder(
      Arch arch,
      SyscallData data,
      MemoryView memory,
      List<Parameter> parameters,
      boolean addresses) {
    this.arch = arch;
    this.data = data;
    this.memory = memory;
    this.parameters = parameters;
    this.addresses = addresses;
  }

  /**
   * One argument of a call.
   *
   * @param name as in the manual page; empty where the call is not known
   * @param register what the register holds
   * @param text what a person reads, fit for display
   */
  public record Decoded(String name, long register, String text) {}

  /** The line for {@code data}; an architecture that is not known gives numbers. */
  static String decode(SyscallData data, MemoryView memory) {
    Optional<Arch> arch = Arch.of(data.arch(), data.number()).filter(Arch::hasTable);
    Optional<String> name = arch.flatMap(a -> SyscallTable.of(a).name(data.number()));
    if (name.isEmpty()) {
      return "syscall_" + data.number() + raw(data);
    }
    List<Parameter> parameters = SyscallSignature.of(name.get(), arch.get()).parameters();
    ArgumentDecoder decoder = new ArgumentDecoder(arch.get(), data, memory, parameters, false);
    return name.get() + "(" + joined(decoder.all()) + ")";
  }

  /** Each argument that the kernel looks at, addresses as they are. */
  static List<Decoded> arguments(Arch arch, String syscall, SyscallData data, MemoryView memory) {
    if (SyscallTable.isKnown(syscall)) {
      List<Parameter> parameters = SyscallSignature.of(syscall, arch).parameters();
      return new ArgumentDecoder(arch, data, memory, parameters, true).all();
    }
    return data.arguments().stream()
        .map(value -> new Decoded("", value, Numbers.hex(value)))
        .toList();
  }

  /** A class of arguments, such as {@code domain=AF_INET, type=SOCK_STREAM}. */
  public static String decode(Arch arch, String syscall, ArgumentClass arguments) {
    return decode(arch, syscall, arguments.conditions());
  }

  /**
   * Conditions on arguments, such as {@code domain != AF_VSOCK} or {@code prot & PROT_EXEC = 0}.
   */
  public static String decode(Arch arch, String syscall, List<ArgCondition> conditions) {
    List<Parameter> parameters = SyscallSignature.of(syscall, arch).parameters();
    long[] values = new long[6];
    conditions.forEach(c -> values[c.index()] = ConditionText.compared(c));
    List<String> shown = new ArrayList<>();
    for (ArgCondition condition : conditions) {
      int index = condition.index();
      values[index] = ConditionText.compared(condition); // an argument may have several
      SyscallData data = SyscallData.of(arch, 0, values);
      boolean known = index < parameters.size();
      ArgumentDecoder decoder =
          new ArgumentDecoder(arch, data, MemoryView.NOTHING, parameters, true);
      shown.add(
          new ConditionText(
                  syscall,
                  condition,
                  known ? parameters.get(index) : new Parameter("argument " + index, "arg", ""))
              .show(known ? decoder.argument(index) : Numbers.hex(values[index])));
    }
    return String.join(", ", shown);
  }

  private static String raw(SyscallData data) {
    return "(" + String.join(", ", data.arguments().stream().map(Numbers::hex).toList()) + ")";
  }

  /** Arguments as between the brackets of a call. */
  static String joined(List<Decoded> arguments) {
    return String.join(", ", arguments.stream().map(Decoded::text).toList());
  }

  private List<Decoded> all() {
    List<Decoded> arguments = new ArrayList<>();
    for (int i = 0; i < parameters.size(); i++) {
      if (!isUnusedMode(i)) {
        arguments.add(new Decoded(parameters.get(i).name(), data.argument(i), argument(i)));
      }
    }
    return arguments;
  }

  /** Permission bits that the kernel does not look at, since nothing is created. */
  private boolean isUnusedMode(int index) {
    if (index == 0 || !parameters.get(index).type().equals("mode")) {
      return false;
    }
    return parameters.get(index - 1).detail().equals("open-access+open")
        && (data.argument(index - 1) & (O_CREAT | O_TMPFILE)) == 0;
  }

  private String argument(int index) {
    Parameter parameter = parameters.get(index);
    long value = data.argument(index);
    return switch (parameter.type()) {
      // Where memory lies differs from run to run: equal calls must read equal.
      case "ptr", "buf", "addr" -> address(value);
      case "data" ->
          memory.block(index) == null ? address(value) : pointed(index, ArgumentDecoder::data);
      case "arg" ->
          value >>> Integer.SIZE != 0
              ? address(value) // a number for some requests, a pointer for others
              : Numbers.format(parameter.type(), parameter.detail(), value, arch);
      case "fd" -> descriptor(index);
      case "dirfd" -> directory(index);
      case "path", "str" -> pointed(index, this::string);
      case "vec" -> pointed(index, this::vector);
      case "sockaddr" -> pointed(index, block -> SocketAddress.decode(block.bytes().array()));
      case "msghdr" -> pointed(index, ArgumentDecoder::header);
      case "mmsghdr" -> pointed(index, block -> "[" + header(block) + ", …]");
      case "struct" -> pointed(index, block -> structure(block, parameter));
      case "sockopt" -> Numbers.named("sockopt-" + related(parameter, "sockopt-level"), value);
      case "protocol" -> Numbers.named("protocol-" + related(parameter, "socket-domain"), value);
      default -> Numbers.format(parameter.type(), parameter.detail(), value, arch);
    };
  }

  private String address(long value) {
    return value == 0 ? "NULL" : addresses ? Numbers.hex(value) : ADDRESS;
  }

  private static String data(Block block) {
    byte[] bytes = block.bytes().array();
    return bytes.length <= DATA_MAX
        ? Escape.quoted(bytes)
        : Escape.quoted(Arrays.copyOf(bytes, DATA_MAX)) + "…";
  }

  /** The name of the argument that gives this one its meaning. */
  private String related(Parameter parameter, String set) {
    int index = Integer.parseInt(parameter.detail());
    return Numbers.named(set, data.argument(index));
  }

  private String descriptor(int index) {
    int value = (int) data.argument(index);
    return value + link(index);
  }

  private String directory(int index) {
    int value = (int) data.argument(index);
    if (value != AT_FDCWD) {
      return descriptor(index);
    }
    // The working directory matters for a relative path only.
    return "AT_FDCWD" + (isRelative(index + 1) ? link(index) : "");
  }

  private boolean isRelative(int index) {
    Block path = memory.block(index);
    return path != null && path.bytes().length() > 0 && path.bytes().array()[0] != '/';
  }

  private String link(int index) {
    Block block = memory.block(index);
    if (block == null || !block.isReadable() || block.bytes().length() == 0) {
      return "";
    }
    String quoted = Escape.quoted(block.bytes().array());
    return "<" + quoted.substring(1, quoted.length() - 1) + ">";
  }

  private interface BlockDecoder {
    String decode(Block block);
  }

  private String pointed(int index, BlockDecoder decoder) {
    long pointer = data.argument(index);
    if (pointer == 0) {
      return "NULL";
    }
    Block block = memory.block(index);
    return block == null || !block.isReadable() ? Numbers.hex(pointer) : decoder.decode(block);
  }

  private String string(Block block) {
    return quoted(block.bytes().array());
  }

  private static String quoted(byte[] bytes) {
    return Escape.quoted(bytes) + (bytes.length >= Wire.SPOOL_STRING_MAX ? "…" : "");
  }

  private String vector(Block block) {
    byte[] bytes = block.bytes().array();
    List<String> strings = new ArrayList<>();
    int start = 0;
    for (int i = 0; i <= bytes.length && strings.size() < Wire.SPOOL_VECTOR_MAX; i++) {
      if (bytes.length > 0 && (i == bytes.length || bytes[i] == 0)) {
        strings.add(quoted(Arrays.copyOfRange(bytes, start, i)));
        start = i + 1;
      }
    }
    if (strings.size() == Wire.SPOOL_VECTOR_MAX) {
      strings.add("…");
    }
    return "[" + String.join(", ", strings) + "]";
  }

  private static String header(Block block) {
    byte[] address = block.bytes().array();
    return "{msg_name=" + (address.length == 0 ? "NULL" : SocketAddress.decode(address)) + "}";
  }

  private String structure(Block block, Parameter parameter) {
    String name = parameter.detail().substring(0, parameter.detail().indexOf(':'));
    return Structures.decode(name, block.bytes().array(), arch);
  }
}
