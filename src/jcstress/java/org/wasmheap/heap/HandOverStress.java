package org.wasmheap.heap;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;
import org.wasmheap.testkit.BareHeaps;

/**
 * The hole: a thread claims a heap that another has just given up, and finds it as it was in the
 * middle of the other's call. Results: for each thread, the generation and the pointer that it got.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t HandOverStress"}
 */
@JCStressTest
@Outcome(
    id = "1 1016, refused",
    expect = Expect.ACCEPTABLE,
    desc = "the other one was still in its call")
@Outcome(
    id = "refused, 1 1016",
    expect = Expect.ACCEPTABLE,
    desc = "the other one was still in its call")
@Outcome(id = "1 1016, 2 1016", expect = Expect.ACCEPTABLE, desc = "one after the other")
@Outcome(id = "2 1016, 1 1016", expect = Expect.ACCEPTABLE, desc = "one after the other")
@State
public class HandOverStress {
  private final Heap heap = BareHeaps.heap(new HeapListener() {});

  @Actor
  public void one(LL_Result r) {
    r.r1 = call(1);
  }

  @Actor
  public void other(LL_Result r) {
    r.r2 = call(2);
  }

  private String call(long number) {
    try {
      heap.claim();
    } catch (HeapConfinementException e) {
      return "refused";
    }
    HeapHandle handle = heap.begin(number, "call");
    String found = handle.generation() + " " + handle.malloc(8);
    heap.reset();
    heap.release();
    return found;
  }
}
