/** Policies as classic BPF programs: compiler, interpreter, disassembler. */
@NullMarked
package org.tinyjail.generator.bpf;

import org.jspecify.annotations.NullMarked;
