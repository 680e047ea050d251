package org.tinyjail.generator.reach;

import java.io.IOException;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tinyjail.generator.elf.ElfFile;
import org.tinyjail.generator.elf.Segment;
import org.tinyjail.model.StackSample;
import org.tinyjail.model.StackSample.Frame;
import org.tinyjail.model.StackSample.Place;

/**
 * Finds the function in which each thread of a server goes round, from where its calls were made:
 * the innermost one that has never been left meanwhile. What a stack holds of earlier calls is told
 * from real return addresses by who calls whom.
 */
final class ServingRoots {
  private static final int NONE = -1;

  private final Reach reach;
  private final FileTree tree;
  private final Map<String, Optional<Mapped>> files = new HashMap<>();

  private record Mapped(Linked file, List<Segment> segments) {}

  /**
   * A function that waits for another to return.
   *
   * @param called that other
   */
  private record Link(long slot, Place returnsTo, int caller, int called) {
    boolean isSame(Link other) {
      return slot == other.slot && returnsTo.equals(other.returnsTo);
    }
  }

  ServingRoots(Reach reach, FileTree tree) {
    this.reach = reach;
    this.tree = tree;
  }

  /** Those of all threads; empty if of one that waits the function is not found. */
  Set<Integer> of(List<StackSample> samples) throws IOException {
    Map<Long, List<StackSample>> threads =
        samples.stream().collect(Collectors.groupingBy(StackSample::thread));
    Set<Integer> roots = new HashSet<>();
    for (List<StackSample> thread : threads.values()) {
      Set<Integer> found = ofThread(thread);
      if (found.isEmpty()) {
        return Set.of();
      }
      roots.addAll(found);
    }
    return roots;
  }

  private Set<Integer> ofThread(List<StackSample> samples) throws IOException {
    List<List<Link>> waits = new ArrayList<>();
    List<List<Link>> others = new ArrayList<>();
    for (StackSample sample : samples) {
      List<Link> chain = chain(sample);
      if (!chain.isEmpty()) {
        (sample.waits() ? waits : others).add(chain);
      }
    }
    if (samples.stream().allMatch(StackSample::waits)) {
      return waiting(waits);
    }
    Set<Integer> roots = new HashSet<>();
    if (!waits.isEmpty() && !others.isEmpty()) {
      List<List<Link>> all = new ArrayList<>(waits);
      all.addAll(others);
      List<Link> common = common(all);
      for (List<Link> chain : all) {
        chain.stream()
            .filter(link -> !common.isEmpty() && common.get(0).isSame(link))
            .forEach(link -> roots.add(link.called()));
      }
    }
    return roots;
  }

  /** Those that are in all chains, the innermost first. */
  private static List<Link> common(List<List<Link>> chains) {
    return chains.get(0).stream()
        .filter(link -> chains.stream().allMatch(chain -> chain.stream().anyMatch(link::isSame)))
        .toList();
  }

  /** Nothing was done between the waits: the first functions outside of the library that waits. */
  private Set<Integer> waiting(List<List<Link>> chains) {
    Set<Integer> roots = new HashSet<>();
    for (List<Link> chain : chains) {
      Linked library = reach.file(chain.get(0).called());
      chain.stream()
          .filter(link -> reach.file(link.caller()) != library)
          .findFirst()
          .or(() -> Optional.of(chain.get(chain.size() - 1)))
          .ifPresent(link -> roots.add(link.caller()));
    }
    return roots;
  }

  /**
   * From the innermost function to the outermost, the innermost first; whatever is left over on the
   * way is tried and given up. Empty: there is no way.
   */
  private List<Link> chain(StackSample sample) throws IOException {
    List<Link> chain = new ArrayList<>();
    int at = function(sample.at());
    boolean found = at != NONE && lead(sample.frames(), 0, at, chain, new BitSet());
    return found ? chain : List.of();
  }

  /** The last frame of a whole stack is that of what the kernel or clone(2) has entered. */
  private boolean lead(List<Frame> frames, int from, int at, List<Link> chain, BitSet failed)
      throws IOException {
    for (int i = from; i < frames.size(); i++) {
      Frame frame = frames.get(i);
      int caller = failed.get(i) ? NONE : caller(frame);
      if (caller != NONE && leads(caller, frame, at)) {
        chain.add(new Link(frame.slot(), frame.returnsTo(), caller, at));
        if (i == frames.size() - 1 || lead(frames, i + 1, caller, chain, failed)) {
          return true;
        }
        chain.remove(chain.size() - 1);
        failed.set(i);
      }
    }
    return false;
  }

  /** The function that waits for the frame's call to return. */
  private int caller(Frame frame) throws IOException {
    return function(new Place(frame.returnsTo().file(), frame.returnsTo().offset() - 1));
  }

  /**
   * Whether the call at which {@code caller} waits can have led to {@code called}: itself, by a
   * jump at its end, or by a stub of the procedure linkage table.
   */
  private boolean leads(int caller, Frame frame, int called) throws IOException {
    if (calls(caller, called)) {
      return true;
    }
    if (frame.calls().isEmpty()) {
      return reach.isTaken(called);
    }
    int target = function(frame.calls().get());
    return target != NONE && (target == called || calls(target, called));
  }

  /** Whether a function calls another, or goes on in it, otherwise than by an unknown pointer. */
  private boolean calls(int caller, int called) {
    Linked file = reach.file(caller);
    int index = caller - file.functions();
    Lists direct = file.summary().calls();
    for (int i = direct.start(index); i < direct.end(index); i++) {
      if (file.functions() + direct.items()[i] == called) {
        return true;
      }
    }
    Lists by = file.summary().called();
    for (int i = by.start(index); i < by.end(index); i++) {
      for (int target : reach.pointed(file, by.items()[i])) {
        if (target == called) {
          return true;
        }
      }
    }
    return false;
  }

  /** The function that a byte of a file belongs to; {@link #NONE}: none that is known. */
  private int function(Place place) throws IOException {
    Optional<Mapped> mapped = files.get(place.file());
    if (mapped == null) {
      mapped = mapped(place.file());
      files.put(place.file(), mapped);
    }
    if (mapped.isEmpty()) {
      return NONE;
    }
    for (Segment segment : mapped.get().segments()) {
      long inside = place.offset() - segment.offset();
      if (segment.isLoaded() && inside >= 0 && inside < segment.fileSize()) {
        int function = mapped.get().file().summary().functions().at(segment.address() + inside);
        return function < 0 ? NONE : mapped.get().file().functions() + function;
      }
    }
    return NONE;
  }

  private Optional<Mapped> mapped(String path) throws IOException {
    for (Linked file : reach.files()) {
      if (tree.nameOf(file.entry().place()).equals(path)) {
        return Optional.of(new Mapped(file, ElfFile.read(file.entry().place()).segments()));
      }
    }
    return Optional.empty();
  }
}
