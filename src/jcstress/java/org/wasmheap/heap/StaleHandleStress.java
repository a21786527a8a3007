package org.wasmheap.heap;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZL_Result;
import org.wasmheap.testkit.BareHeaps;

/**
 * The hole: a handle that a call leaked is used while the next call begins, on the same thread or
 * on another, and works on the next call's heap. Results: whether the owner could use the old
 * handle, whether it could use the new one, what another thread got with the old one.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t StaleHandleStress"}
 */
@JCStressTest
@Outcome(
    id = "false, true, refused",
    expect = Expect.ACCEPTABLE,
    desc = "only the handle of the call, and only on its thread")
@Outcome(
    id = "false, true, nothing",
    expect = Expect.ACCEPTABLE,
    desc = "only the handle of the call, and only on its thread")
@State
public class StaleHandleStress {
  private final Heap heap = BareHeaps.heap(new HeapListener() {});

  /** Leaked on purpose; volatile, so that it is found while its call still runs. */
  private volatile HeapHandle leaked;

  @Actor
  public void owner(ZZL_Result r) {
    heap.claim();
    HeapHandle first = heap.begin(1, "call");
    leaked = first;
    for (int i = 0; i < 20; i++) {
      first.malloc(8);
    }
    heap.reset();
    HeapHandle second = heap.begin(2, "call");
    r.r1 = works(first);
    r.r2 = works(second);
  }

  @Actor
  public void intruder(ZZL_Result r) {
    HeapHandle found = null;
    for (int i = 0; i < 100 && found == null; i++) {
      found = leaked;
    }
    r.r3 = found == null ? "nothing" : works(found) ? "used" : "refused";
  }

  private static boolean works(HeapHandle handle) {
    try {
      handle.malloc(8);
      return true;
    } catch (HeapConfinementException e) {
      return false;
    }
  }
}
