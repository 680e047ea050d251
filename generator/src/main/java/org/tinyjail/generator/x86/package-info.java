/**
 * Instructions of x86-64, decoded as far as an analysis of data flow and branches needs it: {@link
 * org.tinyjail.generator.x86.Decoder}. What it knows of them stands in {@code opcodes.txt} and
 * {@code mnemonics.txt}, in the form of the manuals' opcode maps; {@code scripts/check-decoder}
 * compares it with {@code objdump}.
 */
@NullMarked
package org.tinyjail.generator.x86;

import org.jspecify.annotations.NullMarked;
