package org.tinyjail.audit.store;

import java.time.InstantSource;
import org.tinyjail.model.EvidenceStore;

class MemoryEvidenceStoreTest extends EvidenceStoreContract {
  @Override
  EvidenceStore create(InstantSource clock) {
    return new MemoryEvidenceStore(clock);
  }
}
