package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZZ_Result;
import org.wasmheap.guest.FailureKind;

/**
 * The hole: whoever interrupts call 1 is slow, and the flag that he sets hits call 2 on the same
 * thread. Results: the flag after call 1, the flag in call 2, whether call 1 was interrupted.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * LateInterruptStress"}
 */
@JCStressTest
@Outcome(id = "false, false, true", expect = Expect.ACCEPTABLE, desc = "interrupted in its call")
@Outcome(id = "false, false, false", expect = Expect.ACCEPTABLE, desc = "too early or too late")
@State
public class LateInterruptStress {
  private final PlayedThread thread = new PlayedThread();
  private final InterruptGate gate = new InterruptGate(thread);

  @Actor
  public void worker(ZZZ_Result r) {
    thread.play();
    gate.begin(1);
    Attempts.work();
    gate.end(1);
    r.r1 = Thread.currentThread().isInterrupted();
    gate.release();
    gate.begin(2);
    r.r2 = Thread.currentThread().isInterrupted();
    gate.end(2);
    gate.release();
  }

  @Actor
  public void watchdog(ZZZ_Result r) {
    r.r3 = Attempts.at(() -> gate.interrupt(1, FailureKind.DEADLINE));
  }
}
