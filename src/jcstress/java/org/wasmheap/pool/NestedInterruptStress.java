package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;
import org.wasmheap.guest.FailureKind;

/**
 * The hole: a call is interrupted while it hands its thread to a call of its own or takes it back,
 * and the interrupt reaches neither of them, or its flag stays behind. Results: what became of the
 * inner call, what the end of the outer one says, the flag after it, whether it was interrupted.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * NestedInterruptStress"}
 */
@JCStressTest
@Outcome(
    id = "refused, DEADLINE, false, true",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted before the inner call")
@Outcome(
    id = "stopped, DEADLINE, false, true",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted in the inner call")
@Outcome(
    id = "ran, DEADLINE, false, true",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted after the inner call")
@Outcome(id = "ran, null, false, false", expect = Expect.ACCEPTABLE, desc = "too early or too late")
@State
public class NestedInterruptStress {
  private final PlayedThread thread = new PlayedThread();
  private final InterruptGate outer = new InterruptGate(thread);
  private final InterruptGate inner = new InterruptGate(thread);

  /** Written when the outer call is interrupted: an inner call that ends later must know it. */
  private volatile boolean interrupted;

  @Actor
  public void worker(LLLL_Result r) {
    thread.play();
    outer.begin(1);
    inner.begin(2);
    if (outer.enter(inner)) {
      Attempts.work();
      boolean before = interrupted;
      FailureKind why = inner.end(2);
      inner.release();
      outer.leave();
      r.r1 = why != null ? "stopped" : before ? "missed" : "ran";
    } else {
      r.r1 = "refused";
    }
    r.r2 = String.valueOf(outer.end(1));
    r.r3 = Thread.currentThread().isInterrupted();
    outer.release();
  }

  @Actor
  public void watchdog(LLLL_Result r) {
    boolean reached = Attempts.at(() -> outer.interrupt(1, FailureKind.DEADLINE));
    interrupted = reached;
    r.r4 = reached;
  }
}
