package org.wasmheap.memory;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The hole: memory comes back just when somebody is refused; who is refused does not see it, and
 * who gives it back tells nobody, so that what could not be made waits in vain. Results: whether
 * the memory was had, whether the members heard that some came back.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t BudgetFreedStress"}
 */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "had")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "refused, and told")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "had at the last try, and told")
@State
public class BudgetFreedStress {
  private final MemoryBudget budget = MemoryBudget.of(100);
  private volatile boolean told;

  public BudgetFreedStress() {
    budget.join(
        new MemoryBudget.Member() {
          @Override
          public long spareBytes() {
            return 0;
          }

          @Override
          public long trim() {
            return 0;
          }

          @Override
          public void freed() {
            told = true;
          }
        });
    budget.take(60);
  }

  @Actor
  public void wants(ZZ_Result r) {
    try {
      budget.take(60);
      r.r1 = true;
    } catch (GrowthRefusedException e) {
      r.r1 = false;
    }
  }

  @Actor
  public void gives() {
    budget.give(60);
  }

  @Arbiter
  public void heard(ZZ_Result r) {
    r.r2 = told;
  }
}
