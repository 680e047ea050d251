package org.tinyjail.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.audit.store.MemoryEvidenceStore;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.model.Action;
import org.tinyjail.model.Arch;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Denial;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;
import org.tinyjail.model.Source;
import org.tinyjail.model.SyscallData;
import org.tinyjail.model.UnseenChance;

/** Evidence as a file: what is written comes back, and nothing else is believed. */
class EvidenceFilesTest {
  /** What targets choose: control characters, what steers a terminal, half a character. */
  private static final String HOSTILE = "a\u0000\n\"\\\u001b[31m\u202e\ud800é😀";

  private static final Instant TIME = Instant.parse("2026-01-01T00:00:00.123456789Z");

  private static Run run(String id, boolean ended) {
    return new Run(
        id,
        Run.Kind.COMPLAIN,
        HOSTILE,
        HOSTILE,
        "00ff",
        List.of(HOSTILE, ""),
        HOSTILE,
        TIME,
        ended ? Optional.of(Instant.MAX) : Optional.empty(),
        ended ? OptionalInt.of(255) : OptionalInt.empty(),
        ended,
        ended ? Long.MAX_VALUE : 0,
        ended
            ? Optional.of(new UnseenChance(Long.MAX_VALUE, 3, 3, 1, 0.95, 1e-9, TIME))
            : Optional.empty(),
        ended
            ? List.of(
                new LoadedFile(HOSTILE, HOSTILE),
                new LoadedFile(HOSTILE, ""),
                new LoadedFile("", HOSTILE))
            : List.of());
  }

  private static Observation call(Arch arch, String syscall, String arguments, long count) {
    return new Observation(
        HOSTILE,
        arch,
        syscall,
        ArgumentClass.parse(arguments),
        Source.LOGGED,
        count,
        TIME,
        TIME,
        HOSTILE);
  }

  private static Denial denial(SyscallData data, Arch arch, String syscall, String text) {
    return new Denial(
        HOSTILE,
        HOSTILE,
        Integer.MAX_VALUE,
        arch,
        syscall,
        data,
        text,
        HOSTILE,
        Action.fail(4095),
        true,
        Long.MAX_VALUE,
        Instant.MIN,
        TIME);
  }

  private static RunEvidence evidence(String id) {
    return new RunEvidence(
        run(id, true),
        List.of(
            call(Arch.X86_64, "socket", "0&ffffffff=2 1&f=1", 1),
            call(Arch.LOONGARCH64, "brand_new", "5&ffffffffffffffff=8000000000000000", 7)),
        List.of(
            denial(
                new SyscallData(59, Arch.X86_64.auditValue(), -1, List.of(0L, -1L, 2L, 3L, 4L, 5L)),
                Arch.X86_64,
                "execve",
                "execve(" + HOSTILE),
            denial(SyscallData.of(Arch.X32, Arch.X32_BIT), Arch.X32, "…", "…"),
            denial(SyscallData.of(Arch.X86_64, -1), Arch.X86_64, "syscall_-1", "syscall_-1(")));
  }

