package org.tinyjail.generator.elf;

/**
 * An option that a program seems to take.
 *
 * @param name with its dashes: {@code -a}, {@code --all}, {@code -json}
 * @param arity whether a value goes with it
 * @param source where it was found; the first of {@link Source} wins if there are several
 */
public record Option(String name, Arity arity, Source source) {

  /** Whether a value goes with an option. */
  public enum Arity {
    NONE,
    OPTIONAL,
    REQUIRED,
    UNKNOWN
  }

  /** Where an option was found, the surest first. */
  public enum Source {
    /** A table of {@code struct option}, as getopt_long(3) takes. */
    GETOPT_LONG,
    /** A table of {@code struct argp_option}, as glibc's argp_parse takes. */
    ARGP,
    /** A table of {@code GOptionEntry}, as GLib's g_option_context_parse takes. */
    GLIB,
    /** A table of {@code struct poptOption}, as popt takes. */
    POPT,
    /** A string of letters and colons, as getopt(3) takes. */
    GETOPT,
    /** A string that is an option, or help that names one. */
    TEXT
  }
}
