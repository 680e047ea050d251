package org.tinyjail.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.apache.commons.cli.CommandLine;
import org.tinyjail.audit.store.StoreDirectory;
import tools.jackson.core.JsonGenerator;

/** The files that make tiny-jail a plugin of auditd: auditd-plugins(5). */
final class AuditInstall {
  /** Where auditd 3 and, before it, audispd look. */
  static final List<String> DIRECTORIES = List.of("etc/audit/plugins.d", "etc/audisp/plugins.d");

  static final String CONFIGURATION = "tiny-jail.conf";
  private static final String WRAPPER = "usr/local/libexec/tiny-jail-audit";
  private static final String ROOT_STORE = "/root/.local/share/tiny-jail";

  /** auditd hands on nothing that others could have put in its place. */
  private static final String WRAPPER_MODE = "rwxr-x---";

  private static final String CONFIGURATION_MODE = "rw-r-----";
  private static final int OTHERS_WRITE = 0022;
  private static final int STICKY = 01000;

  private final CommandLine line;
  private final Context context;
  private final Path root;
  private final boolean here;

  private AuditInstall(CommandLine line, Context context, Path root) {
    this.line = line;
    this.context = context;
    this.root = root;
    this.here = root.getParent() == null;
  }

  static AuditInstall of(CommandLine line, Context context) throws CommandException, IOException {
    Path root = context.resolve(line.getOptionValue(AuditCommand.ROOT, "/"));
    if (!Files.isDirectory(root)) {
      throw CommandException.usage("--root wants a directory, was " + root);
    }
    return new AuditInstall(line, context, root.toRealPath());
  }

  int install() throws CommandException, IOException {
    Path directory = directory();
    Path launcher = context.home().toRealPath().resolve("bin/tiny-jail");
    checkTrusted(launcher);
    try (Stream<Path> all = Files.walk(context.home().toRealPath())) {
      for (Path file : all.toList()) {
        checkTrusted(file, launcher);
      }
    }
    String java = context.environment().get("JAVA_HOME");
    if (java != null) {
      checkTrusted(Path.of(java).toRealPath().resolve("bin/java").toRealPath());
    }
    Path wrapper = root.resolve(WRAPPER);
    Path place = wrapper.resolveSibling(".").normalize();
    for (Path at = place; at != null && at.startsWith(root); at = at.getParent()) {
      if (Files.isSymbolicLink(at)) {
        throw CommandException.failed(at + " is a symbolic link, which may lead out of " + root);
      }
    }
    Files.createDirectories(place);
    checkTrusted(directory.toRealPath());
    checkTrusted(place);
    Files.deleteIfExists(wrapper);
    write(wrapper, wrapper(launcher), WRAPPER_MODE);
    write(directory.resolve(CONFIGURATION), configuration(), CONFIGURATION_MODE);
    report(List.of(wrapper, directory.resolve(CONFIGURATION)), "wrote");
    if (here) {
      context.say("auditd takes it up when it is told to: kill -HUP $(pidof auditd)");
    } else if (!Files.exists(root.resolve(launcher.toString().substring(1)))) {
      context.say("the system below " + root + " has no " + launcher + " yet: copy it there");
    }
    AuditSettings.of(root).problems().forEach(context::say);
    return ExitCode.DONE;
  }

  int uninstall() throws IOException {
    List<Path> files =
        Stream.concat(
                DIRECTORIES.stream().map(name -> root.resolve(name).resolve(CONFIGURATION)),
                Stream.of(root.resolve(WRAPPER)))
            .filter(Files::exists)
            .toList();
    for (Path file : files) {
      Files.delete(file);
    }
    report(files, "removed");
    if (files.isEmpty()) {
      context.say("nothing of tiny-jail was installed below " + root);
    } else if (here) {
      context.say("auditd lets go of it when it is told to: kill -HUP $(pidof auditd)");
    }
    return ExitCode.DONE;
  }

  private Path directory() throws CommandException {
    return DIRECTORIES.stream()
        .map(root::resolve)
        .filter(Files::isDirectory)
        .findFirst()
        .orElseThrow(
            () ->
                CommandException.failed(
                    "auditd is not installed below "
                        + root
                        + " (no /etc/audit/plugins.d): apt-get install auditd, or dnf install audit;"
                        + " \"tiny-jail audit follow\" collects without it"));
  }

  /** auditd runs it as root: whoever can change it is root. */
  private static void checkTrusted(Path launcher) throws CommandException, IOException {
    for (Path at = launcher; at != null; at = at.getParent()) {
      checkTrusted(at, launcher);
    }
  }

  private static void checkTrusted(Path at, Path of) throws CommandException, IOException {
    Map<String, Object> facts =
        Files.readAttributes(at, "unix:uid,mode,isSymbolicLink", LinkOption.NOFOLLOW_LINKS);
    int owner = facts.get("uid") instanceof Integer uid ? uid : -1;
    int mode = facts.get("mode") instanceof Integer bits ? bits : OTHERS_WRITE;
    boolean link = Boolean.TRUE.equals(facts.get("isSymbolicLink"));
    boolean sticky = (mode & STICKY) != 0 && !at.equals(of);
    if (owner != 0 || (!link && (mode & OTHERS_WRITE) != 0 && !sticky)) {
      throw CommandException.failed(
          at
              + " can be changed by others than root, and auditd would run "
              + of
              + " as root; install tiny-jail in a directory of root, such as /opt/tiny-jail");
    }
  }

  private String wrapper(Path launcher) throws CommandException {
    String store =
        here || line.hasOption("store") ? Stores.locate(line, context).toString() : ROOT_STORE;
    if (here) {
      StoreDirectory.prepare(Path.of(store));
    }
    Optional<String> java = Optional.ofNullable(context.environment().get("JAVA_HOME"));
    List<String> words =
        new java.util.ArrayList<>(
            List.of(
                "/usr/bin/env",
                "--ignore-signal=HUP,INT,TERM",
                "HOME=/root",
                "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"));
    java.map(home -> "JAVA_HOME=" + home).ifPresent(words::add);
    words.addAll(List.of(launcher.toString(), "audit", "plugin", "--store", store));
    if (words.stream().anyMatch(word -> word.indexOf('\n') >= 0)) {
      throw CommandException.failed("a path has a line end, which no wrapper can hold");
    }
    return "#!/bin/sh\n"
        + "# Written by \"tiny-jail audit install\". auditd gives no environment, and ends its plugins\n"
        + "# by closing their input: the signals that it sends would lose what is not written yet.\n"
        + "exec "
        + Words.shell(words)
        + "\n";
  }

  private static String configuration() {
    return "# Written by \"tiny-jail audit install\".\n"
        + "active = yes\n"
        + "direction = out\n"
        + "path = /"
        + WRAPPER
        + "\n"
        + "type = always\n"
        + "format = string\n";
  }

  private static void write(Path file, String text, String mode) throws IOException {
    AtomicFile.write(file, text.getBytes(StandardCharsets.UTF_8));
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(mode));
  }

  private void report(List<Path> files, String done) {
    if (line.hasOption(Json.OPTION)) {
      Json.print(
          context.out(),
          json ->
              Json.array(
                  json, files, (JsonGenerator out, Path file) -> out.writeString("" + file)));
    } else {
      files.forEach(file -> context.say(done + " " + file));
    }
  }
}
