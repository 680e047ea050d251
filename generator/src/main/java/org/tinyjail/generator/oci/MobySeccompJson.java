package org.tinyjail.generator.oci;

import java.io.IOException;
import java.nio.file.Path;
import org.tinyjail.generator.json.PolicyFormatException;

/**
 * A profile as JSON in the form of Docker (moby/profiles) and Podman (containers/common), of which
 * OCI's form is a part: conditions ({@code includes}, {@code excludes}), {@code archMap}, {@code
 * comment}, the older {@code name}, and Podman's {@code errno} and {@code defaultErrno} by name.
 */
public final class MobySeccompJson {
  private MobySeccompJson() {}

  /**
   * Reads a profile of either form; unknown names of system calls are kept.
   *
   * @throws PolicyFormatException if it is not one
   * @throws IOException if the file cannot be read
   */
  public static MobyProfile read(Path path) throws IOException {
    return ProfileReader.read(path);
  }

  /**
   * Reads a profile of either form.
   *
   * @param json UTF-8
   * @param fileName for messages
   * @param strict whether the unknown name of a system call is an error
   * @throws PolicyFormatException if it is not a profile
   */
  public static MobyProfile read(byte[] json, String fileName, boolean strict)
      throws PolicyFormatException {
    return read(json, fileName, strict, new RulePositions());
  }

  /**
   * Reads a profile of either form and notes where its rules stand.
   *
   * @param json UTF-8
   * @param fileName for messages
   * @param strict whether the unknown name of a system call is an error
   * @param positions takes where each rule names its call
   * @throws PolicyFormatException if it is not a profile
   */
  public static MobyProfile read(
      byte[] json, String fileName, boolean strict, RulePositions positions)
      throws PolicyFormatException {
    return ProfileReader.read(json, fileName, strict, positions);
  }

  /**
   * {@code profile} as JSON, with its conditions; in OCI's form if it has none of what Docker adds.
   * Neighbouring rules that differ in nothing but the name share an entry.
   */
  public static byte[] write(MobyProfile profile) {
    return ProfileWriter.write(profile);
  }
}
