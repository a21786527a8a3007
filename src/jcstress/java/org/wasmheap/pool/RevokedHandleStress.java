package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.heap.HeapListener;
import org.wasmheap.testkit.BareHeaps;

/**
 * The hole: a call is given up while its heap begins it, and its handle stays alive, so that an
 * abandoned thread can still touch the host's state. Results: whether the call had been given up
 * before the handle was used, whether the use was let through.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * RevokedHandleStress"}
 */
@JCStressTest
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "used before the call was given up")
@Outcome(
    id = "false, false",
    expect = Expect.ACCEPTABLE,
    desc = "given up in the moment of the use")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "given up before the use")
@State
public class RevokedHandleStress {
  private final InterruptGate gate = new InterruptGate(new PlayedThread());
  private final Heap heap = BareHeaps.heap(new HeapListener() {});

  /** Written after the call was given up: what begins after that must be refused. */
  private volatile boolean abandoned;

  @Actor
  public void worker(ZZ_Result r) {
    heap.claim();
    gate.begin(1);
    gate.revokesBy(heap::revoke);
    HeapHandle handle = heap.begin(1, "call");
    if (gate.isAbandoned()) {
      heap.revoke();
    }
    r.r1 = abandoned;
    try {
      handle.check();
      r.r2 = true;
    } catch (HeapConfinementException e) {
      r.r2 = false;
    }
  }

  @Actor
  public void watchdog() {
    abandoned = Attempts.at(() -> gate.abandon(1));
  }
}
