package org.tinyjail.agent;

/** An executable that made calls; one object for each path. */
final class Image {
  private final int index;
  private final String executable;

  Image(int index, String executable) {
    this.index = index;
    this.executable = executable;
  }

  /** 0 for the unknown one, then counted in the order of appearance. */
  int index() {
    return index;
  }

  /** The path as {@code /proc/TID/exe} shows it; empty if unknown. */
  String executable() {
    return executable;
  }
}
