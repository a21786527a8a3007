package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LZZ_Result;

/**
 * The hole: a thread is given up while its call hands it to a call of its own or takes it back, and
 * the inner call goes on as if nothing had happened. Results: what became of the inner call,
 * whether the worker kept its place, whether it was given up.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * NestedAbandonStress"}
 */
@JCStressTest
@Outcome(
    id = "refused, false, true",
    expect = Expect.ACCEPTABLE,
    desc = "given up before the inner call")
@Outcome(
    id = "given up, false, true",
    expect = Expect.ACCEPTABLE,
    desc = "given up in the inner call")
@Outcome(
    id = "ran, false, true",
    expect = Expect.ACCEPTABLE,
    desc = "given up after the inner call")
@Outcome(id = "ran, true, false", expect = Expect.ACCEPTABLE, desc = "too early or too late")
@State
public class NestedAbandonStress {
  private final PlayedThread thread = new PlayedThread();
  private final InterruptGate outer = new InterruptGate(thread);
  private final InterruptGate inner = new InterruptGate(thread);

  /** Written when the outer call was given up: an inner call that ends later must know it. */
  private volatile boolean abandoned;

  @Actor
  public void worker(LZZ_Result r) {
    outer.begin(1);
    inner.begin(2);
    if (outer.enter(inner)) {
      Attempts.work();
      boolean before = abandoned;
      inner.end(2);
      boolean kept = inner.release();
      outer.leave();
      r.r1 = !kept ? "given up" : before ? "missed" : "ran";
    } else {
      r.r1 = "refused";
    }
    outer.end(1);
    r.r2 = outer.release();
  }

  @Actor
  public void watchdog(LZZ_Result r) {
    boolean given = Attempts.at(() -> outer.abandon(1));
    abandoned = given;
    r.r3 = given;
  }
}
