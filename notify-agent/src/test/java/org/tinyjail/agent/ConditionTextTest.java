package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgCondition;
import org.tinyjail.model.ArgCondition.Operator;

class ConditionTextTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "socket | 0 | EQ | 0x2 | 0 | domain=AF_INET",
        "socket | 0 | NE | 0x28 | 0 | domain != AF_VSOCK",
        "socket | 0 | GE | 0x11 | 0 | domain >= 17",
        "socket | 0 | MASKED_EQ | 0xffffffff | 0x2 | domain=AF_INET",
        "socket | 1 | MASKED_EQ | 0xf | 0x1 | type=SOCK_STREAM",
        "mmap | 2 | MASKED_EQ | 0x7 | 0x3 | 'prot=PROT_READ|PROT_WRITE'",
        "mmap | 2 | MASKED_EQ | 0x7 | 0x0 | 'prot & (PROT_READ|PROT_WRITE|PROT_EXEC) = 0'",
        "mprotect | 2 | MASKED_EQ | 0x4 | 0x0 | prot & PROT_EXEC = 0",
        "mmap | 2 | MASKED_EQ | 0x6 | 0x6 | 'prot & (PROT_WRITE|PROT_EXEC) = PROT_WRITE|PROT_EXEC'",
        "clone | 0 | MASKED_EQ | 0x7e020000 | 0 | flags & 0x7e020000 = 0",
        "clone | 0 | MASKED_EQ | 0x7e022000 | 0 | flags & 0x7e022000 = 0",
        "clone | 0 | MASKED_EQ | 0x10000000 | 0x10000000 | flags & CLONE_NEWUSER = CLONE_NEWUSER",
        "shmat | 2 | MASKED_EQ | 0x8000 | 0 | shmflg & SHM_EXEC = 0",
        "chmod | 1 | MASKED_EQ | 0xc00 | 0 | mode & 06000 = 0",
        "personality | 0 | EQ | 0xffffffff | 0 | persona=PERSONALITY_QUERY",
        "kill | 1 | MASKED_EQ | 0x3 | 0x1 | sig & 0x3 = SIGHUP",
        "open | 0 | EQ | 0x1000 | 0 | pathname=0x1000",
        "getpid | 3 | GT | 0x5 | 0 | argument 3 > 5",
        "getpid | 3 | MASKED_EQ | 0x5 | 0x4 | argument 3 & 0x5 = 0x4"
      })
  void aConditionIsShownWithItsMaskAndNames(
      String syscall, int index, Operator operator, String value, String two, String shown) {
    ArgCondition condition =
        new ArgCondition(index, operator, Long.decode(value), Long.decode(two));
    assertThat(ArgumentDecoder.decode(Arch.X86_64, syscall, List.of(condition))).isEqualTo(shown);
  }

  @Test
  void twoConditionsOnOneArgumentAreBothShown() {
    assertThat(
            ArgumentDecoder.decode(
                Arch.X86_64,
                "socket",
                List.of(
                    new ArgCondition(0, Operator.GE, 1, 0),
                    new ArgCondition(0, Operator.NE, 2, 0),
                    ArgCondition.masked(2, ArgCondition.INT_MASK, 6))))
        .isEqualTo("domain >= 1, domain != AF_INET, protocol=IPPROTO_TCP");
  }
}
