package org.wasmheap.pool;

import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.testkit.SampleStage;

/** The table of failures on the sample runtime: a guest of wasm misbehaves by itself. */
class SampleFailuresTest extends FailureTable<EndiveGuest> {
  SampleFailuresTest() {
    super(SampleStage.shared());
  }
}
