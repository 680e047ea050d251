package org.tinyjail.generator.compare;

/** The conditions on a call divide its arguments into more classes than can be gone through. */
public final class TooComplexException extends Exception {
  private static final long serialVersionUID = 1L;

  TooComplexException() {
    super("the conditions divide the arguments into too many classes");
  }
}
