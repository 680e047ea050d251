package org.tinyjail.audit.store;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Denial;

/** What makes denials equal over all runs of a profile: what a person decides about. */
record DenialKey(
    String profile, String executable, Arch arch, String syscall, String arguments, Action action) {

  static DenialKey of(String profile, Denial denial) {
    return new DenialKey(
        profile,
        denial.executable(),
        denial.arch(),
        denial.syscall(),
        denial.arguments(),
        denial.action());
  }

  /** SHA-256 of all parts, each behind its length: an index of six long columns would be slow. */
  byte[] digest() {
    MessageDigest sha = sha256();
    for (String part :
        new String[] {
          profile,
          executable,
          arch.name(),
          syscall,
          arguments,
          Integer.toHexString(action.filterValue())
        }) {
      // UTF-16 keeps surrogates apart that UTF-8 would all turn into one question mark.
      byte[] bytes = new byte[part.length() * 2];
      for (int i = 0; i < part.length(); i++) {
        bytes[2 * i] = (byte) (part.charAt(i) >> 8);
        bytes[2 * i + 1] = (byte) part.charAt(i);
      }
      sha.update((bytes.length + ":").getBytes(StandardCharsets.US_ASCII));
      sha.update(bytes);
    }
    return sha.digest();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every JDK has SHA-256", e);
    }
  }
}
