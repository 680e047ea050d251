/**
 * Where evidence is kept: one H2 database under one lock.
 *
 * <p>{@link org.tinyjail.audit.store.StoreDirectory} finds the place and checks that it is the
 * user's own; {@link org.tinyjail.audit.store.H2EvidenceStore} opens it. The database file is
 * trusted as code is (H2 runs aliases that it finds in it), so nothing that somebody else could
 * have written is ever opened.
 */
package org.tinyjail.audit.store;
