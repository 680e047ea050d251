package org.tinyjail.generator.oci;

import java.io.IOException;
import java.nio.file.Path;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.model.Policy;

/**
 * A policy as JSON in the form of the OCI runtime specification (config-linux.md, "Seccomp").
 *
 * <p>What is read may also be a {@link MobyProfile}; it is resolved for {@link
 * ContainerContext#current}. Stricter than container runtimes: a field, action, operator, flag or
 * architecture that no specification has is an error, as is a field given twice. Names of system
 * calls that the tables do not hold are kept: {@link Policy#unknownNames} tells them.
 */
public final class OciSeccompJson {
  private OciSeccompJson() {}

  /**
   * Reads a policy; unknown names of system calls are kept.
   *
   * @throws PolicyFormatException if it is not one
   * @throws IOException if the file cannot be read
   */
  public static Policy read(Path path) throws IOException {
    return MobySeccompJson.read(path).resolve(ContainerContext.current());
  }

  /**
   * Reads a policy.
   *
   * @param json UTF-8
   * @param fileName for messages
   * @param strict whether the unknown name of a system call is an error
   * @throws PolicyFormatException if it is not a policy
   */
  public static Policy read(byte[] json, String fileName, boolean strict)
      throws PolicyFormatException {
    return MobySeccompJson.read(json, fileName, strict).resolve(ContainerContext.current());
  }

  /**
   * {@code policy} as JSON; neighbouring rules that differ in nothing but the name share an entry.
   */
  public static byte[] write(Policy policy) {
    return MobySeccompJson.write(MobyProfile.of(policy));
  }
}
