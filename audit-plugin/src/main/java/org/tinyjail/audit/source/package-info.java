/**
 * Where the kernel's audit records are read: from auditd, from the kernel itself, from files. See
 * {@link org.tinyjail.audit.source.AuditSource}.
 */
package org.tinyjail.audit.source;
