package org.tinyjail.generator.merge;

import org.tinyjail.model.ArgumentClass;

/**
 * A call that a binary can reach, that nobody has seen it make, and that the policy therefore
 * denies.
 *
 * @param syscall the call
 * @param arguments which uses of it; any: all
 * @param why what speaks against it
 */
public record Withheld(String syscall, ArgumentClass arguments, String why) {}
