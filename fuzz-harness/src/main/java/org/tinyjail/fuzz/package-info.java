/**
 * Fuzzing: Jazzer drives a target through the fork server, so that it makes every call it can.
 *
 * <p>{@link org.tinyjail.fuzz.Campaign} runs in the command's process and starts a JVM of its own
 * for Jazzer, which always ends the JVM it runs in; {@link org.tinyjail.fuzz.FuzzTarget} is what
 * Jazzer calls there. What is observed goes to the spool directory, as from every agent.
 */
@NullMarked
package org.tinyjail.fuzz;

import org.jspecify.annotations.NullMarked;
