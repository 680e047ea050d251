/**
 * Answers seccomp user notifications: the listener, who made the call, what the call means, and
 * what is decided about it. Reads and writes every format of {@code wire.h}.
 *
 * <p>Native code is behind {@link org.tinyjail.agent.LinuxC} alone. What only reads files ({@link
 * org.tinyjail.agent.SpoolReader}, {@link org.tinyjail.agent.LaunchDescription}, {@link
 * org.tinyjail.agent.LaunchPlan}) does not touch it.
 */
@NullMarked
package org.tinyjail.agent;

import org.jspecify.annotations.NullMarked;
