package org.tinyjail.generator.oci;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.tinyjail.generator.json.JsonInput;
import org.tinyjail.generator.json.JsonInput.Fields;
import org.tinyjail.generator.json.JsonInput.Position;
import org.tinyjail.generator.json.PolicyFormatException;
import org.tinyjail.generator.json.PolicyNames;
import org.tinyjail.generator.oci.MobyProfile.ArchFamily;
import org.tinyjail.generator.oci.MobyProfile.ConditionalRule;
import org.tinyjail.model.Arch;
import org.tinyjail.model.Policy;

/**
 * The reading half of {@link MobySeccompJson}: OCI's form and what Docker and Podman add to it.
 *
 * <p>No lambdas and streams here: this runs before a program starts.
 */
final class ProfileReader {
  private static final String KIND = "a policy";

  private static final List<String> POLICY_FIELDS =
      List.of(
          "defaultAction",
          "defaultErrnoRet",
          "architectures",
          "flags",
          "listenerPath",
          "listenerMetadata",
          "syscalls",
          "archMap",
          "defaultErrno");
  private static final List<String> FAMILY_FIELDS = List.of("architecture", "subArchitectures");
  private static final List<String> FLAGS =
      List.of(
          "SECCOMP_FILTER_FLAG_TSYNC",
          "SECCOMP_FILTER_FLAG_LOG",
          "SECCOMP_FILTER_FLAG_SPEC_ALLOW",
          "SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV");
  private final JsonInput in;
  private final boolean strict;
  private final RulePositions positions;

  private ProfileReader(JsonInput in, boolean strict, RulePositions positions) {
    this.in = in;
    this.strict = strict;
    this.positions = positions;
  }

  static MobyProfile read(Path path) throws IOException {
    return read(JsonInput.bytes(path, KIND), path.toString(), false, new RulePositions());
  }

  static MobyProfile read(byte[] json, String fileName, boolean strict, RulePositions positions)
      throws PolicyFormatException {
    try (JsonInput in = JsonInput.of(json, fileName, KIND)) {
      in.begin();
      MobyProfile profile = new ProfileReader(in, strict, positions).profile();
      in.end();
      return profile;
    } catch (PolicyFormatException e) {
      String policy = PolicyNames.policyOf(fileName);
      if (policy == null) {
        throw e;
      }
      throw PolicyFormatException.ofWhole(
          fileName, "the reasons of a policy; wanted the policy itself: " + policy);
    }
  }

  private MobyProfile profile() throws PolicyFormatException {
    Fields fields = in.object(KIND, POLICY_FIELDS, 1);
    ActionReader defaultAction = new ActionReader(in, "defaultErrnoRet", "defaultErrno");
    List<Arch> architectures = List.of();
    List<ArchFamily> archMap = List.of();
    List<ConditionalRule> rules = List.of();
    List<String> flags = List.of();
    Optional<String> listenerPath = Optional.empty();
    Optional<String> metadata = Optional.empty();
    @Nullable Position metadataAt = null;
    @Nullable Position archMapAt = null;
    for (String field = fields.next(); field != null; field = fields.next()) {
      switch (field) {
        case "defaultAction" -> defaultAction.readName();
        case "defaultErrnoRet" -> defaultAction.readErrno();
        case "defaultErrno" -> defaultAction.readErrnoName();
        case "architectures" -> architectures = architectures();
        case "archMap" -> {
          archMapAt = in.position();
          archMap = archMap();
        }
        case "flags" -> flags = flags();
        case "listenerPath" -> listenerPath = Optional.of(in.string("the path of a socket"));
        case "listenerMetadata" -> {
          metadataAt = in.position();
          metadata = Optional.of(in.string("a string for the listener"));
        }
        default -> rules = new RuleReader(in, strict, positions).rules();
      }
    }
    if (metadataAt != null && listenerPath.isEmpty()) {
      throw in.error(metadataAt, "\"listenerMetadata\" without \"listenerPath\"; wanted both");
    }
    if (archMapAt != null && !archMap.isEmpty() && !architectures.isEmpty()) {
      throw in.error(archMapAt, "\"archMap\" beside \"architectures\"; wanted one of them");
    }
    Policy base =
        new Policy(defaultAction.action(), architectures, List.of(), flags, listenerPath, metadata);
    return new MobyProfile(base, archMap, rules);
  }

  private List<ArchFamily> archMap() throws PolicyFormatException {
    in.array("an array of architectures and what they run beside");
    List<ArchFamily> families = new ArrayList<>();
    while (in.nextElement()) {
      families.add(family());
    }
    return families;
  }

  private ArchFamily family() throws PolicyFormatException {
    Fields fields = in.object("an entry of the archMap", FAMILY_FIELDS, 1);
    Arch machine = Arch.X86_64;
    List<Arch> others = List.of();
    for (String field = fields.next(); field != null; field = fields.next()) {
      if (field.equals("architecture")) {
        machine = architecture();
      } else if (!in.isNull()) {
        others = architectures();
      }
    }
    return new ArchFamily(machine, others);
  }

  private List<Arch> architectures() throws PolicyFormatException {
    in.array("an array of architectures");
    List<Arch> list = new ArrayList<>();
    while (in.nextElement()) {
      list.add(architecture());
    }
    return list;
  }

  private Arch architecture() throws PolicyFormatException {
    String name = in.string("the name of an architecture");
    Arch arch = Arch.ofScmpName(name).orElse(null);
    if (arch == null) {
      throw in.unknown("architecture", name, architectureNames());
    }
    return arch;
  }

  private static List<String> architectureNames() {
    List<String> names = new ArrayList<>();
    for (Arch arch : Arch.values()) {
      names.add(arch.scmpName());
    }
    return names;
  }

  private List<String> flags() throws PolicyFormatException {
    in.array("an array of flags");
    List<String> flags = new ArrayList<>();
    while (in.nextElement()) {
      String flag = in.string("the name of a flag");
      if (!FLAGS.contains(flag)) {
        throw in.unknown("flag", flag, FLAGS);
      }
      flags.add(flag);
    }
    return flags;
  }
}
