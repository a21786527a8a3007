package org.wasmheap.heap;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;
import org.wasmheap.testkit.BareHeaps;

/**
 * The hole: two threads become owners of one heap. Results: whether each of them did.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t ClaimStress"}
 */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "exactly one of them")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "exactly one of them")
@State
public class ClaimStress {
  private final Heap heap = BareHeaps.heap(new HeapListener() {});

  @Actor
  public void one(ZZ_Result r) {
    r.r1 = claims();
  }

  @Actor
  public void other(ZZ_Result r) {
    r.r2 = claims();
  }

  private boolean claims() {
    try {
      heap.claim();
      return true;
    } catch (HeapConfinementException e) {
      return false;
    }
  }
}
