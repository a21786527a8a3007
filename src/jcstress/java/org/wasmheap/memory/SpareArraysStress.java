package org.wasmheap.memory;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * The hole: spare memory is trimmed while its owner takes it, and both have the array, or neither.
 * Results: whether the owner got the array, whether who trims did.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t SpareArraysStress"}
 */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "taken")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "trimmed")
@State
public class SpareArraysStress {
  private final SpareArrays spares = new SpareArrays();

  @Actor
  public void owner(ZZ_Result r) {
    spares.put(new TrackedArray(FlatMemory.BLOCK_SIZE));
    r.r1 = spares.take(FlatMemory.BLOCK_SIZE, FlatMemory.BLOCK_SIZE) != null;
  }

  @Actor
  public void watchdog(ZZ_Result r) {
    r.r2 = spares.clear(0) > 0;
  }
}
