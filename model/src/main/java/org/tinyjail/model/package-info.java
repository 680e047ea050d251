/**
 * The words of the domain: architectures, system calls, rules, policies and the evidence for them.
 *
 * <p>Nothing here does I/O beyond reading the tables of this module, and nothing here needs a
 * library.
 */
@NullMarked
package org.tinyjail.model;

import org.jspecify.annotations.NullMarked;
