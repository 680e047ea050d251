package org.tinyjail.audit.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.tinyjail.audit.log.Records.changes;
import static org.tinyjail.audit.log.Records.collector;
import static org.tinyjail.audit.log.Records.count;
import static org.tinyjail.audit.log.Records.coverage;
import static org.tinyjail.audit.log.Records.feed;
import static org.tinyjail.audit.log.Records.hexadecimal;
import static org.tinyjail.audit.log.Records.logged;
import static org.tinyjail.audit.log.Records.other;
import static org.tinyjail.audit.log.Records.read;
import static org.tinyjail.audit.log.Records.record;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.model.Action;
import org.tinyjail.model.ArgumentClass;
import org.tinyjail.model.Denial;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.Source;

class CollectorTest {
  private static final int LATER = 3_600_000;

  private static LogSession.Counts counts(long read, long taken, long known, long refused) {
    return new LogSession.Counts(read, taken, known, refused);
  }

  private static Instant at(long time) {
    return Instant.ofEpochMilli(Records.START + time);
  }

  @Test
  void aLoggedCallIsAnObservationOfAnyArguments() {
    LogEvidence evidence = read(logged(5, 100), logged(6, 300), logged(7, 200));
    assertThat(evidence.runs()).hasSize(1);
    Run run = evidence.runs().get(0).run();
    assertThat(run.kind()).isEqualTo(Run.Kind.LOG);
    assertThat(run.executable()).isEqualTo("/opt/trig");
    assertThat(run.exact()).isTrue();
    assertThat(evidence.runs().get(0).denials()).isEmpty();
    Observation observation = evidence.runs().get(0).observations().get(0);
    assertThat(observation.syscall()).isEqualTo("getppid");
    assertThat(observation.source()).isEqualTo(Source.LOGGED);
    assertThat(observation.arguments()).isEqualTo(ArgumentClass.ANY);
    assertThat(observation.count()).isEqualTo(3);
    assertThat(observation.first()).isEqualTo(at(100));
    assertThat(observation.last()).isEqualTo(at(300));
  }

  @ParameterizedTest
  @CsvSource({
    "0x0, SCMP_ACT_KILL_THREAD",
    "0x80000000, SCMP_ACT_KILL_PROCESS",
    "0x50000, SCMP_ACT_ERRNO",
    "0x30000, SCMP_ACT_TRAP",
    "0x7ff00000, SCMP_ACT_TRACE",
    "0x7fc00000, SCMP_ACT_NOTIFY",
  })
  void aRefusedCallIsADenialOfUnknownArguments(String code, String action) {
    LogEvidence evidence = read(record(5, 0, "\"/opt/trig\"", 110, code));
    assertThat(evidence.runs().get(0).observations()).isEmpty();
    Denial denial = evidence.runs().get(0).denials().get(0);
    assertThat(denial.action().scmpName()).isEqualTo(action);
    assertThat(denial.knowsArguments()).isFalse();
    assertThat(denial.carriedOut()).isFalse();
    assertThat(denial.pid()).isEqualTo(7);
    assertThat(denial.data().instructionPointer()).isEqualTo(9);
    assertThat(evidence.session().counts()).isEqualTo(counts(1, 1, 0, 0));
  }

  @Test
  void anErrnoThatIsNotLoggedIsShownAsTheUsualOne() {
    LogEvidence evidence = read(record(5, 0, "\"/opt/trig\"", 110, "0x50000"));
    assertThat(evidence.runs().get(0).denials().get(0).action())
        .isEqualTo(Action.fail(Action.EPERM));
  }

  @Test
  void theSameRecordTwiceCountsOnce() {
    LogEvidence evidence = read(logged(5, 0), logged(5, 0), logged(6, 0), logged(5, 0));
    assertThat(count(evidence.runs())).isEqualTo(2);
    assertThat(evidence.session().counts()).isEqualTo(counts(4, 2, 2, 0));
  }

