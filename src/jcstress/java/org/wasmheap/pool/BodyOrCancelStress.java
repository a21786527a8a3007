package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * The hole: a call is cancelled, and lets go of body and context, while a worker takes both to run
 * it; the worker finds the body and no context, and host functions fail that would have worked.
 * Results: whether the worker found the context, and then the body.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * BodyOrCancelStress"}
 */
@JCStressTest
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "it runs as if never cancelled")
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "cancelled, and not run")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "cancelled, and not run")
@State
public class BodyOrCancelStress {
  private final CallTask<HeapHandle, String> task =
      PoolParts.withRoomFor(1).task("call", CallClass.OFF_CHAIN, new Object());

  @Actor
  public void worker(ZZ_Result r) {
    r.r1 = task.context() != null;
    r.r2 = task.body() != null;
  }

  @Actor
  public void caller() {
    task.cancel(false);
  }
}
