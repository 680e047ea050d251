package org.tinyjail.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.agent.LaunchDescription;
import org.tinyjail.agent.ProfileName;
import org.tinyjail.model.LoadedFile;
import org.tinyjail.model.Observation;

/**
 * What {@code learn} watches: a program, or the commands of a file.
 *
 * @param profile what the evidence belongs to
 * @param name what its policy is named after: a word as it was typed, or the profile if that was
 * @param executable real path of the program, or of the first one
 * @param command the words, as they are kept with the run
 * @param leftOut path of the executable whose calls are not the program's; empty: none
 */
record LearnTarget(
    String profile, String name, Path executable, List<String> command, String leftOut) {
  LearnTarget {
    command = List.copyOf(command);
  }

  static LearnTarget of(CommandLine line, LaunchDescription launch, Context context)
      throws CommandException, IOException {
    Optional<Workloads> workloads = Workloads.of(launch, context);
    if (workloads.isPresent()) {
      return of(workloads.get(), line, context);
    }
    if (line.hasOption("from-file")) {
      throw CommandException.usage("wants --from-file FILE or \"-- CMD...\", not both");
    }
    Path directory = Path.of(launch.directory().orElse("/"));
    Path executable = Path.of(launch.executable().orElse("/"));
    return new LearnTarget(
        line.getOptionValue("profile", ProfileName.of(launch)),
        line.getOptionValue("profile", ProfileName.word(executable, launch.command(), directory)),
        executable.toRealPath(),
        launch.command(),
        "");
  }

  private static LearnTarget of(Workloads workloads, CommandLine line, Context context)
      throws CommandException, IOException {
    Path executable = workloads.executable(context);
    return new LearnTarget(
        line.hasOption("profile") ? line.getOptionValue("profile") : workloads.profile(context),
        line.getOptionValue("profile", workloads.word(context)),
        executable,
        List.of("--from-file", workloads.file()),
        Workloads.launcher(context).toRealPath().toString());
  }

  /** The observations that are the program's. */
  List<Observation> own(List<Observation> observations) {
    return leftOut.isEmpty()
        ? observations
        : observations.stream().filter(seen -> !seen.executable().equals(leftOut)).toList();
  }

  /** The files of code that the program has mapped. */
  List<LoadedFile> ownFiles(List<LoadedFile> files) {
    return files.stream().filter(file -> !file.executable().equals(leftOut)).toList();
  }

  /**
   * A short file name for its policy: {@code app} for {@code ./app}, and for a script {@code
   * app.py}.
   */
  String shortName() {
    String last = name.substring(name.lastIndexOf('/') + 1);
    int dot = last.lastIndexOf('.');
    boolean script = profile.indexOf(' ') >= 0;
    return script && dot > 0 ? last.substring(0, dot) : last;
  }
}
