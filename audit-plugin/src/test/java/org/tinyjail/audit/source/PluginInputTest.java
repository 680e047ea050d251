package org.tinyjail.audit.source;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.tinyjail.audit.log.Collector;
import org.tinyjail.audit.log.Coverage;
import org.tinyjail.audit.log.LogEvidence;
import org.tinyjail.audit.log.LogSource;

@Timeout(60)
class PluginInputTest {
  /** Records as auditd writes them: each by itself, so that each is read by itself. */
  private static final class Auditd extends InputStream {
    private final int records;
    private final CountDownLatch written = new CountDownLatch(1);
    private int record;

    Auditd(int records) {
      this.records = records;
    }

    @Override
    public int read() {
      throw new UnsupportedOperationException("is read in pieces");
    }

    @Override
    public int read(byte[] into, int from, int length) {
      if (record == records) {
        written.countDown();
        return -1;
      }
      byte[] line =
          String.format(
                  "type=SECCOMP msg=audit(1790000000.000:%d): auid=0 uid=0 gid=0 ses=1 pid=7"
                      + " comm=\"app\" exe=\"/opt/app\" sig=0 arch=c000003e syscall=39 compat=0"
                      + " ip=0x7f00 code=0x7ffc0000%n",
                  ++record)
              .getBytes(StandardCharsets.US_ASCII);
      System.arraycopy(line, 0, into, from, line.length);
      return line.length;
    }
  }

  /** What is taken of so many records that all come before any is looked at. */
  private static LogEvidence takenLate(int records) throws Exception {
    Auditd auditd = new Auditd(records);
    PluginInput input = PluginInput.start(auditd);
    assertThat(auditd.written.await(50, TimeUnit.SECONDS)).isTrue();
    Collector collector =
        new Collector(
            LogSource.AUDITD, "here", "boot", InstantSource.system(), host -> new Coverage());
    input.read(collector);
    List<LogEvidence> all = collector.changes(true);
    assertThat(all).hasSize(1);
    return all.get(0);
  }

  @Test
  void manySmallRecordsWaitForALateReader() throws Exception {
    LogEvidence late = takenLate(150_000);
    assertThat(late.session().counts().taken()).isEqualTo(150_000);
    assertThat(late.session().gaps()).isEmpty();
  }

  @Test
  void whatThereIsNoRoomForIsDroppedAtTheEnd() throws Exception {
    int records = 400_000;
    long taken = takenLate(records).session().counts().taken();
    assertThat(taken).isBetween(200_000L, records - 1L);
  }
}
