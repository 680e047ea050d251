package org.tinyjail.model;

/**
 * A test of one argument of a call, as in an OCI profile's {@code args}.
 *
 * <p>Arguments are 64-bit unsigned, as in {@code seccomp_data.args}.
 *
 * @param index which argument, 0 to 5
 * @param operator how it is compared
 * @param value what it is compared with; for {@link Operator#MASKED_EQ} the mask
 * @param valueTwo for {@link Operator#MASKED_EQ} what the masked argument must equal; its bits
 *     outside the mask do not count, as in libseccomp. Else kept as read and without meaning
 */
public record ArgCondition(int index, Operator operator, long value, long valueTwo) {
  /** The low half: what the kernel looks at where an argument is a 32-bit type. */
  public static final long INT_MASK = 0xffffffffL;

  public ArgCondition {
    if (index < 0 || index > 5) {
      throw new IllegalArgumentException("argument index must be 0..5, was " + index);
    }
  }

  /** True for arguments whose bits under {@code mask} are {@code value}. */
  public static ArgCondition masked(int index, long mask, long value) {
    return new ArgCondition(index, Operator.MASKED_EQ, mask, value);
  }

  /** Whether this condition holds for {@code argument}. */
  public boolean test(long argument) {
    return operator.test(argument, value, valueTwo);
  }

  /** How an argument is compared; names as in libseccomp's {@code SCMP_CMP_}. */
  public enum Operator {
    NE,
    LT,
    LE,
    EQ,
    GE,
    GT,
    MASKED_EQ;

    private final String scmpName = "SCMP_CMP_".concat(name());

    /** The name in OCI profiles, such as {@code SCMP_CMP_EQ}. */
    public String scmpName() {
      return scmpName;
    }

    boolean test(long argument, long value, long valueTwo) {
      int order = Long.compareUnsigned(argument, value);
      return switch (this) {
        case NE -> order != 0;
        case LT -> order < 0;
        case LE -> order <= 0;
        case EQ -> order == 0;
        case GE -> order >= 0;
        case GT -> order > 0;
        case MASKED_EQ -> ((argument ^ valueTwo) & value) == 0;
      };
    }
  }
}