  private static byte[] written(String host, RunEvidence... all) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    EvidenceWriter writer = new EvidenceWriter(out, host);
    for (RunEvidence each : all) {
      writer.write(each);
    }
    writer.end();
    return out.toByteArray();
  }

  private static List<RunEvidence> read(byte[] file) throws IOException {
    List<RunEvidence> read = new ArrayList<>();
    EvidenceReader.read(new ByteArrayInputStream(file), "e.jsonl", read::add);
    return read;
  }

  @Test
  void whatIsWrittenComesBackWithTheHostInTheIdOfARun() throws Exception {
    byte[] file = written("web-1.example", evidence("18a2-1f"), evidence("18a3-1f@db"));
    assertThat(read(file))
        .containsExactly(evidence("18a2-1f@web-1.example"), evidence("18a3-1f@db"));
    assertThat(new String(file, StandardCharsets.ISO_8859_1)).matches("[ -~\n]*");
    assertThat(written("other", read(file).get(0))).isNotEmpty();
    assertThat(read(written("other", read(file).get(0)))).containsExactly(read(file).get(0));
    assertThat(read(written("h"))).isEmpty();
  }

  @Test
  void aNumberThatAnOlderVersionHadNoNameForGetsIts() throws Exception {
    RunEvidence old =
        new RunEvidence(
            run("1-1@h", false), List.of(call(Arch.X86_64, "syscall_1", "", 1)), List.of());
    assertThat(read(written("h", old)).get(0).observations())
        .extracting(Observation::syscall)
        .containsExactly("write");
  }

  /** Replaces what stands in a good file; each line of it is reached by one of the cases. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`\"version\":1` | `\"version\":2` | e.jsonl:1:24: version 2; wanted 1",
        "`\"host\":\"h\"` | `\"host\":\"a b\"` | e.jsonl:1:33: found \"a b\"; wanted a host's name",
        "`{\"evidence\"` | `\u0000{\"evidence\"` | e.jsonl:1:1: the line begins with a NUL byte",
        "`{\"evidence\"` | `{\"evidense\"` | did you mean evidence?",
        "`{\"evidence\":{\"version\":1,\"host\":\"h\"}}` | `{}` | e.jsonl:1:2: an empty object",
        "`@h\",\"kind\"` | `\",\"kind\"` | wanted an id such as",
        "`1-1@h` | `../../1@h` | e.jsonl:2:14: found \"../../1@h\"; wanted an id such as",
        "`\"complain\"` | `\"spy\"` | unknown kind \"spy\"",
        "`\"status\":255` | `\"status\":256` | found 256; wanted an exit code, 0 to 255",
        "`\"exact\":true` | `\"exact\":1` | found 1; wanted true or false",
        "`\"hits\":3` | `\"hits\":4` | no such executions: 4 of 3 of",
        "`\"limit\":1.0` | `\"limit\":1.1` | found 1.1; wanted a chance, 0 to 1",
        "`\"lost\":9223372036854775807` | `\"lost\":9223372036854775808` | wanted a count",
        "`\"buildId\":\"00ff\"` | `\"buildId\":\"..\"` | wanted a build id",
        "`\"policy\":` | `\"polizei\":` | unknown field \"polizei\" in a run",
        "`\"started\":\"2026` | `\"started\":\"x2026` | wanted a time such as",
        "`\"syscall\":\"socket\"` | `\"syscall\":\"so cket\"` | e.jsonl:3:20: found \"so cket\"; wanted the name",
        "`\"arch\":\"loongarch64\"` | `\"arch\":\"vax\"` | e.jsonl:4:39: unknown arch \"vax\"",
        "`0&ffffffff=2` | `7&ffffffff=2` | wanted arguments such as 0&ffffffff=2",
        "`\"count\":7` | `\"count\":0` | found 0; wanted a count from 1",
        "`\"count\":7` | `\"count\":-7` | found -7; wanted a count",
        "`\"source\":\"logged\"` | `\"source\":\"heard\"` | unknown source \"heard\"",
        "`\"pid\":2147483647` | `\"pid\":2147483648` | wanted a process id",
        "`\"number\":\"0x3b\"` | `\"number\":\"0x3a\"` | number 58 is vfork, syscall says execve",
        "`\"number\":\"0x3b\"` | `\"number\":\"59\"` | wanted 32 bits such as 0x7f",
        "`\"auditArch\":\"0xc000003e\"` | `\"auditArch\":\"0x0\"` | number and auditArch are not of arch",
        "`\"text\":\"execve(` | `\"text\":\"read(` | wanted it to begin with execve(",
        "`\"0x5\"]` | `\"0x5\",\"0x0\"]` | found 7 registers; wanted 6",
        "`\"0x5\"]` | `\"0x5\",\"0x10000000000000000\"]` | wanted a number such as 0x7f",
        "`,\"comm\":` | `,\"comm\":{},\"comm\":` | found an object; wanted the name of a thread",
        "`{\"end\":{\"lines\":7}}` | `` | e.jsonl:8:1: the file is cut off",
        "`{\"end\":{\"lines\":7}}` | `{\"end\":{\"lines\":8}}` | the end says 8 lines came before, there were 7",
        "`{\"end\":{\"lines\":7}}` | `{\"end\":{\"lines\":7}}\n{}` | e.jsonl:9:1: more after the end",
        "`{\"end\":{\"lines\":7}}` | `{\"end\":{\"lines\":7},\"run\":{}}` | a second field",
        "`{\"end\":{\"lines\":7}}` | `{\"end\":{\"lines\":7}} 1` | e.jsonl:8:21: more after the end of a line",
        "`{\"run\"` | `\n{\"run\"` | e.jsonl:2:1: the line is empty; wanted a line of evidence",
        "`{\"run\"` | `{\"call\":1}\n{\"run\"` | e.jsonl:2:9: found 1; wanted a call",
        "`{\"run\"` | `{\"end\"` | unknown field \"id\" in the last line",
      })
  void aLineThatIsNotRightIsNamed(String good, String bad, String problem) throws Exception {
    String file = new String(written("h", evidence("1-1")), StandardCharsets.US_ASCII);
    assertThat(file).contains(good);
    String broken = file.replace(good, bad == null ? "" : bad).stripTrailing() + "\n";
    assertThatThrownBy(() -> read(broken.getBytes(StandardCharsets.UTF_8)))
        .isInstanceOf(PolicyFormatException.class)
        .hasMessageStartingWith("e.jsonl:")
        .hasMessageContaining(problem);
  }

  @Test
  void aFileThatEndsAnywhereIsNotTaken() throws Exception {
    byte[] file = written("h", evidence("1-1"), evidence("1-2"));
    for (int length = 0; length < file.length - 1; length++) {
      byte[] part = Arrays.copyOf(file, length);
      assertThatThrownBy(() -> read(part))
          .as("%d bytes of %d", length, file.length)
          .isInstanceOf(PolicyFormatException.class);
    }
  }

  @Test
  void linesAndRunsAreBounded() throws Exception {
    String longest = " ".repeat(EvidenceReader.LINE_MAX + 1);
    assertThatThrownBy(() -> read(longest.getBytes(StandardCharsets.US_ASCII)))
        .hasMessageContaining("e.jsonl:1:1: a line of more than 1,048,576 bytes");

    String[] lines =
        new String(written("h", evidence("1-1")), StandardCharsets.US_ASCII).split("\n", -1);
    String flood =
        lines[0]
            + "\n"
            + lines[1]
            + "\n"
            + (lines[5] + "\n").repeat(EvidenceReader.DENIALS_MAX + 1);
    assertThatThrownBy(() -> read(flood.getBytes(StandardCharsets.US_ASCII)))
        .hasMessageContaining("a run has at most 250,000 calls and 20,000 denied calls");
  }

  private static RunEvidence observed(String id, long count, boolean ended) {
    return new RunEvidence(
        run(id, ended), List.of(call(Arch.X86_64, "read", "", count)), List.of());
  }

  /** What the store holds and what is given: id and whether ended; what it holds then. */
  @ParameterizedTest
  @CsvSource({
    "1-1 true,    2-1@h true,  1-1=1 2-1@h=9",
    "1-1 true,    1-1@h true,  1-1=1",
    "1-1 false,   1-1@h true,  1-1=1",
    "1-1@h true,  1-1@h true,  1-1@h=1",
    "1-1@h false, 1-1@h false, 1-1@h=1",
    "1-1@h false, 1-1@h true,  1-1@h=9",
    "1-1@h false, 1-1@k true,  1-1@h=9",
  })
  void aRunIsTakenOnceAndOwnOnesAreNotReplaced(String stored, String given, String kept) {
    MemoryEvidenceStore store = new MemoryEvidenceStore(Clock.systemUTC());
    RunEvidence held = observed(stored.split(" ", -1)[0], 1, stored.endsWith("true"));
    store.accept(held.run(), held.observations(), held.denials());
    EvidenceMerge merge = new EvidenceMerge(store.runs(Optional.empty()));
    RunEvidence run = observed(given.split(" ", -1)[0], 9, given.endsWith("true"));
    store.acceptAll(
        sink -> {
          merge.take(run, sink);
          merge.take(run, sink);
        });
    assertThat(
            store.runs(Optional.empty()).stream()
                .map(Run::id)
                .map(
                    id ->
                        id + "=" + store.evidence(id).orElseThrow().observations().get(0).count()))
        .containsExactlyInAnyOrder(kept.split(" "));
  }

  @Test
  void theReportNamesHostsAndCallsWithoutAName() {
    EvidenceMerge merge = new EvidenceMerge(List.of(run("1-1", true)));
    MemoryEvidenceStore store = new MemoryEvidenceStore(Clock.systemUTC());
    store.acceptAll(
        sink -> {
          merge.take(evidence("2-1@web"), sink);
          merge.take(evidence("3-1@db"), sink);
          merge.take(evidence("1-1@web"), sink);
        });
    assertThat(merge.report())
        .containsExactly(
            "imported 2 runs of db, web: 4 different calls, 6 denials; there already: 1 run",
            "calls that this tiny-jail has no name for; kept, but no policy here can allow them:"
                + " brand_new");
  }
}
