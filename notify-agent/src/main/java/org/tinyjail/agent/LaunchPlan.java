package org.tinyjail.agent;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tinyjail.model.BpfProgram;

/**
 * The ready-made bytes with which the launcher starts a target: the plan section of {@code wire.h}.
 *
 * <p>Plain Java: a plan is written on the way to every first run of a policy, which must be quick.
 */
public final class LaunchPlan {
  private final byte[] bytes;

  private LaunchPlan(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Who answers the target's notifications. */
  public enum Mode {
    /** Nobody: the verdict program is installed, nothing stays behind. */
    EXEC(1),
    /** The launcher, which keeps the denials in a spool. */
    RECORDER(2),
    /** This process; should it die, the launcher. */
    AGENT(3);

    private final int value;

    Mode(int value) {
      this.value = value;
    }
  }

  /** What the launcher does beside; see {@code enum plan_flag}. */
  public enum Flag {
    /** Denied calls are carried out, and recorded. */
    COMPLAIN(1),
    /** Partial enforcement is accepted. */
    BEST_EFFORT(2),
    /** The policy has no execve: the launch's own passes, once. */
    FREE_EXEC(4),
    /** The launcher may keep this plan. */
    CACHEABLE(8),
    /** No closing line about denials. */
    QUIET(16),
    /** The agent's death ends the target and is an error. */
    LEARN(32),
    /** The kernel logs what it denies. */
    LOG(64),
    /** Wait for the last task of the filter, not only for the main child. */
    FOLLOW(128),
    /** With LEARN: what outlives the main child goes on, by the verdict, when the agent ends. */
    LEAVE(256);

    private final int bit;

    Flag(int bit) {
      this.bit = bit;
    }
  }

  /** A plan to be filled. */
  public static Builder builder(Mode mode) {
    return new Builder(mode);
  }

  /** The whole plan. */
  public byte[] toBytes() {
    return bytes.clone();
  }

  /**
   * Hands the plan to the launcher, which waits for it on descriptor 3.
   *
   * @throws AgentException if there is no launcher
   * @throws LauncherGoneException if it has ended meanwhile
   */
  public void send() {
    send(Path.of("/proc/self/fd/" + Wire.PLAN_FD));
  }

  /** Writes the plan to a descriptor or file of this path. */
  public void send(Path path) {
    try (OutputStream out = Files.newOutputStream(path)) {
      out.write(bytes);
    } catch (IOException e) {
      if ("Broken pipe".equals(e.getMessage())) {
        throw new LauncherGoneException(e);
      }
      throw new AgentException(
          "the launcher does not take the plan on descriptor " + Wire.PLAN_FD, e);
    }
  }

  /** Fills a plan; see {@code struct plan} for what each part means. */
  public static final class Builder {
    private final Mode mode;
    private final Set<Flag> flags = EnumSet.noneOf(Flag.class);
    private @Nullable BpfProgram notify;
    private @Nullable BpfProgram verdict;
    private byte[] pointers = {};
    private String spool = "";
    private String profile = "";
    private String policy = "";
    private @Nullable BpfProgram serving;
    private int readyPort;
    private int readyAfterMillis;

    private Builder(Mode mode) {
      this.mode = mode;
    }

    /** The filter to install where there is a supervisor; needed unless the mode is EXEC. */
    public Builder notify(BpfProgram program) {
      notify = program;
      return this;
    }

    /** The policy's own actions; always needed. */
    public Builder verdict(BpfProgram program) {
      verdict = program;
      return this;
    }

    /** What to read behind pointers. Default: nothing. */
    public Builder pointers(PointerTable table) {
      pointers = table.toBytes();
      return this;
    }

    /** The directory for spools; needed in mode RECORDER. */
    public Builder spool(Path directory) {
      spool = directory.toString();
      return this;
    }

    /** What evidence belongs to. Default: the executable's real path. */
    public Builder profile(String name) {
      profile = name;
      return this;
    }

    /** The path of the policy, for the records. */
    public Builder policy(String path) {
      policy = path;
      return this;
    }

    /**
     * What takes the place of the verdict once the target is ready: when it says so, and as below.
     * Default: nothing ever does.
     */
    public Builder serving(BpfProgram program) {
      serving = program;
      return this;
    }

    /** The target is ready once somebody listens on this TCP port. */
    public Builder readyPort(int port) {
      readyPort = port;
      return this;
    }

    /** The target is ready after so long. */
    public Builder readyAfter(Duration time) {
      readyAfterMillis = Math.toIntExact(Math.max(1, time.toMillis()));
      return this;
    }

    /** Adds a flag. */
    public Builder flag(Flag flag) {
      flags.add(flag);
      return this;
    }

    /**
     * The plan.
     *
     * @throws IllegalStateException if a part is missing
     * @throws AgentException if it is larger than the launcher takes
     */
    public LaunchPlan build() {
      byte[][] sections = {
        program(notify, mode != Mode.EXEC, "notify"),
        program(verdict, true, "verdict"),
        pointers,
        path(spool, mode == Mode.RECORDER),
        path(profile, false),
        path(policy, false),
        program(serving, false, "serving")
      };
      int size = Wire.PLAN_HEADER;
      for (byte[] section : sections) {
        size = Math.addExact(size, Wire.padded(section.length));
      }
      if (size > Wire.PLAN_SIZE_MAX) {
        throw new AgentException(
            "the plan has " + size + " bytes, the launcher takes " + Wire.PLAN_SIZE_MAX);
      }
      return new LaunchPlan(assemble(size, sections));
    }

    private byte[] assemble(int size, byte[][] sections) {
      ByteBuffer out = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
      out.put(Wire.PLAN_MAGIC.getBytes(StandardCharsets.US_ASCII));
      out.putInt(size).putInt(mode.value).putInt(flagBits());
      out.putInt(readyPort).putInt(readyAfterMillis).putInt(0);
      int offset = Wire.PLAN_HEADER;
      for (byte[] section : sections) {
        out.putInt(section.length == 0 ? 0 : offset).putInt(section.length);
        out.put(offset, section);
        offset += Wire.padded(section.length);
      }
      return out.array();
    }

    private int flagBits() {
      return flags.stream().mapToInt(f -> f.bit).reduce(0, (a, b) -> a | b);
    }

    private byte[] program(@Nullable BpfProgram program, boolean needed, String name) {
      if (program == null && needed) {
        throw new IllegalStateException("a plan of mode " + mode + " needs " + name);
      }
      return Optional.ofNullable(program).map(BpfProgram::toBytes).orElse(new byte[0]);
    }

    private byte[] path(String text, boolean needed) {
      if (text.indexOf('\0') >= 0 || (needed && text.isEmpty())) {
        throw new IllegalStateException(
            "a plan of mode " + mode + " cannot have the path: " + text);
      }
      return text.getBytes(StandardCharsets.UTF_8);
    }
  }
}
