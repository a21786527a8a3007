package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The hole: a thread comes back in the moment in which it is given up, and both sides believe that
 * the worker's place is theirs, or neither does. Results: whether the worker kept its place,
 * whether it was given up.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * AbandonOrReleaseStress"}
 */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "came back")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "was given up")
@State
public class AbandonOrReleaseStress {
  private final InterruptGate gate = new InterruptGate(new PlayedThread());

  @Actor
  public void worker(ZZ_Result r) {
    gate.begin(1);
    Attempts.work();
    gate.end(1);
    r.r1 = gate.release();
  }

  @Actor
  public void watchdog(ZZ_Result r) {
    r.r2 = Attempts.at(() -> gate.abandon(1));
  }
}
