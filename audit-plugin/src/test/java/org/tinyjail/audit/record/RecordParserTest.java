package org.tinyjail.audit.record;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tinyjail.audit.record.RecordParser.Kind;

class RecordParserTest {
  private static final String FIELDS =
      "auid=4294967295 uid=0 gid=0 ses=4294967295 pid=13907 comm=\"trig\" exe=\"/opt/trig\" sig=0"
          + " arch=c000003e syscall=110 compat=0 ip=0x7f2dbc0ba829 code=0x7ffc0000";

  private final RecordParser parser = new RecordParser();

  private Kind parse(String line) throws RecordException {
    byte[] bytes = line.getBytes(UTF_8);
    return parser.parse(bytes, 0, bytes.length);
  }

  private static String record(String fields) {
    return "type=SECCOMP msg=audit(1.000:1): " + fields;
  }

  /** What stands before the fields; the host that it says. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "type=SECCOMP msg=audit(1795342640.200:2): |''",
        "type=1326 msg=audit(1795342640.200:2): |''",
        "type=UNKNOWN[1326] msg=audit(1795342640.200:2): |''",
        "node=web1 type=SECCOMP msg=audit(1795342640.200:2): |web1",
        "node= type=SECCOMP msg=audit(1795342640.200:2): |''",
        "Nov 30 02:00:00 web1 kernel: audit: type=1326 audit(1795342640.200:2): |''",
        "Nov 30 02:00:00 web1 kernel: [ 12.3] audit: type=1326 audit(1795342640.200:2): |''",
        "[ 12.3] audit: type=1326 audit(1795342640.200:2): |''",
        "audit: type=1326 audit(1795342640.200:2): |''",
      })
  void aRecordIsReadInEveryFormOfALog(String before, String host) throws Exception {
    assertThat(parse(before + " " + FIELDS)).isEqualTo(Kind.SECCOMP);
    assertThat(new String(parser.host().raw(), UTF_8)).isEqualTo(host);
    assertThatFieldsAreRead();
  }

  @Test
  void aRecordIsReadFromTheSocketOfTheKernelWithOrWithoutZerosBehindIt() throws Exception {
    for (String end : new String[] {"", "\0", "\0\0\0"}) {
      byte[] payload = ("audit(1795342640.200:2): " + FIELDS + end).getBytes(US_ASCII);
      assertThat(parser.parse(RecordParser.SECCOMP_TYPE, payload, 0, payload.length))
          .isEqualTo(Kind.SECCOMP);
      assertThatFieldsAreRead();
      assertThat(parser.parse(1300, payload, 0, payload.length)).isEqualTo(Kind.OTHER);
      assertThat(parser.serial()).isEqualTo(2);
    }
  }

  private void assertThatFieldsAreRead() {
    assertThat(parser.time()).isEqualTo(1_795_342_640_200L);
    assertThat(parser.serial()).isEqualTo(2);
    assertThat(parser.pid()).isEqualTo(13907);
    assertThat(parser.comm().text()).isEqualTo("trig");
    assertThat(parser.executable().text()).isEqualTo("/opt/trig");
    assertThat(parser.arch()).isEqualTo(0xc000003e);
    assertThat(parser.syscall()).isEqualTo(110);
    assertThat(parser.instructionPointer()).isEqualTo(0x7f2dbc0ba829L);
    assertThat(parser.code()).isEqualTo(0x7ffc0000);
  }

  @ParameterizedTest
  @CsvSource({
    "SYSCALL,OTHER",
    "1300,OTHER",
    "PROCTITLE,OTHER",
    "EOE,OTHER",
    "USER_LOGIN,OTHER",
    "UNKNOWN[1334],OTHER",
    "SECCOMPX,OTHER",
    "DAEMON,OTHER",
    "DAEMON_START,DAEMON",
    "DAEMON_END,DAEMON",
  })
  void ofOtherRecordsOnlyTimeAndNumberAreRead(String type, Kind kind) throws Exception {
    assertThat(parse("type=" + type + " msg=audit(7.008:9): pid=x comm=\"")).isEqualTo(kind);
    assertThat(parser.time()).isEqualTo(7008);
    assertThat(parser.serial()).isEqualTo(9);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      value = {
        "\"trig\"|trig",
        "\"\"|''",
        "(null)|''",
        "?|''",
        "6D792070726F67|my prog",
        "6d792070726f67|my prog",
        "612262|a\"b",
        "6772C3B6C39F65|größe",
        "2F6F7074202864656C6574656429|/opt (deleted)",
      })
  void aTextIsReadInQuotesAndInHexadecimal(String raw, String text) throws Exception {
    parse(record("pid=1 comm=" + raw + " exe=" + raw + " arch=0 syscall=0 code=0x0"));
    assertThat(parser.comm().text()).isEqualTo(text);
    assertThat(parser.executable().text()).isEqualTo(text);
    assertThat(new String(parser.executable().raw(), US_ASCII)).isEqualTo(raw);
    assertThat(RawText.text(parser.executable().raw())).isEqualTo(text);
  }

  /** A field, its value, what is wrong with it and where, counted from the value. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "pid|-1|0|wanted a process number, found '-'",
        "pid|2147483648|0|wanted a process number, at most 2147483647",
        "pid|1x|1|wanted a space behind a value, found 'x'",
        "comm|trig|0|wanted a text in quotes, or pairs of hexadecimal digits, none 00",
        "comm|41004100|2|wanted a text in quotes, or pairs of hexadecimal digits, none 00",
        "comm|414|3|wanted a text in quotes, or pairs of hexadecimal digits, none 00",
        "comm|\"a\"b|3|wanted a space behind a value, found 'b'",
        "comm|\"aö\"|2|wanted a text in hexadecimal, found byte 0xc3 in quotes",
        "exe|(null)x|0|wanted a text in quotes, or pairs of hexadecimal digits, none 00",
        "arch|x86_64|0|wanted an architecture in hexadecimal, found 'x'",
        "arch|1c000003e|0|wanted an architecture of at most 8 digits",
        "syscall|-0|0|wanted the number of a call, found -0",
        "syscall|2147483648|0|wanted the number of a call, at most 2147483647",
        "syscall|read|0|wanted the number of a call, found 'r'",
        "ip|7f|0|wanted an address as 0x and hexadecimal digits",
        "ip|0x10000000000000000|0|wanted an address of at most 16 digits",
        "code|0x|2|wanted a code in hexadecimal, found byte 0x20",
        "code|0x7ffc|0|wanted a code without data, which the kernel does not log",
      })
  void aFieldOfAnotherFormIsRefusedWithItsByte(String key, String value, int at, String problem) {
    String line = record(FIELDS.replaceFirst("(?<= |^)" + key + "=\\S+", key + "=" + value) + " ");
    int start = line.indexOf(" " + key + "=") + key.length() + 2;
    assertThatExceptionOfType(RecordException.class)
        .isThrownBy(() -> parse(line))
        .withMessage(problem)
        .satisfies(e -> assertThat(e.at()).isEqualTo(start + at));
  }

  @ParameterizedTest
  @CsvSource({"pid", "comm", "exe", "arch", "syscall", "code"})
  void aFieldThatIsNeededMustBeThereAndOnce(String key) {
    String without = record(FIELDS.replaceFirst("(?<= |^)" + key + "=\\S+", ""));
    assertThatExceptionOfType(RecordException.class)
        .isThrownBy(() -> parse(without))
        .withMessage("ends without " + key + "=: cut off")
        .satisfies(e -> assertThat(e.at()).isEqualTo(without.length()));
    String twice = record(FIELDS + " " + key + "=0");
    assertThatExceptionOfType(RecordException.class)
        .isThrownBy(() -> parse(twice))
        .withMessage("a second " + key + "=");
  }

  @Test
  void everyPlaceAtWhichARecordIsCutOffButItsEndIsSaid() {
    String line = record(FIELDS);
    for (int length = 0; length < line.length() - "0x0".length(); length++) {
      String cut = line.substring(0, length);
      assertThatExceptionOfType(RecordException.class)
          .as(cut)
          .isThrownBy(() -> parse(cut))
          .satisfies(e -> assertThat(e.at()).isBetween(0, cut.length()));
    }
  }

  @Test
  void whatAuditdHasAddedForPeopleIsNotRead() throws Exception {
    parse(record(FIELDS) + "\u001dARCH=x86_64 SYSCALL=unknown-syscall(-1) pid=2 comm=\"");
    assertThat(parser.syscall()).isEqualTo(110);
    assertThat(parser.pid()).isEqualTo(13907);
  }

  @Test
  void aRecordWithinOtherBytesIsReadAndBytesAroundItAreNot() throws Exception {
    String line = "node=a " + record(FIELDS);
    byte[] bytes = ("code=0x0 " + line + "000 pid=9").getBytes(US_ASCII);
    assertThat(parser.parse(bytes, 9, 9 + line.length())).isEqualTo(Kind.SECCOMP);
    assertThat(parser.code()).isEqualTo(0x7ffc0000);
    assertThatExceptionOfType(RecordException.class)
        .isThrownBy(() -> parser.parse(bytes, 9, 20))
        .satisfies(e -> assertThat(e.at()).isBetween(9, 20));
  }

  @Test
  void nothingStaysOfTheRecordBefore() throws Exception {
    parse("node=a " + record(FIELDS));
    parse(record(FIELDS.replaceFirst(" ip=\\S+", "")));
    assertThat(parser.host().isEmpty()).isTrue();
    assertThat(parser.instructionPointer()).isZero();
  }

  @Test
  void textsAreComparedByTheirBytes() throws Exception {
    parse(record(FIELDS));
    byte[] raw = parser.executable().raw();
    int hash = parser.executable().rawHash();
    parse("node=a " + record(FIELDS));
    assertThat(parser.executable().isRaw(raw)).isTrue();
    assertThat(parser.executable().rawHash()).isEqualTo(hash);
    assertThat(parser.comm().isRaw(raw)).isFalse();
  }
}
