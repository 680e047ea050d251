/** Findings on policies: what in them does not do what its author may think. */
@NullMarked
package org.tinyjail.generator.lint;

import org.jspecify.annotations.NullMarked;
