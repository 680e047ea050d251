package org.tinyjail.audit.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.tinyjail.audit.store.Samples.at;
import static org.tinyjail.audit.store.Samples.denial;
import static org.tinyjail.audit.store.Samples.enforced;
import static org.tinyjail.audit.store.Samples.observation;

import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.tinyjail.model.Denial;
import org.tinyjail.model.EvidenceSink;
import org.tinyjail.model.EvidenceStore;
import org.tinyjail.model.EvidenceStore.Decision;
import org.tinyjail.model.EvidenceStore.DenialQuery;
import org.tinyjail.model.EvidenceStore.ReviewItem;
import org.tinyjail.model.Observation;
import org.tinyjail.model.Run;
import org.tinyjail.model.RunEvidence;
import org.tinyjail.model.UnseenChance;

/** What every store promises. */
abstract class EvidenceStoreContract {
  private static final String PROFILE = "/usr/bin/sqlite3";
  static final DenialQuery ALL = new DenialQuery(Optional.empty(), Optional.empty(), true);
  static final DenialQuery OPEN = new DenialQuery(Optional.empty(), Optional.empty(), false);

  private Instant now = at(1000);

  @SuppressWarnings("NullAway.Init")
  private EvidenceStore store;

  abstract EvidenceStore create(InstantSource clock);

  @BeforeEach
  final void createStore() {
    store = create(() -> now);
  }

  @AfterEach
  final void closeStore() {
    store.close();
  }

  @Test
  void aNewStoreIsEmpty() {
    assertThat(store.runs(Optional.empty())).isEmpty();
    assertThat(store.profiles()).isEmpty();
    assertThat(store.observations(PROFILE)).isEmpty();
    assertThat(store.denials(ALL)).isEmpty();
    assertThat(store.forget("none")).isFalse();
    assertThat(store.decide(List.of(1L), Decision.DENIED)).containsExactly(1L);
  }

  @Test
  void aRunComesBackAsItWasTaken() {
    Run run = enforced("1", 0);
    Observation observation = observation("socket", "0&ffffffff=2", 3, 0);
    Denial denial = denial("execve(\"/bin/sh\")", 2, 5);

    store.accept(run, List.of(observation), List.of(denial));

    assertThat(store.runs(Optional.empty())).containsExactly(run);
    assertThat(store.observations(PROFILE)).containsExactly(observation);
    assertThat(store.denials(ALL)).extracting(ReviewItem::denial).containsExactly(denial);
  }

  @Test
  void whatWasMeasuredOfARunGoesAndStaysWithIt() {
    UnseenChance chance = new UnseenChance(10_000, 2_000, 1, 2.4e-3, 0.95, 5e-4, at(9));
    store.accept(enforced("1", 0).measured(chance), List.of(), List.of());
    store.accept(enforced("2", 5), List.of(), List.of());

    assertThat(store.runs(Optional.empty()))
        .extracting(Run::unseen)
        .containsExactly(Optional.empty(), Optional.of(chance));
    assertThat(store.evidence("1"))
        .map(RunEvidence::run)
        .map(Run::unseen)
        .hasValue(Optional.of(chance));
    store.accept(enforced("1", 0), List.of(), List.of());
    assertThat(store.runs(Optional.empty())).extracting(Run::unseen).containsOnly(Optional.empty());
  }

  @Test
  void theEvidenceOfARunIsItsOwnAlone() {
    RunEvidence first = evidence("1", 3);
    RunEvidence second = evidence("2", 4);
    store.acceptAll(sink -> take(sink, first, second));

    assertThat(store.evidence("1")).contains(first);
    assertThat(store.evidence("2")).contains(second);
    assertThat(store.evidence("3")).isEmpty();
  }

  @Test
  void manyRunsAreTakenAllOrNone() {
    store.accept(enforced("0", 0), List.of(), List.of());
    assertThatThrownBy(
            () ->
                store.acceptAll(
                    sink -> {
                      take(sink, evidence("1", 2), evidence("0", 2));
                      throw new IllegalStateException("line 7");
                    }))
        .hasMessage("line 7");
    assertThat(store.runs(Optional.empty())).extracting(Run::id).containsExactly("0");
    assertThat(store.observations(PROFILE)).isEmpty();
    assertThat(store.denials(ALL)).isEmpty();

    store.acceptAll(sink -> take(sink, evidence("1", 2), evidence("1", 5)));
    assertThat(store.observations(PROFILE)).extracting(Observation::count).containsExactly(5L);
    assertThat(store.denials(ALL)).extracting(ReviewItem::id).containsExactly(1L);
  }