  @Test
  void aRecordOfAnotherSessionCountsOnce() {
    LogEvidence first = read(logged(5, 0), logged(6, 10));
    LogEvidence second =
        read(LogSource.FILE, coverage(first), logged(5, 0), logged(6, 10), logged(7, 20));
    assertThat(count(second.runs())).isEqualTo(1);
    assertThat(second.session().counts()).isEqualTo(counts(3, 1, 2, 0));
    assertThat(second.session().gaps()).isEmpty();
  }

  @Test
  void anotherProgramsRecordInAnotherSessionIsNotHidden() {
    Coverage known = coverage(read(logged(5, 0), other(6, 10), logged(7, 20)));
    assertThat(count(read(LogSource.FILE, known, logged(6, 10)).runs())).isEqualTo(1);
  }

  @Test
  void aProgramThatWasForgottenCountsAgain() {
    Coverage known = new Coverage();
    known.add(read(logged(5, 0)).blocks(), Set.of("/opt/another"));
    assertThat(count(read(LogSource.FILE, known, logged(5, 0)).runs())).isEqualTo(1);
  }

  @Test
  void theSameNumberAfterARebootCountsAnew() {
    LogEvidence evidence =
        read(logged(5, 0), logged(6, 0), logged(5, LATER), logged(6, LATER), logged(5, LATER));
    assertThat(count(evidence.runs())).isEqualTo(4);
    assertThat(evidence.session().gaps()).isEmpty();
    Coverage known = coverage(evidence);
    assertThat(count(read(LogSource.FILE, known, logged(5, 2 * LATER)).runs())).isEqualTo(1);
    assertThat(count(read(LogSource.FILE, known, logged(5, LATER)).runs())).isZero();
  }

  @Test
  void recordsOutOfOrderCountOnceEach() {
    LogEvidence evidence =
        read(logged(7, 20), logged(5, 0), logged(6, 10), logged(7, 20), logged(5, 0));
    assertThat(count(evidence.runs())).isEqualTo(3);
    assertThat(evidence.session().gaps()).isEmpty();
    assertThat(evidence.session().first()).contains(at(0));
    assertThat(evidence.session().last()).contains(at(20));
  }

  @Test
  void anOlderFileAfterANewerOneCountsOnceEach() {
    LogEvidence evidence =
        read(
            LogSource.FILE,
            new Coverage(),
            logged(105, LATER),
            logged(106, LATER + 1),
            logged(5, 0),
            logged(6, 1),
            logged(5, 0),
            logged(106, LATER + 1));
    assertThat(count(evidence.runs())).isEqualTo(4);
    assertThat(evidence.session().counts().known()).isEqualTo(2);
  }

  @Test
  void aMissingNumberIsAGapAndMayComeLater() {
    LogEvidence evidence = read(logged(5, 0), other(8, 100));
    assertThat(evidence.session().gaps()).containsExactly(new SerialGap(6, 7, at(0), at(100)));
    LogEvidence late = read(logged(5, 0), other(8, 100), logged(6, 20), other(7, 20));
    assertThat(late.session().gaps()).hasSize(1);
    assertThat(coverage(late).missing(late.session().gaps().get(0))).isZero();
    assertThat(count(late.runs())).isEqualTo(2);
  }

  @Test
  void numbersOfTheDaemonItselfAreNoGap() {
    LogEvidence evidence =
        read(
            logged(5, 0),
            "type=DAEMON_ROTATE msg=audit(1795342640.000:9931): op=rotate",
            logged(6, 0));
    assertThat(evidence.session().gaps()).isEmpty();
    assertThat(evidence.session().counts()).isEqualTo(counts(3, 2, 0, 0));
  }

  @Test
  void aFileWithoutOtherRecordsHasNoGaps() {
    LogEvidence seccomp = read(LogSource.FILE, new Coverage(), logged(5, 0), logged(9, 0));
    assertThat(seccomp.session().gaps()).isEmpty();
    LogEvidence all = read(LogSource.FILE, new Coverage(), logged(5, 0), other(9, 0));
    assertThat(all.session().gaps()).hasSize(1);
  }

