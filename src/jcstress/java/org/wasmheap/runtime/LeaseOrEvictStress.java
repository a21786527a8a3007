package org.wasmheap.runtime;

import java.util.Objects;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LLZ_Result;
import org.wasmheap.runtime.RuntimeEntry.Claim;

/**
 * The hole: a runtime is told to go while somebody asks for it, and ends although it was leased.
 * Results: what the caller got, whether it is to be ended at once, and whether it is in the end,
 * when the lease is over.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * LeaseOrEvictStress"}
 */
@JCStressTest
@Outcome(
    id = "leased, stays, true",
    expect = Expect.ACCEPTABLE,
    desc = "leased first: it ends after the lease")
@Outcome(
    id = "waits, ends, true",
    expect = Expect.ACCEPTABLE,
    desc = "told to go first: the caller waits for another load")
@State
public class LeaseOrEvictStress {
  private static final RuntimeKey KEY =
      new RuntimeKey("0x" + "0".repeat(64), HeapStrategy.ofStatic(8));

  private final RuntimeRegistry<String> registry = new RuntimeRegistry<>(1, System::nanoTime);
  private final Claim<String> claim;
  private Claim<String> asked;

  /** A runtime that is ready and idle. */
  public LeaseOrEvictStress() {
    claim = registry.ask(KEY, RuntimeCode::sample);
    registry.loaded(Objects.requireNonNull(registry.nextToLoad()), "runtime", false);
    registry.release(claim);
    asked = claim;
  }

  @Actor
  public void caller(LLZ_Result r) {
    asked = registry.ask(KEY, RuntimeCode::sample);
    r.r1 = asked.granted == null ? "waits" : "leased";
  }

  @Actor
  public void evicts(LLZ_Result r) {
    registry.evict(KEY);
    r.r2 = registry.nextToEnd() == null ? "stays" : "ends";
  }

  @Arbiter
  public void after(LLZ_Result r) {
    registry.release(asked);
    r.r3 = "ends".equals(r.r2) || registry.nextToEnd() != null;
  }
}
