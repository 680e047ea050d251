package org.tinyjail.model;

import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * One execution of a target under tiny-jail, or what a stretch of the kernel's log says of a
 * program.
 *
 * @param id unique among all stores: the start in nanoseconds since the epoch and the writer's
 *     process id, in hexadecimal, joined by {@code -}; one of another host has that host's name
 *     behind an {@code @}
 * @param kind what was done
 * @param profile what its evidence belongs to
 * @param executable real path of the target
 * @param buildId the executable's GNU build id in hexadecimal; empty if it has none
 * @param command the target's words
 * @param policy path of the policy in force; empty while learning
 * @param started when
 * @param ended when; empty if it was cut off
 * @param status exit code, 128+n for signal n; empty if it was cut off
 * @param exact whether counts are exact; false when known calls ran natively
 * @param lost calls or denials that are known to be missing; 0 for a complete record
 * @param unseen how likely more is to be seen, where a fuzzer has measured that
 * @param loaded files of code that its executables have mapped, as far as that was seen
 */
public record Run(
    String id,
    Kind kind,
    String profile,
    String executable,
    String buildId,
    List<String> command,
    String policy,
    Instant started,
    Optional<Instant> ended,
    OptionalInt status,
    boolean exact,
    long lost,
    Optional<UnseenChance> unseen,
    List<LoadedFile> loaded) {
  public Run {
    command = List.copyOf(command);
    loaded = List.copyOf(loaded);
  }

  /** A run of which nothing was measured. */
  public Run(
      String id,
      Kind kind,
      String profile,
      String executable,
      String buildId,
      List<String> command,
      String policy,
      Instant started,
      Optional<Instant> ended,
      OptionalInt status,
      boolean exact,
      long lost) {
    this(
        id,
        kind,
        profile,
        executable,
        buildId,
        command,
        policy,
        started,
        ended,
        status,
        exact,
        lost,
        Optional.empty(),
        List.of());
  }

  /** The id of a run that {@code process} has started at {@code started}. */
  public static String newId(Instant started, long process) {
    long nanos =
        Math.addExact(
            Math.multiplyExact(started.getEpochSecond(), 1_000_000_000L), started.getNano());
    return Long.toHexString(nanos) + "-" + Long.toHexString(process);
  }

  /** This run under another id. */
  public Run withId(String other) {
    return with(other, profile, buildId, ended, status, unseen, loaded);
  }

  /** This run, with its evidence belonging to another profile. */
  public Run withProfile(String other) {
    return with(id, other, buildId, ended, status, unseen, loaded);
  }

  /** This run, of an executable with this build id. */
  public Run withBuildId(String other) {
    return with(id, profile, other, ended, status, unseen, loaded);
  }

  /** This run, with what was measured of it. */
  public Run measured(UnseenChance chance) {
    return with(id, profile, buildId, ended, status, Optional.of(chance), loaded);
  }

  /** This run, with the files of code that its executables have mapped. */
  public Run withLoaded(List<LoadedFile> files) {
    return with(id, profile, buildId, ended, status, unseen, files);
  }

  /** This run, ended. */
  public Run ended(Instant time, OptionalInt exitStatus) {
    return with(id, profile, buildId, Optional.of(time), exitStatus, unseen, loaded);
  }

  private Run with(
      String newId,
      String newProfile,
      String newBuildId,
      Optional<Instant> end,
      OptionalInt exitStatus,
      Optional<UnseenChance> chance,
      List<LoadedFile> files) {
    return new Run(
        newId,
        kind,
        newProfile,
        executable,
        newBuildId,
        command,
        policy,
        started,
        end,
        exitStatus,
        exact,
        lost,
        chance,
        files);
  }

  /** What a run was for. */
  public enum Kind {
    LEARN,
    ENFORCE,
    COMPLAIN,
    /** Nothing was started: the kernel's log was read. */
    LOG
  }
}
