package org.wasmheap.pool;

import org.wasmheap.guest.CallScope;
import org.wasmheap.testkit.BareStage;

/** The table of failures on bare heaps. */
class BareFailuresTest extends FailureTable<CallScope> {
  BareFailuresTest() {
    super(new BareStage());
  }
}
