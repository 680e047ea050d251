package org.tinyjail.agent;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A cached plan is the policy: it is used only when nobody else could have written it. */
class LauncherCacheTest {
  private static final String RUN = "$TJ run --policy p.json -- $TARGET calls 1";

  private Jail jail;

  @BeforeEach
  void open() throws IOException {
    jail = new Jail().withCache();
    plan(33, PlanBytes.CACHEABLE);
  }

  @AfterEach
  void close() throws IOException {
    jail.close();
  }

  private void plan(int error, int flags) throws IOException {
    jail.plan(
        PlanBytes.mode(PlanBytes.RECORDER)
            .on(PlanBytes.GETPPID, PlanBytes.ERRNO | error)
            .flags(flags));
  }

  private void assertThatJavaStarts(int times) throws Exception {
    assertThat(jail.shell(RUN).out()).isEqualTo("getppid=EDOM\n");
    assertThat(jail.javaStarts()).isEqualTo(times);
  }

  private Path entry() throws IOException {
    assertThat(jail.cached()).hasSize(1);
    return jail.cached().get(0);
  }

  @Test
  void secondRunStartsNoJava() throws Exception {
    assertThatJavaStarts(1);
    assertThatJavaStarts(1);
    assertThat(Files.getPosixFilePermissions(entry()))
        .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    assertThat(jail.shell("ls -A cache/tiny-jail | grep -c '^.plan-'").out()).isEqualTo("0\n");
  }

  @Test
  void planThatIsNotCacheableIsNotKept() throws Exception {
    plan(33, 0);
    assertThatJavaStarts(1);
    assertThatJavaStarts(2);
    assertThat(jail.cached()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "echo ' ' >> p.json; $TJ run --policy p.json -- true",
        "$TJ run --policy=p.json -- true",
        "$TJ run --policy p.json --complain -- true",
        "HOME=/elsewhere $TJ run --policy p.json -- true",
        "XDG_DATA_HOME=/elsewhere $TJ run --policy p.json -- true",
        "TINY_JAIL_STORE=/elsewhere $TJ run --policy p.json -- true",
        "TINY_JAIL_TEST_WITHOUT=log $TJ run --policy p.json -- true",
        "cp p.json /tmp/p.json.$$; cd /tmp; $TJ run --policy p.json.$$ -- true; rm p.json.$$",
        "touch home/lib/new.jar; $TJ run --policy p.json -- true",
        "touch home/bin/tiny-jail; $TJ run --policy p.json -- true",
        "setarch --uname-2.6 $TJ run --policy p.json -- true",
      })
  void whateverThePlanDependsOnMakesAnother(String other) throws Exception {
    assertThatJavaStarts(1);
    assertThat(jail.shell(other).exit()).isZero();
    assertThat(jail.javaStarts()).isEqualTo(2);
  }