  @Test
  void hostsAreKeptApart() {
    Collector collector = collector();
    feed(
        collector,
        "node=a " + logged(5, 0),
        "node=b " + logged(5, 0),
        "node=a " + logged(6, 0),
        "node=here " + logged(5, 0),
        logged(6, 0));
    List<LogEvidence> evidence = changes(collector);
    assertThat(evidence).extracting(one -> one.session().host()).containsExactly("a", "b", "");
    assertThat(evidence).extracting(one -> count(one.runs())).containsExactly(2L, 1L, 2L);
    assertThat(evidence).extracting(one -> one.session().boot()).containsExactly("", "", "boot");
    assertThat(evidence.get(0).runs().get(0).run().id()).endsWith(".0@a");
    assertThat(evidence.get(0).runs().get(0).observations().get(0).sample()).isEqualTo("on a");
    assertThat(evidence).extracting(one -> one.session().id()).doesNotHaveDuplicates();
  }

  @Test
  void theNameOfAHostCannotBeMoreThanAName() {
    Collector collector = collector();
    feed(collector, "node=../\u001b[31mö " + logged(5, 0));
    assertThat(collector.sessions().get(0).host()).matches("[A-Za-z0-9._-]+");
  }

  @Test
  void tooManyHostsAreRefused() {
    Collector collector = collector();
    for (int host = 0; host < 1005; host++) {
      feed(collector, "node=h" + host + " " + other(5, 0));
    }
    feed(collector, "node=h0 " + other(6, 0));
    assertThat(collector.sessions()).hasSize(1000);
    assertThat(collector.refused()).isEqualTo(5);
    assertThat(collector.problems()).contains("byte 0: records of more than 1000 hosts");
  }

  @Test
  void whenSessionsHoldTooMuchAllEndAndOthersBegin() {
    Collector collector = collector();
    collector.begin();
    int hosts = 900;
    for (int block = 0; block < 5; block++) {
      for (int host = 0; host < hosts; host++) {
        feed(collector, "node=h" + host + " " + logged((long) block * SerialBlock.SERIALS, block));
      }
    }
    LogLoss loss = new LogLoss(LogLoss.Kind.BACKLOG, at(0), at(0), 3);
    collector.lose(loss);
    List<LogEvidence> evidence = changes(collector);
    List<LogSession> ended =
        evidence.stream().map(LogEvidence::session).filter(s -> s.ended().isPresent()).toList();
    assertThat(ended).hasSize(hosts + 1);
    assertThat(evidence.stream().mapToLong(one -> count(one.runs())).sum()).isEqualTo(5L * hosts);
    assertThat(evidence)
        .extracting(LogEvidence::session)
        .filteredOn(session -> !session.losses().isEmpty())
        .singleElement()
        .matches(session -> session.host().isEmpty() && session.ended().isEmpty());
    assertThat(collector.refused()).isZero();
  }

  @Test
  void aFileThatWasRemovedIsTheSameProgram() {
    LogEvidence evidence =
        read(
            logged(5, 0),
            record(6, 0, hexadecimal("/opt/trig (deleted)"), 110, "0x7ffc0000"),
            record(7, 0, hexadecimal("/opt/trig"), 110, "0x7ffc0000"));
    assertThat(evidence.runs()).singleElement().matches(run -> count(List.of(run)) == 3);
    assertThat(evidence.runs().get(0).observations())
        .allMatch(observation -> observation.executable().equals("/opt/trig"));
  }

