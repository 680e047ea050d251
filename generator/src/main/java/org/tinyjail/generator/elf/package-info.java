/**
 * What is read from executables (elf(5)): {@link org.tinyjail.generator.elf.ElfFile} by program
 * headers, and from it the options, strings and names of environment variables that fuzzing tries.
 */
@NullMarked
package org.tinyjail.generator.elf;

import org.jspecify.annotations.NullMarked;