  @Test
  void policyOfTheDistributionIsCachedByItsContent() throws Exception {
    String run = "$TJ run --policy @a-1 -- $TARGET calls 1";
    jail.shell("mkdir -p home/share/policies; cp p.json home/share/policies/a-1.json");
    for (int java : new int[] {1, 1}) {
      assertThat(jail.shell(run).out()).isEqualTo("getppid=EDOM\n");
      assertThat(jail.javaStarts()).isEqualTo(java);
    }
    jail.shell("echo ' ' >> home/share/policies/a-1.json; " + run);
    assertThat(jail.javaStarts()).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(strings = {"@../p", "@", "@.", "@a/b", "@A", "@missing"})
  void nameThatIsNoneOfTheDistributionsReadsNothing(String name) throws Exception {
    jail.shell(
        "mkdir -p home/share/policies/a; cd home/share; cp ../../p.json p.json;"
            + " cd policies; for f in .json ..json a/b.json A.json; do cp ../p.json $f; done");
    for (int java : new int[] {1, 2}) {
      jail.shell("$TJ run --policy " + name + " -- true");
      assertThat(jail.javaStarts()).isEqualTo(java);
    }
  }

  @Test
  void targetDoesNotMatter() throws Exception {
    assertThatJavaStarts(1);
    jail.run("/bin/true");
    assertThat(jail.javaStarts()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "chmod o+w $ENTRY",
        "chmod g+w $ENTRY",
        "ln $ENTRY other-name",
        "mv $ENTRY elsewhere; ln -s $PWD/elsewhere $ENTRY",
        "chown 1234 $ENTRY",
        "rm $ENTRY; mkdir $ENTRY",
        "rm $ENTRY; mkfifo $ENTRY",
        "truncate -s -8 $ENTRY",
        "truncate -s 0 $ENTRY",
        "printf X | dd of=$ENTRY bs=1 seek=100 conv=notrunc",
        "chmod o+w cache/tiny-jail",
        "chown 1234 cache/tiny-jail",
        "mv cache/tiny-jail moved; ln -s ../moved cache/tiny-jail",
        "chmod o+w cache",
      })
  void entryThatAnotherCouldHaveWrittenIsNotUsed(String tampering) throws Exception {
    assertThatJavaStarts(1);
    jail.with("ENTRY", entry().toString());
    assertThat(jail.shell(tampering).exit()).isZero();
    assertThatJavaStarts(2);
  }

  @Test
  void entryUnderAnotherKeyOfTheSameNameIsNotUsed() throws Exception {
    assertThatJavaStarts(1);
    byte[] entry = Files.readAllBytes(entry());
    entry[8 + 8 + 8] ^= 1; // a byte of the policy within the key
    Files.write(entry(), entry);
    assertThatJavaStarts(2);
  }

  @Test
  void cachedPlanWhoseStoreIsGoneIsMadeAnew() throws Exception {
    assertThatJavaStarts(1);
    jail.java(
        "#!/bin/sh\nmkdir -m 700 ROOT/spools; cat ROOT/the.plan >&3\n"
            .replace("ROOT", jail.root.toString()));
    assertThat(jail.shell("rm -r spools; " + RUN).out()).isEqualTo("getppid=EDOM\n");
    assertThat(jail.spools()).hasSize(1);
  }

  @Test
  void damagedPlanInTheCacheIsNotUsed() throws Exception {
    assertThatJavaStarts(1);
    byte[] entry = Files.readAllBytes(entry());
    int plan = new String(entry, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("TJPLAN01");
    entry[plan + 12] = 9; // the mode
    Files.write(entry(), entry);
    assertThatJavaStarts(2);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"unset XDG_CACHE_HOME HOME;", "export XDG_CACHE_HOME=relative HOME=relative;"})
  void withoutAHomeThereIsNoCache(String setUp) throws Exception {
    assertThat(jail.shell(setUp + RUN).out()).isEqualTo("getppid=EDOM\n");
    assertThat(jail.cached()).isEmpty();
    assertThat(jail.root.resolve("relative")).doesNotExist();
  }

  @ParameterizedTest
  @ValueSource(strings = {"mkfifo p.fifo; P=p.fifo", "P=/", "P=/missing", "P=/dev/zero"})
  void policyThatIsNoFileIsJavasToExplain(String setUp) throws Exception {
    jail.java("#!/bin/sh\necho \"$@\" >> " + jail.root + "/java.log; exit 4\n");
    assertThat(jail.shell(setUp + "; $TJ run --policy $P -- true").exit()).isEqualTo(4);
  }

  @Test
  void classDataArchiveIsMadeInTheBackgroundAndThenUsed() throws Exception {
    jail.java(
        """
        #!/bin/sh
        echo "$@" >> ROOT/java.log
        for word; do
          case $word in -XX:ArchiveClassesAtExit=*) echo archive > "${word#*=}"; exit 0;; esac
        done
        cat ROOT/the.plan >&3
        """
            .replace("ROOT", jail.root.toString()));
    plan(33, 0);
    jail.shell(RUN);
    Jail.await("archive", () -> names(".jsa") == 1);
    jail.shell(RUN);
    assertThat(Jail.text(jail.root.resolve("java.log")))
        .contains("-XX:SharedArchiveFile=" + jail.root + "/cache/tiny-jail/java-");
    Jail.await("lock removed", () -> names(".lock") == 0);
  }

  private long names(String ending) {
    String[] names = jail.root.resolve("cache/tiny-jail").toFile().list();
    return names == null
        ? 0
        : java.util.Arrays.stream(names)
            .filter(name -> name.startsWith("java-") && name.endsWith(ending))
            .count();
  }

  @Test
  void classDataArchiveIsLeftAloneWhereATestSaysSo() throws Exception {
    classDataArchiveIsMadeInTheBackgroundAndThenUsed();
    Files.delete(jail.root.resolve("java.log"));
    jail.with("TINY_JAIL_TEST_WITHOUT", "archive").shell(RUN);
    assertThat(Jail.text(jail.root.resolve("java.log"))).doesNotContain("SharedArchiveFile");
  }

  @Test
  void plantedClassDataArchiveIsNotUsed() throws Exception {
    classDataArchiveIsMadeInTheBackgroundAndThenUsed();
    Files.delete(jail.root.resolve("java.log"));
    jail.shell("chmod o+w cache/tiny-jail/java-*.jsa");
    jail.shell(RUN);
    assertThat(Jail.text(jail.root.resolve("java.log"))).doesNotContain("SharedArchiveFile");
  }
}
