/**
 * What records of the kernel add up to: calls of programs, and how complete that is.
 *
 * <p>{@link org.tinyjail.audit.log.Collector} takes the records of a source and adds them up in
 * sessions, one for each host; what has changed goes to the store from time to time. Which records
 * were taken is known to the last serial number ({@link org.tinyjail.audit.log.SerialBlock}), so
 * that a record that comes again, in whatever source, counts once, and what is missing has a
 * number.
 */
package org.tinyjail.audit.log;
