package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;

/**
 * The hole: an interrupt hits a host function, where it would close a channel, or gets lost because
 * it came while one ran. Results: when the thread was interrupted, how often, whether the call was
 * to be, and what its end says.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * HostFunctionStress"}
 */
@JCStressTest
@Outcome(
    id = "outside, 1, true, DEADLINE",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted before or after the host function")
@Outcome(id = "outside, 0, false, null", expect = Expect.ACCEPTABLE, desc = "too early or too late")
@State
public class HostFunctionStress {
  private final PlayedThread thread = new PlayedThread();
  private final InterruptGate gate = new InterruptGate(thread);

  @Actor
  public void worker(LLLL_Result r) {
    gate.begin(1);
    try {
      gate.enterHost();
      thread.runHostFunction();
      gate.exitHost();
    } catch (CallException e) {
      // It was interrupted; the results tell.
    }
    r.r4 = String.valueOf(gate.end(1));
  }

  @Actor
  public void watchdog(LLLL_Result r) {
    r.r3 = Attempts.at(() -> gate.interrupt(1, FailureKind.DEADLINE));
  }

  @Arbiter
  public void look(LLLL_Result r) {
    r.r1 = thread.wasDisturbedInHost() ? "inside" : "outside";
    r.r2 = thread.interrupts();
  }
}
