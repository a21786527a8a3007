package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LZZ_Result;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;

/**
 * The hole: a call is interrupted and given up while it leaves a host function, and the three moves
 * of the state word trip over each other. Results: how the host function was left, whether the
 * worker kept its place, whether it was given up.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * AbandonInHostStress"}
 */
@JCStressTest
@Outcome(
    id = "left, true, false",
    expect = Expect.ACCEPTABLE,
    desc = "left before it was interrupted")
@Outcome(
    id = "left, false, true",
    expect = Expect.ACCEPTABLE,
    desc = "left before it was interrupted")
@Outcome(
    id = "stopped, true, false",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted before it was left")
@Outcome(
    id = "stopped, false, true",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted before it was left")
@State
public class AbandonInHostStress {
  private final InterruptGate gate = new InterruptGate(new PlayedThread());

  @Actor
  public void worker(LZZ_Result r) {
    gate.begin(1);
    try {
      gate.enterHost();
      Attempts.work();
      gate.exitHost();
      r.r1 = "left";
    } catch (CallException e) {
      r.r1 = "stopped";
    } catch (IllegalStateException e) {
      r.r1 = "confused";
    }
    gate.end(1);
    r.r2 = gate.release();
  }

  @Actor
  public void watchdog(LZZ_Result r) {
    Attempts.at(() -> gate.interrupt(1, FailureKind.DEADLINE));
    r.r3 = gate.abandon(1);
  }
}
