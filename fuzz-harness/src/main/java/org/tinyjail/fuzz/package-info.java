/** The place of the fuzzer, which will drive targets to widen what is observed. */
@NullMarked
package org.tinyjail.fuzz;

import org.jspecify.annotations.NullMarked;
