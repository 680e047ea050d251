package org.tinyjail.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tinyjail.agent.ForkServer;

class FindingTest {
  private static final byte[] ODD = {1, '\'', '\\', '"', '\n', (byte) 0xff, '$', ' ', '9'};

  @TempDir Path directory;

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  @Test
  void wordsReachAShellsCommandAsTheyAre() throws Exception {
    List<byte[]> words = List.of(bytes("plain"), bytes(""), bytes("it's"), bytes("a b*"), ODD);
    Process shell =
        new ProcessBuilder("bash", "-c", "printf '%s\\0' " + ShellWords.of(words)).start();
    ByteArrayOutputStream wanted = new ByteArrayOutputStream();
    for (byte[] word : words) {
      wanted.writeBytes(word);
      wanted.write(0);
    }
    assertThat(shell.getInputStream().readAllBytes()).isEqualTo(wanted.toByteArray());
  }

  @Test
  void aVariableAndATildeAreQuoted() {
    assertThat(ShellWords.of("A=1")).isEqualTo("A=1");
    assertThat(ShellWords.of("=x")).isEqualTo("'=x'");
    assertThat(ShellWords.of("~x")).isEqualTo("'~x'");
  }

  @Test
  void endingsAreToldApart() {
    assertThat(Ending.of(new ForkServer.End(6, false, 1), false))
        .isEqualTo(new Ending("SIGABRT", "ends by signal SIGABRT"));
    assertThat(Ending.of(new ForkServer.End(9, true, 1), false).name()).isEqualTo("hang");
    assertThat(Ending.of(new ForkServer.End(11, false, 1), true).name())
        .isEqualTo("memory-SIGSEGV");
    assertThat(Ending.of(new ForkServer.End(15, false, 1), false).isBad())
        .as("a signal of somebody else's")
        .isFalse();
    assertThat(Ending.of(new ForkServer.End(3 << 8, false, 1), false).text())
        .isEqualTo("ends with exit code 3");
  }

  @Test
  void aFaultIsReadAsWritten() {
    Fault fault = new Fault(12, Fault.Kind.ENOMEM);
    assertThat(Fault.parse(fault.line())).isEqualTo(fault);
    assertThat(fault.text("call 13, read,")).isEqualTo("call 13, read, fails with ENOMEM");
    assertThat(new Fault(1, Fault.Kind.SIGHUP).text("call 2, read,"))
        .isEqualTo("SIGHUP arrives at call 2, read");
    assertThatThrownBy(() -> Fault.parse("12"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("wanted a call and a fault");
  }

  @Test
  void whatIsKeptIsBoundedByKindAndInAll() throws Exception {
    Findings findings = new Findings(directory);
    List<String> kinds = List.of("SIGABRT", "SIGSEGV", "SIGBUS", "hang", "memory");
    int wanted = 0;
    for (String kind : kinds) {
      for (int i = 0; i < 40; i++) {
        String name = String.format("%s-%08x", kind, i);
        if (findings.wants(new Ending(kind, ""), name)) {
          assertThat(findings.wants(new Ending(kind, ""), name)).as("a second time").isFalse();
          Files.createFile(directory.resolve(name + ".txt"));
          wanted++;
        }
      }
    }
    assertThat(wanted).isEqualTo(Findings.MOST);
    assertThat(Findings.in(directory).stream().filter(name -> name.startsWith("SIGBUS")))
        .hasSize(Findings.MOST_OF_A_KIND);
    assertThat(Findings.in(directory.resolve("none"))).isEmpty();
  }
}
