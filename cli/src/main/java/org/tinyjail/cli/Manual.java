package org.tinyjail.cli;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Option;
import org.tinyjail.cli.Command.Example;
import org.tinyjail.cli.Surroundings.Entry;

/** Writes manual pages in mdoc(7), from what {@code --help} prints. */
final class Manual {
  private static final int WIDTH = 72;
  private static final String BETWEEN_SENTENCES = "(?<=[.!?])\\s+(?=[A-Z\"$])";
  private static final String SUMMARY =
      "learn what a program needs of the kernel, and hold it to that";

  private static final String ABOUT =
      """
      Watches a program through seccomp user notification, writes an OCI seccomp policy of what it \
      needs, with the reason of each rule beside it, and enforces such policies. What is denied is \
      recorded with arguments and call site, and may be allowed after review.

      A policy limits which system calls a program may make, and with which values in registers. It \
      says nothing of what pointers show, such as the names of files.

      The commands are:""";
  private static final String SECURITY =
      """
      seccomp sees numbers and registers, not what pointers show: combine a policy with file \
      permissions, landlock or a container. Paths and addresses in reports were read from the \
      program's memory while it waited; they tell what was attempted, and nothing was decided on \
      them.

      The program runs as you, and unless its policy is very tight it can write what you can write: \
      the policy, the store and the cache among it. What was not seen while learning is not in the \
      policy. What learn, run --complain and run --ask let pass is carried out after the answer, and \
      another thread may change in between what pointers show.""";

  private final StringBuilder out = new StringBuilder();

  private Manual() {}

  /** The page {@code tiny-jail(1)}. */
  static String overview(List<Command> commands, LocalDate date) {
    Manual page = new Manual();
    page.head("tiny-jail", SUMMARY, date);
    page.line(".Nm");
    page.line(".Ar command");
    page.line(".Op Ar argument ...");
    page.section("DESCRIPTION");
    page.paragraphs(ABOUT);
    page.list("tag");
    for (Command command : commands) {
      page.line(".It Xr tiny-jail-" + command.name() + " 1");
      page.text(sentence(command.summary()));
    }
    page.line(".El");
    page.line(".Pp");
    page.text("Every command has --help, and --json where a program might read what it prints.");
    page.table("ENVIRONMENT", ".It Ev ", Surroundings.ENVIRONMENT);
    page.table("FILES", ".It Pa ", Surroundings.FILES);
    page.section("EXIT STATUS");
    page.text(
        "Commands that start a program end as it does; the others end with 0 where they are done and"
            + " 1 where they have findings. Each page says more.");
    page.section("EXAMPLES");
    page.examples(Help.EXAMPLES);
    page.seeAlso(commands.stream().map(command -> "tiny-jail-" + command.name()).toList(), true);
    page.section("SECURITY CONSIDERATIONS");
    page.paragraphs(SECURITY);
    return page.out.toString();
  }

  /** The page of one command. */
  static String of(Command command, LocalDate date) {
    Manual page = new Manual();
    page.head("tiny-jail-" + command.name(), command.summary(), date);
    for (String form : command.usage().split(" \\| ", -1)) {
      page.synopsis(command.name(), form);
    }
    page.section("DESCRIPTION");
    page.paragraphs(command.description());
    if (!command.options().getOptions().isEmpty()) {
      page.section("OPTIONS");
      page.list("tag");
      command.options().getOptions().forEach(page::option);
      page.line(".El");
    }
    page.table("ENVIRONMENT", ".It Ev ", Surroundings.ENVIRONMENT);
    page.table("FILES", ".It Pa ", Surroundings.FILES);
    page.table("EXIT STATUS", ".It ", ExitCode.meanings(command));
    page.section("EXAMPLES");
    page.examples(command.examples());
    page.seeAlso(List.of("tiny-jail"), false);
    return page.out.toString();
  }

  private void head(String name, String summary, LocalDate date) {
    line(".Dd " + date.format(DateTimeFormatter.ofPattern("MMMM d, yyyy", Locale.ENGLISH)));
    line(".Dt " + name.toUpperCase(Locale.ROOT) + " 1");
    line(".Os");
    section("NAME");
    line(".Nm " + name);
    line(".Nd " + escaped(summary));
    section("SYNOPSIS");
  }

