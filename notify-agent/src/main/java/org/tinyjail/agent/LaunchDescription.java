package org.tinyjail.agent;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tinyjail.model.Escape;

/** What is to be started, as the launcher saw it: the launch section of {@code wire.h}. */
public final class LaunchDescription {
  /** Longest description that is read: argv, environment of policies and all. */
  static final int SIZE_MAX = 128 << 20;

  private static final int FEATURE_USER_NOTIF = 1;
  private static final int FEATURE_LOG = 2;
  private static final int FEATURE_WAIT_KILLABLE = 4;
  private static final int FEATURE_LANDLOCK_SCOPE = 8;
  private static final int FEATURE_ROOT = 16;

  private final Fields fields;

  private LaunchDescription(Fields fields) {
    this.fields = fields;
  }

  /**
   * Reads the description that the launcher left in descriptor 5.
   *
   * @throws AgentException if there is none or it is damaged
   */
  public static LaunchDescription read() {
    return read(Path.of("/proc/self/fd/" + Wire.LAUNCH_FD));
  }

  /** Reads a description from a file, such as one of {@link #encode}. */
  public static LaunchDescription read(Path path) {
    try (InputStream in = Files.newInputStream(path)) {
      byte[] bytes = in.readNBytes(SIZE_MAX + 1);
      if (bytes.length > SIZE_MAX) {
        throw new AgentException("the launch description is over " + SIZE_MAX + " bytes");
      }
      return parse(bytes);
    } catch (IOException e) {
      throw new AgentException(
          "no launch description in descriptor " + Wire.LAUNCH_FD + ": start bin/tiny-jail", e);
    }
  }

  /** The bytes of a description, as the launcher would leave them: for rehearsals. */
  public static byte[] encode(List<String> words, byte[] policy) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(Wire.LAUNCH_MAGIC.getBytes(StandardCharsets.US_ASCII));
    for (String word : words) {
      Fields.write(out, Wire.FIELD_WORD, word.getBytes(StandardCharsets.UTF_8));
    }
    Fields.write(out, Wire.FIELD_POLICY, policy);
    return out.toByteArray();
  }

  static LaunchDescription parse(byte[] bytes) {
    byte[] magic = Wire.LAUNCH_MAGIC.getBytes(StandardCharsets.US_ASCII);
    if (bytes.length < magic.length
        || !Arrays.equals(magic, 0, magic.length, bytes, 0, magic.length)) {
      throw new AgentException("the launch description does not begin with " + Wire.LAUNCH_MAGIC);
    }
    try {
      ByteBuffer buffer = ByteBuffer.wrap(bytes).position(magic.length);
      return new LaunchDescription(Fields.read(buffer));
    } catch (IllegalArgumentException e) {
      throw new AgentException("the launch description is damaged: " + e.getMessage(), e);
    }
  }

  /** The target's words, the first being its name; raw bytes. */
  public List<byte[]> words() {
    return fields.all(Wire.FIELD_WORD);
  }

  /** The target's environment, raw; empty unless this process is to start it. */
  public List<byte[]> variables() {
    return fields.all(Wire.FIELD_VARIABLE);
  }

  /** The target's words as text; bytes that are not UTF-8 as {@code \xNN}. */
  public List<String> command() {
    return words().stream().map(Escape::text).toList();
  }

  /** The file that will be executed: found along PATH, canonical. */
  public Optional<String> executable() {
    return text(Wire.FIELD_EXECUTABLE);
  }

  /** The working directory of the target. */
  public Optional<String> directory() {
    return text(Wire.FIELD_DIRECTORY);
  }

  /** The bytes of the policy file; empty if none was named or it could not be read. */
  public Optional<byte[]> policy() {
    return fields.first(Wire.FIELD_POLICY);
  }

  /** The word after {@code --policy}, as given. */
  public Optional<String> policyPath() {
    return text(Wire.FIELD_POLICY_PATH);
  }

  /** The name of the profile, if the launcher was given one. */
  public Optional<String> profile() {
    return text(Wire.FIELD_PROFILE);
  }

  /** Whether the kernel has user notifications and NEW_LISTENER. */
  public boolean hasUserNotification() {
    return feature(FEATURE_USER_NOTIF);
  }

  /** Whether the kernel has SECCOMP_FILTER_FLAG_LOG. */
  public boolean hasLog() {
    return feature(FEATURE_LOG);
  }

  /** Whether the kernel has SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV. */
  public boolean hasWaitKillable() {
    return feature(FEATURE_WAIT_KILLABLE);
  }

  /** Whether Landlock can keep the target from signalling and tracing its supervisor. */
  public boolean hasLandlockScope() {
    return feature(FEATURE_LANDLOCK_SCOPE);
  }

  /** Whether the target starts as effective user 0. */
  public boolean isRoot() {
    return feature(FEATURE_ROOT);
  }

  /** The features as the launcher wrote them: {@code enum feature}, 0 if it wrote none. */
  public int features() {
    return fields
        .first(Wire.FIELD_FEATURES)
        .filter(b -> b.length == 4)
        .map(b -> ByteBuffer.wrap(b).order(ByteOrder.LITTLE_ENDIAN).getInt())
        .orElse(0);
  }

  private boolean feature(int bit) {
    return (features() & bit) != 0;
  }

  private Optional<String> text(int tag) {
    return fields.first(tag).map(Escape::text);
  }
}
