package org.tinyjail.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.ProfileName;

/**
 * The commands of {@code learn --from-file}. The launcher has read the file, and starts itself as
 * the target that runs them: {@code tiny-jail --sequence say|quiet FILE [LINE COUNT WORD...]...}.
 *
 * @param file the file, as given
 * @param commands in their order, at least one
 */
record Workloads(String file, List<Entry> commands) {
  private static final String SEQUENCE = "--sequence";
  private static final int FIRST = 4;

  Workloads {
    commands = List.copyOf(commands);
  }

  /**
   * A command.
   *
   * @param line where it stands
   * @param words its words
   */
  record Entry(String line, List<String> words) {}

  /** The commands, if these are what is to be started. */
  static Optional<Workloads> of(LaunchDescription launch, Context context) {
    List<String> words = launch.command();
    boolean ours =
        words.size() > FIRST
            && words.get(1).equals(SEQUENCE)
            && words.get(0).equals(launcher(context).toString());
    return ours ? Optional.of(parse(words)) : Optional.empty();
  }

  private static Workloads parse(List<String> words) {
    List<Entry> commands = new ArrayList<>();
    for (int at = FIRST; at < words.size(); ) {
      int first = at + 2;
      int end = first + Integer.parseInt(words.get(at + 1));
      commands.add(new Entry(words.get(at), List.copyOf(words.subList(first, end))));
      at = end;
    }
    return new Workloads(words.get(FIRST - 1), commands);
  }

  /** The file whose calls while it starts commands are not a program's. */
  static Path launcher(Context context) {
    return context.home().resolve("bin/tiny-jail");
  }

  /** The executable of the first command that there is, else what its first word would be. */
  Path executable(Context context) {
    return commands.stream()
        .flatMap(command -> find(command, context).stream())
        .findFirst()
        .orElseGet(() -> context.resolve(commands.get(0).words().get(0)));
  }

  /**
   * The profile that all of the commands belong to; what cannot be found belongs to any.
   *
   * @throws CommandException if they belong to several
   */
  String profile(Context context) throws CommandException {
    Map<String, Entry> profiles = new LinkedHashMap<>();
    for (Entry command : commands) {
      find(command, context)
          .map(path -> ProfileName.of(path, command.words(), context.directory()))
          .ifPresent(name -> profiles.putIfAbsent(name, command));
    }
    if (profiles.size() > 1) {
      Iterator<Map.Entry<String, Entry>> each = profiles.entrySet().iterator();
      String first = each.next().getKey();
      Map.Entry<String, Entry> second = each.next();
      throw CommandException.usage(
          file
              + ":"
              + second.getValue().line()
              + ": "
              + second.getKey()
              + " is another program than "
              + first
              + "; name what the evidence of all belongs to: --profile NAME");
    }
    return profiles.keySet().stream().findFirst().orElseGet(() -> executable(context).toString());
  }

  /** The word by which the program of the first command that there is was named. */
  String word(Context context) {
    return commands.stream()
        .flatMap(
            command ->
                find(command, context).stream()
                    .map(path -> ProfileName.word(path, command.words(), context.directory())))
        .findFirst()
        .orElseGet(() -> commands.get(0).words().get(0));
  }

  /** Found along PATH, as the command will be. */
  private static Optional<Path> find(Entry command, Context context) {
    String name = command.words().get(0);
    if (name.indexOf('/') >= 0) {
      return Optional.of(context.resolve(name)).filter(Files::isExecutable);
    }
    String path = context.environment().getOrDefault("PATH", "/usr/local/bin:/usr/bin:/bin");
    for (String directory : path.split(":", -1)) {
      Path candidate = context.resolve(directory).resolve(name);
      if (Files.isRegularFile(candidate) && Files.isExecutable(candidate)) {
        return Optional.of(candidate);
      }
    }
    return Optional.empty();
  }
}
