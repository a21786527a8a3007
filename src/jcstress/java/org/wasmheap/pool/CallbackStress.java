package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLLL_Result;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;

/**
 * The hole: a call is interrupted while a host function calls its guest back or gets it back, and
 * the host function goes on with a flag that is set, or the interrupt gets lost. Results: how the
 * host function fared after the callback, how it was left, what the end says with the flag after
 * it, whether the call was interrupted.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t CallbackStress"}
 */
@JCStressTest
@Outcome(
    id = "undisturbed, stopped, DEADLINE false, true",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted before or in the callback, or in the host function after it")
@Outcome(
    id = "undisturbed, left, DEADLINE false, true",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted after the host function")
@Outcome(
    id = "not entered, stopped, DEADLINE false, true",
    expect = Expect.ACCEPTABLE,
    desc = "interrupted before the host function")
@Outcome(
    id = "undisturbed, left, null false, false",
    expect = Expect.ACCEPTABLE,
    desc = "too early or too late")
@State
public class CallbackStress {
  private final PlayedThread thread = new PlayedThread();
  private final InterruptGate gate = new InterruptGate(thread);

  @Actor
  public void worker(LLLL_Result r) {
    thread.play();
    gate.begin(1);
    r.r1 = "not entered";
    r.r2 = "stopped";
    try {
      gate.enterHost();
      callBack();
      Attempts.work();
      r.r1 = Thread.currentThread().isInterrupted() ? "disturbed" : "undisturbed";
      gate.exitHost();
      r.r2 = "left";
    } catch (CallException e) {
      // It was interrupted; the results tell.
    }
    FailureKind why = gate.end(1);
    r.r3 = why + " " + Thread.currentThread().isInterrupted();
    gate.release();
  }

  private void callBack() {
    boolean entered = false;
    try {
      entered = gate.enterGuest();
      Attempts.work();
    } catch (CallException e) {
      // Refused: the host function goes on.
    } finally {
      if (entered) {
        gate.exitGuest();
      }
    }
  }

  @Actor
  public void watchdog(LLLL_Result r) {
    r.r4 = Attempts.at(() -> gate.interrupt(1, FailureKind.DEADLINE));
  }
}