  @Test
  void moreThanIsCountedIsLost() {
    Collector collector = collector();
    int more = 5;
    for (int i = 0; i < Tally.ROWS_MAX + more; i++) {
      String program = "\"/opt/" + i / Tally.PROGRAM_ROWS_MAX + "\"";
      feed(collector, record(i, i / 1000, program, i, "0x7ffc0000"));
    }
    feed(collector, record(Tally.ROWS_MAX + more, 20, "\"/opt/0\"", 0, "0x7ffc0000"));
    LogEvidence evidence = changes(collector).get(0);
    assertThat(evidence.session().losses())
        .containsExactly(new LogLoss(LogLoss.Kind.LIMIT, at(20), at(20), more));
    assertThat(evidence.session().lost(LogLoss.Kind.LIMIT)).isEqualTo(more);
    assertThat(count(evidence.runs())).isEqualTo(Tally.ROWS_MAX + 1);
    assertThat(evidence.runs().get(0).run().exact()).isFalse();
    assertThat(evidence.runs().get(0).run().lost()).isEqualTo(more);
  }

  @Test
  void aProgramOfManyKindsOfCallsTakesNoRoomOfOthers() {
    Collector collector = collector();
    for (int i = 0; i < Tally.PROGRAM_ROWS_MAX + 3; i++) {
      feed(collector, record(i, 0, "\"/opt/many\"", i, "0x7ffc0000"));
    }
    feed(collector, record(Tally.PROGRAM_ROWS_MAX + 3, 0, "\"/opt/other\"", 1, "0x7ffc0000"));
    LogEvidence evidence = changes(collector).get(0);
    assertThat(evidence.session().lost(LogLoss.Kind.LIMIT)).isEqualTo(3);
    assertThat(evidence.runs()).hasSize(2);
  }

  @Test
  void whatSaysThatItIsOfThisHostIsNotTakenFromTheLogOfAnother() {
    Collector collector = collector();
    collector.setHost("web1");
    feed(collector, logged(5, 0), "node=here " + logged(6, 0), "node=here " + logged(7, 0));
    assertThat(collector.sessions()).singleElement().matches(s -> s.host().equals("web1"));
    assertThat(collector.refused()).isEqualTo(2);
    assertThat(collector.sessions().get(0).counts().taken()).isEqualTo(1);
  }

  @Test
  void onlyWhatHasChangedIsTakenAway() {
    Collector collector = collector();
    feed(collector, logged(5, 0), record(6, 0, "\"/b\"", 1, "0x7ffc0000"));
    assertThat(changes(collector).get(0).runs()).hasSize(2);
    assertThat(collector.isChanged()).isFalse();
    assertThat(changes(collector)).isEmpty();
    feed(collector, logged(7, 0));
    assertThat(collector.isChanged()).isTrue();
    LogEvidence second = changes(collector).get(0);
    assertThat(second.runs()).singleElement().matches(run -> count(List.of(run)) == 2);
  }

  @Test
  void whatCouldNotBeWrittenComesAgain() {
    Collector collector = collector();
    feed(collector, logged(5, 0), record(6, 0, "\"/b\"", 1, "0x7ffc0000"));
    List<LogEvidence> taken = changes(collector);
    collector.notWritten(taken);
    assertThat(collector.isChanged()).isTrue();
    List<LogEvidence> again = changes(collector);
    assertThat(again.get(0).runs()).isEqualTo(taken.get(0).runs());
    assertThat(again.get(0).blocks()).hasSize(1);
    assertThat(collector.isChanged()).isFalse();
  }

  @Test
  void endedSessionsThatCouldNotBeWrittenComeAgain() {
    Collector collector = collector();
    feed(collector, logged(5, 0));
    List<LogEvidence> taken = collector.changes(true);
    assertThat(taken.get(0).session().ended()).isPresent();
    assertThat(collector.isChanged()).isFalse();
    collector.notWritten(taken);
    assertThat(collector.isChanged()).isTrue();
    assertThat(changes(collector)).isEqualTo(taken);
  }

  @Test
  void newerRecordsAreLeftToASessionThatGoesOn() {
    Coverage live = new Coverage();
    live.setLiveSince(Records.START + LATER);
    Collector collector = collector(LogSource.FILE, host -> live);
    feed(collector, logged(5, LATER - 1), logged(6, LATER), logged(7, LATER + 1));
    LogEvidence evidence = changes(collector).get(0);
    assertThat(count(evidence.runs())).isEqualTo(1);
    assertThat(evidence.session().counts()).isEqualTo(counts(3, 1, 0, 0));
    assertThat(collector.left()).isEqualTo(2);
  }