  private static void take(EvidenceSink sink, RunEvidence... all) {
    for (RunEvidence each : all) {
      sink.accept(each.run(), each.observations(), each.denials());
    }
  }

  private static RunEvidence evidence(String id, long count) {
    return new RunEvidence(
        enforced(id, 0),
        List.of(observation("socket", "0&ffffffff=2", count, 0)),
        List.of(denial("execve(\"/bin/sh\")", count, 5)));
  }

  @Test
  void runsAreListedNewestFirst() {
    learn("1", "a", 5);
    learn("2", "b", 9);
    learn("3", "a", 7);

    assertThat(store.runs(Optional.empty())).extracting(Run::id).containsExactly("2", "3", "1");
    assertThat(store.runs(Optional.of("a"))).extracting(Run::id).containsExactly("3", "1");
    assertThat(store.profiles()).containsExactly("a", "b");
  }

  @Test
  void observationsAddUpOverRuns() {
    store.accept(enforced("1", 9), List.of(observation("read", "", 2, 50)), List.of());
    store.accept(enforced("2", 0), List.of(observation("read", "", 3, 10)), List.of());

    assertThat(store.observations(PROFILE))
        .singleElement()
        .satisfies(
            sum -> {
              assertThat(sum.count()).isEqualTo(5);
              assertThat(sum.first()).isEqualTo(at(10));
              assertThat(sum.last()).isEqualTo(at(52));
              assertThat(sum.sample()).isEqualTo("read(3)");
            });
  }

  @Test
  void equalDenialsAddUpOverRunsUnderOneId() {
    take("1", denial("a()", 2, 50));
    take("2", denial(PROFILE, "a()", "elsewhere+1", 3, 10), denial("b()", 1, 0));

    assertThat(store.denials(ALL)).extracting(ReviewItem::id).containsExactly(1L, 2L);
    Denial sum = store.denials(ALL).get(0).denial();
    assertThat(sum.count()).isEqualTo(5);
    assertThat(sum.first()).isEqualTo(at(10));
    assertThat(sum.last()).isEqualTo(at(51));
    assertThat(sum.callSite()).isEqualTo("elsewhere+1");
    assertThat(sum.pid()).isEqualTo(10);
  }

  @Test
  void denialsOfAnotherProfileHaveAnotherId() {
    take("1", denial("a()", 1, 0));
    store.accept(
        Samples.run("2", "other", Run.Kind.ENFORCE, 0), List.of(), List.of(denial("a()", 1, 0)));

    assertThat(store.denials(ALL))
        .extracting(ReviewItem::profile)
        .containsExactly(PROFILE, "other");
  }

  @Test
  void takingARunAgainReplacesItAndKeepsIds() {
    take("1", denial("a()", 1, 0), denial("b()", 5, 0));
    long id = id("a()");
    store.decide(List.of(id), Decision.DENIED);

    take("1", denial("c()", 1, 0), denial("a()", 4, 0));

    assertThat(store.runs(Optional.empty())).hasSize(1);
    assertThat(store.denials(ALL))
        .extracting(item -> item.denial().arguments())
        .containsExactly("a()", "c()");
    assertThat(id("a()")).isEqualTo(id);
    assertThat(store.denials(ALL).get(0).decision()).isEqualTo(Decision.DENIED);
  }

  @Test
  void aQueryNamesProgramAndTime() {
    take("1", denial("/bin/sh", "a()", "", 1, 0), denial("b()", 2, 100));

    assertThat(matches("/bin/sh", 0)).containsExactly("a()");
    assertThat(matches("sqlite", 0)).containsExactly("b()", "a()"); // the profile's name counts too
    assertThat(matches("%", 0)).isEmpty();
    assertThat(matches("", 1)).containsExactly("b()", "a()"); // a() was last denied at 1
    assertThat(matches("", 2)).containsExactly("b()");
  }

