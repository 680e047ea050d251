package org.tinyjail.generator.oci;

import java.util.IdentityHashMap;
import java.util.Optional;
import org.tinyjail.generator.json.JsonInput.Position;
import org.tinyjail.model.Rule;

/** Where the rules of a file stand. Rules are told apart by identity: two may say the same. */
public final class RulePositions {
  private final IdentityHashMap<Rule, Position> positions = new IdentityHashMap<>();

  void put(Rule rule, Position position) {
    positions.put(rule, position);
  }

  /** Where {@code rule} names its call; empty if it was not read from this file. */
  public Optional<Position> of(Rule rule) {
    return Optional.ofNullable(positions.get(rule));
  }
}
