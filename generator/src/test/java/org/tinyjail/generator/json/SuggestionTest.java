package org.tinyjail.generator.json;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.model.SyscallTable;

class SuggestionTest {
  @ParameterizedTest
  @CsvSource({
    "raed, read",
    "opneat, openat",
    "OPENAT, openat",
    "get_random, getrandom",
    "epoll_wit, epoll_wait",
    "sendmesg, sendmsg"
  })
  void findsTheCallThatWasMeant(String written, String meant) {
    assertThat(Suggestion.nearest(written, SyscallTable.knownNames())).contains(meant);
  }

  @Test
  void staysSilentWhereNothingIsNear() {
    assertThat(Suggestion.nearest("frobnicate", SyscallTable.knownNames())).isEmpty();
    assertThat(Suggestion.nearest("x".repeat(100_000), SyscallTable.knownNames())).isEmpty();
  }
}
