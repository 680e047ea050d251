package org.tinyjail.model;

import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a run has shown of servers: what they do again and again once they have started.
 *
 * @param listening executables that listen
 * @param calls by executable, the calls made since it began to wait for work
 * @param samples where their threads were meanwhile, of each thread a few
 */
public record Serving(
    Set<String> listening, Map<String, Set<String>> calls, List<StackSample> samples) {
  /** No server. */
  public static final Serving NONE = new Serving(Set.of(), Map.of(), List.of());

  public Serving {
    listening = Set.copyOf(listening);
    calls = Map.copyOf(calls);
    samples = List.copyOf(samples);
  }

  /** Whether there is a server. */
  public boolean isSeen() {
    return listening.stream().anyMatch(calls::containsKey);
  }
}
