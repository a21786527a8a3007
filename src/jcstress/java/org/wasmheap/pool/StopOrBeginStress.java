package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZL_Result;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * The hole: a call is cancelled after a worker has taken it and before it has begun; neither the
 * worker sees that it must stop nor the interrupting thread sees where it runs. Results: whether
 * the worker saw it, whether it was interrupted, what the end of the call would say.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t StopOrBeginStress"}
 */
@JCStressTest
@Outcome(id = "true, false, null", expect = Expect.ACCEPTABLE, desc = "before the call had begun")
@Outcome(id = "true, true, CANCELLED", expect = Expect.ACCEPTABLE, desc = "both saw each other")
@Outcome(id = "false, true, CANCELLED", expect = Expect.ACCEPTABLE, desc = "while the call ran")
@State
public class StopOrBeginStress {
  private final InterruptGate gate = new InterruptGate(new PlayedThread());
  private final CallTask<HeapHandle, String> task =
      PoolParts.withRoomFor(1).task("call", CallClass.OFF_CHAIN);

  @Actor
  public void worker(ZZL_Result r) {
    task.begin(gate);
    r.r1 = task.stop() != null;
  }

  @Actor
  public void caller(ZZL_Result r) {
    r.r2 = task.interrupt(FailureKind.CANCELLED);
  }

  @Arbiter
  public void end(ZZL_Result r) {
    r.r3 = String.valueOf(gate.end(task.number()));
  }
}