  @Test
  void aSessionThatGoesOnBehindAnotherKnowsTheGapBetween() {
    Coverage before = coverage(read(logged(5, 0)));
    before.setResumed();
    LogEvidence evidence = read(LogSource.AUDITD, before, logged(8, 100));
    assertThat(evidence.session().gaps()).containsExactly(new SerialGap(6, 7, at(0), at(100)));
  }

  @Test
  void whatIsNoRecordIsRefusedWithItsPlaceAndByte() {
    Collector collector = collector();
    collector.setPlace("audit.log.1");
    feed(collector, logged(5, 0), "");
    byte[] damaged = "####type=SECCOMP msg=audit(x".getBytes(StandardCharsets.US_ASCII);
    collector.line(damaged, 4, damaged.length, 1000);
    collector.broken(2000, "a line of more than 65536 bytes");
    assertThat(collector.problems())
        .containsExactly(
            "audit.log.1:byte 1023: wanted the seconds of a time, found 'x'",
            "audit.log.1:byte 2000: a line of more than 65536 bytes");
    assertThat(collector.refused()).isEqualTo(2);
    assertThat(collector.sessions().get(0).counts()).isEqualTo(counts(1, 1, 0, 2));
  }

  @Test
  void anArchitectureThatIsNotKnownIsRefused() {
    Collector collector = collector();
    feed(collector, logged(5, 0).replace("c000003e", "deadbeef"));
    assertThat(collector.problems())
        .containsExactly("byte 0: the architecture deadbeef is not known");
    assertThat(count(changes(collector).get(0).runs())).isZero();
  }

  @Test
  void recordsThatWereMadeToSeeWhetherTheyComeAreNoEvidence() {
    Collector collector = collector();
    collector.watch(record -> record.syscall() == 110);
    feed(collector, logged(5, 0), record(6, 0, "\"/b\"", 1, "0x7ffc0000"));
    collector.watch(null);
    LogEvidence evidence = changes(collector).get(0);
    assertThat(evidence.runs()).extracting(run -> run.run().executable()).containsExactly("/b");
    assertThat(evidence.session().gaps()).isEmpty();
  }

  @Test
  void messagesOfTheSocketCountAsLinesDo() {
    Collector collector = collector(LogSource.NETLINK, host -> new Coverage());
    String line = logged(5, 0);
    byte[] payload = line.substring(line.indexOf("audit(")).getBytes(StandardCharsets.US_ASCII);
    collector.message(1326, payload, 0, payload.length);
    collector.message(1300, payload, 0, payload.length);
    collector.message(1326, payload, 1, payload.length);
    assertThat(count(changes(collector).get(0).runs())).isEqualTo(1);
    assertThat(collector.problems()).containsExactly("byte 0: wanted \"audit(\"");
  }

  @Test
  void aSessionCanStandThereBeforeItsFirstRecordAndLoseSome() {
    Collector collector = collector();
    LogLoss loss = new LogLoss(LogLoss.Kind.BACKLOG, at(0), at(10), 3);
    collector.lose(loss); // there is no session yet
    collector.begin();
    collector.lose(loss);
    collector.lose(new LogLoss(LogLoss.Kind.BACKLOG, at(500), at(600), 4));
    collector.lose(new LogLoss(LogLoss.Kind.SOCKET, at(600), at(600), 1));
    assertThat(collector.sessions().get(0).losses())
        .containsExactly(
            new LogLoss(LogLoss.Kind.BACKLOG, at(0), at(600), 7),
            new LogLoss(LogLoss.Kind.SOCKET, at(600), at(600), 1));
    assertThat(changes(collector).get(0).session().first()).isEqualTo(Optional.empty());
  }
}
