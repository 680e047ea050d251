package org.tinyjail.agent;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.Escape;

/** A thread of the target, as it was when it made a call. */
public final class Caller {
  private final ProcFiles files;
  private final int thread;
  private final TargetProcess process;
  private final long checked;

  Caller(ProcFiles files, int thread, TargetProcess process, long checked) {
    this.files = files;
    this.thread = thread;
    this.process = process;
    this.checked = checked;
  }

  /** The thread's id; 0 if it is in another pid namespace. */
  public int thread() {
    return thread;
  }

  /** The process it belongs to; 0 if unknown. */
  public int process() {
    return process.id();
  }

  /** The path of the file that the process executes; empty if unknown. */
  public String executable() {
    return process.image().executable();
  }

  /** The name of the thread, raw; empty if unknown. */
  public String comm() {
    byte[] comm = thread == 0 ? null : files.file(thread, "comm");
    String text = comm == null ? "" : Escape.text(comm);
    return text.endsWith("\n") ? text.substring(0, text.length() - 1) : text;
  }

  /** Module and offset of an address, such as {@code libc.so.6+0x10d7b2}; empty if unknown. */
  public String callSite(long address) {
    ModuleMap modules = modulesWith(address);
    return Objects.requireNonNullElse(modules == null ? null : modules.site(address), "");
  }

  /** What is mapped where, read anew if {@code address} is nowhere; null if that is not known. */
  @Nullable ModuleMap modulesWith(long address) {
    ModuleMap known = process.modules();
    if (known == null || known.site(address) == null) {
      byte[] maps = thread == 0 ? null : files.file(thread, "maps");
      if (maps != null) {
        known = ModuleMap.parse(maps);
        process.modules(known);
      }
    }
    return known;
  }

  /** The file that it has open as {@code descriptor}; empty if that is no file, or unknown. */
  String file(int descriptor) {
    byte[] link = thread == 0 ? null : files.link(thread, "fd/" + descriptor);
    String path = link == null ? "" : Escape.text(link);
    return path.startsWith("/") ? path : "";
  }

  /** Where the stack of the thread, which waits, ends; 0 if unknown. */
  long stackPointer() {
    return thread == 0 ? 0 : files.stackPointer(thread);
  }

  /** The parent of the process; 0 if unknown. */
  int parent() {
    return thread == 0 ? 0 : files.parent(process.id());
  }

  /** The bottom of the stack of the process, anew with each exec; 0 if unknown. */
  long stackStart() {
    return thread == 0 ? 0 : files.stackStart(process.id());
  }

  TargetProcess targetProcess() {
    return process;
  }

  long checked() {
    return checked;
  }
}