  @Test
  void aDecidedDenialIsShownOnlyOnRequest() {
    take("1", denial("a()", 1, 0));

    assertThat(store.decide(List.of(id("a()"), 77L), Decision.DENIED)).containsExactly(77L);

    assertThat(store.denials(OPEN)).isEmpty();
    assertThat(store.denials(ALL))
        .extracting(ReviewItem::decision)
        .containsExactly(Decision.DENIED);
  }

  @Test
  void whatWasDeniedForGoodStaysSoWhenItComesAgain() {
    take("1", denial("a()", 1, 0));
    store.decide(List.of(id("a()")), Decision.DENIED);

    take("2", denial("a()", 1, 2000));

    assertThat(store.denials(OPEN)).isEmpty();
  }

  @Test
  void whatWasAllowedIsOpenAgainWhenItIsDeniedAfterwards() {
    take("1", denial("a()", 1, 0));
    store.decide(List.of(id("a()")), Decision.ALLOWED);
    take("2", denial("a()", 1, 500));
    assertThat(store.denials(OPEN)).isEmpty();

    take("3", denial("a()", 1, 2000));
    assertThat(store.denials(OPEN)).hasSize(1);

    now = at(3000);
    store.decide(List.of(id("a()")), Decision.ALLOWED);
    assertThat(store.denials(OPEN)).isEmpty();
  }

  @Test
  void forgettingARunRemovesItsEvidenceOnly() {
    take("1", denial("a()", 1, 0), denial("b()", 1, 0));
    take("2", denial("b()", 5, 0));
    long gone = id("a()");

    assertThat(store.forget("1")).isTrue();

    assertThat(store.forget("1")).isFalse();
    assertThat(store.denials(ALL)).extracting(item -> item.denial().count()).containsExactly(5L);
    assertThat(store.decide(List.of(gone), Decision.DENIED)).containsExactly(gone);
    take("3", denial("c()", 1, 0));
    assertThat(id("c()")).as("an id is never used again").isGreaterThan(gone);
  }

  @Test
  void aDecisionOutlivesTheRunsThatItWasMadeFor() {
    take("1", denial("a()", 1, 0));
    long id = id("a()");
    store.decide(List.of(id), Decision.DENIED);
    store.forget("1");

    take("2", denial("a()", 1, 0));

    assertThat(id("a()")).isEqualTo(id);
    assertThat(store.denials(OPEN)).isEmpty();
  }

  @Test
  void longTextIsCutVisiblyAndNeverInsideACharacter() {
    String face = "\ud83d\ude00";
    take("1", denial("x" + face.repeat(5000), 1, 0));

    String kept = store.denials(ALL).get(0).denial().arguments();
    assertThat(kept).hasSize(4096).startsWith("x" + face).endsWith(face + "…");
  }

  @Test
  void countsStopAtTheLargest() {
    take("1", denial("a()", Long.MAX_VALUE, 0));
    take("2", denial("a()", 5, 0));

    assertThat(store.denials(ALL).get(0).denial().count()).isEqualTo(Long.MAX_VALUE);
  }

  @Test
  void aCallIsCarriedOutOnlyIfItAlwaysWas() {
    Denial d = denial("a()", 1, 0);
    Denial complained =
        new Denial(
            d.executable(),
            d.comm(),
            d.pid(),
            d.arch(),
            d.syscall(),
            d.data(),
            d.arguments(),
            d.callSite(),
            d.action(),
            true,
            1,
            d.first(),
            d.last());
    take("1", complained);
    assertThat(store.denials(ALL).get(0).denial().carriedOut()).isTrue();

    take("2", d);
    assertThat(store.denials(ALL).get(0).denial().carriedOut()).isFalse();
  }

  private void take(String id, Denial... denials) {
    store.accept(enforced(id, 0), List.of(), List.of(denials));
  }

  private void learn(String id, String profile, long started) {
    store.accept(
        Samples.run(id, profile, Run.Kind.LEARN, started),
        List.of(observation("read", "", 1, 0)),
        List.of());
  }

  private long id(String arguments) {
    return store.denials(ALL).stream()
        .filter(item -> item.denial().arguments().equals(arguments))
        .findFirst()
        .orElseThrow()
        .id();
  }

  private List<String> matches(String program, long since) {
    DenialQuery query = new DenialQuery(Optional.of(program), Optional.of(at(since)), true);
    return store.denials(query).stream().map(item -> item.denial().arguments()).toList();
  }
}
