package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.agent.Coverage.Comparison;

class OperandSubstitutionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      textBlock =
          """
          # input           | first            | second           | one of those derived
          616263            | 62               | 91               | 619163
          616263            | 91               | 62               | 619163
          00010203          | 03020100         | 5e3a91c7         | c7913a5e
          00010203          | 00010203         | 5e3a91c7         | 5e3a91c7
          ff000010          | 1000             | 2000             | ff000020
          0011223344556677  | 7766554433221100 | 8badf00d12345677 | 775634120df0ad8b
          # a signed char that was extended to an int
          6162              | ffffff91         | 62               | 6191
          6162              | ffffffffffffff91 | 62               | 6191
          # an int of a program that reads it as such, little as it is
          01000000          | 1                | 2                | 02000000
          # a number as text: 120; 12 -> 120; 7 -> -1
          783132            | c                | 78               | 78313230
          3720              | 7                | ffffffff         | 2d3120
          6162              | 63               | 64               | -
          616263            | 62626262         | 64               | -
          """)
  void anOperandTakesThePlaceOfTheOther(String input, String first, String second, String wanted) {
    Comparison comparison =
        new Comparison(1, Long.parseUnsignedLong(first, 16), Long.parseUnsignedLong(second, 16));
    List<String> derived =
        new OperandSubstitution()
            .of(HexFormat.of().parseHex(input), List.of(comparison), true).stream()
                .map(HexFormat.of()::formatHex)
                .toList();
    if (wanted == null) {
      assertThat(derived).isEmpty();
    } else {
      assertThat(derived).contains(wanted);
    }
  }

  @Test
  void manyComparisonsOfLongInputsMakeNoMoreThan256() {
    List<Comparison> comparisons = Collections.nCopies(256, new Comparison(1, 0, 1));
    OperandSubstitution operands = new OperandSubstitution();
    assertThat(operands.of(new byte[60_000], comparisons, true)).hasSize(256);
    assertThat(operands.of(new byte[0], comparisons, true)).isEmpty();
  }

  @Test
  void anOperandIsTriedOnceMoreOnlyWhereThatIsAskedFor() {
    List<Comparison> comparisons = List.of(new Comparison(1, 'a', 'x'));
    OperandSubstitution operands = new OperandSubstitution();
    assertThat(operands.of(new byte[] {'b'}, comparisons, false)).as("stands nowhere").isEmpty();
    assertThat(operands.of(new byte[] {'a'}, comparisons, false)).hasSize(1);
    assertThat(operands.of(new byte[] {'a'}, comparisons, false)).isEmpty();
    assertThat(operands.of(new byte[] {'a'}, comparisons, true)).hasSize(1);
    List<Comparison> elsewhere = List.of(new Comparison(2, 'a', 'x'));
    assertThat(operands.of(new byte[] {'a'}, elsewhere, false)).hasSize(1);
  }
}
