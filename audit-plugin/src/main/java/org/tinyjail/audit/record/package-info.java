/**
 * Audit records of the kernel: bytes to lines, lines to what a record of seccomp says. Nothing here
 * is trusted, nothing is allocated for a record that is well formed.
 *
 * <p>Sources: kernel/auditsc.c ({@code audit_seccomp}) and kernel/audit.c ({@code
 * audit_log_untrustedstring}, {@code audit_log_d_path_exe}) for the fields, auditd's {@code
 * auditd-event.c} for what it writes before and behind them.
 */
package org.tinyjail.audit.record;
