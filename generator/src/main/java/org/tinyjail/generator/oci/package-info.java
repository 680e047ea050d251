/** Policies as OCI runtime-spec seccomp profiles. */
@NullMarked
package org.tinyjail.generator.oci;

import org.jspecify.annotations.NullMarked;
