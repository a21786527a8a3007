package org.wasmheap.memory;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZJ_Result;

/**
 * The hole: two memories go back to one image, which counts once; each takes it for the other, or
 * both take it, or one is refused what the other has paid for. Results: whether each got its own
 * memory and the image, and what is taken once one of them is gone.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t BudgetImageStress"}
 */
@JCStressTest
@Outcome(id = "true, true, 90", expect = Expect.ACCEPTABLE, desc = "the image counts once")
@State
public class BudgetImageStress {
  private static final Object IMAGE = new Object();

  /** Room for the image and two memories, and not for two images. */
  private final MemoryBudget budget = MemoryBudget.of(100);

  @Actor
  public void one(ZZJ_Result r) {
    r.r1 = holds();
  }

  @Actor
  public void another(ZZJ_Result r) {
    r.r2 = holds();
  }

  private boolean holds() {
    try {
      budget.takeAndHold(10, IMAGE, 80);
      return true;
    } catch (GrowthRefusedException e) {
      return false;
    }
  }

  @Arbiter
  public void oneIsGone(ZZJ_Result r) {
    budget.give(10);
    budget.letGo(IMAGE, 80);
    r.r3 = budget.usedBytes();
  }
}
