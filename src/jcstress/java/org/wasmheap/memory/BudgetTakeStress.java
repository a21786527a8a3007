package org.wasmheap.memory;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/**
 * The hole: two threads find that what they want fits, and take together more than there is.
 * Results: whether each got it, and what is taken then.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t BudgetTakeStress"}
 */
@JCStressTest
@Outcome(id = "true, false, 60", expect = Expect.ACCEPTABLE, desc = "the first")
@Outcome(id = "false, true, 60", expect = Expect.ACCEPTABLE, desc = "the second")
@State
public class BudgetTakeStress {
  private final MemoryBudget budget = MemoryBudget.of(100);

  @Actor
  public void one(ZZJ_Result r) {
    r.r1 = budget.tryTake(60);
  }

  @Actor
  public void another(ZZJ_Result r) {
    r.r2 = budget.tryTake(60);
  }

  @Arbiter
  public void taken(ZZJ_Result r) {
    r.r3 = budget.usedBytes();
  }
}
