/** From evidence to a policy and the reasons for each of its rules. */
@NullMarked
package org.tinyjail.generator.merge;

import org.jspecify.annotations.NullMarked;
