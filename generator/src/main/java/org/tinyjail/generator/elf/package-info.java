/** What is read from executables (elf(5)). */
@NullMarked
package org.tinyjail.generator.elf;

import org.jspecify.annotations.NullMarked;