  private void synopsis(String command, String form) {
    line(".Nm tiny-jail " + command);
    for (String word : form.split(" ", -1)) {
      String plain = word.replace("[", "").replace("]", "").replace("...", " ...");
      line("." + (word.startsWith("[") ? "Op " : "") + argument(plain));
    }
  }

  private static String argument(String word) {
    if (word.startsWith("-")) {
      return "Fl " + escaped(word.substring(1));
    }
    if (word.startsWith("OPTION")) {
      return "Ar option ...";
    }
    boolean literal = word.equals(word.toLowerCase(Locale.ROOT));
    return (literal ? "Cm " : "Ar ") + word.replace("|", " | ");
  }

  private void option(Option option) {
    List<String> names =
        Syntax.spellings(option).stream().map(name -> "Fl " + escaped(name.substring(1))).toList();
    String value = option.hasArg() ? " Ar " + option.getArgName().replace("|", " | ") : "";
    line(".It " + String.join(" , ", names) + value);
    text(sentence(option.getDescription()));
  }

  private void table(String title, String item, List<Entry> entries) {
    section(title);
    list("tag");
    for (Entry entry : entries) {
      line(item + escaped(entry.name()));
      text(sentence(entry.meaning()));
    }
    line(".El");
  }

  private void examples(List<Example> examples) {
    String before = "";
    for (Example example : examples) {
      if (!before.isEmpty()) {
        line(before);
      }
      before = ".Pp";
      String purpose = sentence(example.purpose());
      text(purpose.substring(0, purpose.length() - 1) + ":");
      line(".Bd -literal -offset indent");
      line(guarded(escaped(example.line())));
      line(".Ed");
    }
  }

  private void seeAlso(List<String> pages, boolean kernel) {
    section("SEE ALSO");
    List<String> all = new ArrayList<>(pages.stream().sorted().map(page -> page + " 1").toList());
    if (kernel) {
      all.addAll(List.of("seccomp 2", "seccomp_unotify 2", "landlock 7"));
    }
    for (int i = 0; i < all.size(); i++) {
      line(".Xr " + all.get(i) + (i + 1 < all.size() ? " ," : ""));
    }
  }

  private void paragraphs(String text) {
    String before = "";
    for (String paragraph : text.split("\n\n", -1)) {
      if (!before.isEmpty()) {
        line(before);
      }
      before = ".Pp";
      text(paragraph);
    }
  }

  /** Running text: each sentence begins a line, and none is long. */
  private void text(String text) {
    for (String sentence : text.replace('\n', ' ').split(BETWEEN_SENTENCES, -1)) {
      StringBuilder line = new StringBuilder();
      for (String word : sentence.strip().split(" +", -1)) {
        if (line.length() + word.length() > WIDTH && line.length() > 0) {
          line(guarded(line.toString().stripTrailing()));
          line.setLength(0);
        }
        line.append(escaped(word)).append(' ');
      }
      line(guarded(line.toString().stripTrailing()));
    }
  }

  private void list(String kind) {
    line(".Bl -" + kind + " -width Ds");
  }

  private void section(String title) {
    line(".Sh " + title);
  }

  private void line(String line) {
    out.append(line).append('\n');
  }

  /** What begins with a dot or an apostrophe would be a request. */
  private static String guarded(String line) {
    return line.startsWith(".") || line.startsWith("'") ? "\\&" + line : line;
  }

  /** As it stands: a hyphen that can be copied, no quote that is bent. */
  private static String escaped(String text) {
    return text.replace("\\", "\\e")
        .replace("-", "\\-")
        .replace("~", "\\(ti")
        .replace("^", "\\(ha")
        .replace("`", "\\(ga")
        .replace("'", "\\(aq");
  }

  private static String sentence(String text) {
    String begun = text.substring(0, 1).toUpperCase(Locale.ROOT) + text.substring(1);
    return begun.endsWith(".") ? begun : begun + ".";
  }
}
