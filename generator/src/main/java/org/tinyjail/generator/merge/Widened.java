package org.tinyjail.generator.merge;

/**
 * An argument that a policy leaves open because it took too many values.
 *
 * @param syscall the call
 * @param argument its index
 * @param values how many distinct values were seen
 */
public record Widened(String syscall, int argument, int values) {}
