/** Named groups of system calls, nested, with conditions where the group means only some calls. */
@NullMarked
package org.tinyjail.generator.groups;

import org.jspecify.annotations.NullMarked;
