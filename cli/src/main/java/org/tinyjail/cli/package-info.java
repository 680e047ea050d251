/**
 * The tiny-jail command: reads options, wires the modules, prints. Nothing is decided here that a
 * module could decide.
 */
@NullMarked
package org.tinyjail.cli;

import org.jspecify.annotations.NullMarked;
