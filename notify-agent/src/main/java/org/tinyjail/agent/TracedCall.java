package org.tinyjail.agent;

import java.util.ArrayList;
import java.util.List;
import org.tinyjail.agent.ArgumentDecoder.Decoded;
import org.tinyjail.agent.MemoryView.Block;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Escape;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.SyscallSignature;
import org.tinyjail.model.SyscallSignature.Parameter;

/** A call with what was behind its arguments; decoded when asked for, by any thread. */
public final class TracedCall {
  private final Arch arch;
  private final String name;
  private final SyscallData data;
  private final KeptMemory memory;

  TracedCall(Arch arch, String name, SyscallData data, KeptMemory memory) {
    this.arch = arch;
    this.name = name;
    this.data = data;
    this.memory = memory;
  }

  /** The architecture it was made for. */
  public Arch arch() {
    return arch;
  }

  /** The name, or {@code syscall_N}. */
  public String name() {
    return name;
  }

  /** The number, with x32's bit. */
  public int number() {
    return data.number();
  }

  /** Each argument that the kernel looks at; the six registers of a call that is not known. */
  public List<Decoded> arguments() {
    return ArgumentDecoder.arguments(arch, name, data, memory);
  }

  /** Such as {@code close(3</etc/passwd>)}; fit for display. */
  public String text() {
    return name + "(" + ArgumentDecoder.joined(arguments()) + ")";
  }

  /**
   * The files that its arguments name: descriptors, and paths, put behind their directory where the
   * call says which.
   */
  public List<String> paths() {
    List<Parameter> parameters = SyscallSignature.of(name, arch).parameters();
    List<String> paths = new ArrayList<>();
    String directory = "";
    for (int i = 0; i < parameters.size(); i++) {
      Block block = memory.block(i);
      String text = block == null ? "" : Escape.text(block.bytes().array());
      switch (parameters.get(i).type()) {
        case "fd" -> paths.add(text);
        case "dirfd" -> {
          directory = text;
          paths.add(text);
        }
        case "path" -> paths.add(absolute(directory, text));
        default -> {}
      }
    }
    paths.removeIf(String::isEmpty);
    return paths;
  }

  private static String absolute(String directory, String path) {
    return path.isEmpty() || path.startsWith("/") || directory.isEmpty()
        ? path
        : directory + (directory.endsWith("/") ? "" : "/") + path;
  }

  /** Bytes of the target's that it holds. */
  public int size() {
    return memory.size();
  }
}
