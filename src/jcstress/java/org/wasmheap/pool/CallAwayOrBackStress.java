package org.wasmheap.pool;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;
import org.wasmheap.heap.HeapHandle;

/**
 * The hole: a worker is called away, since there are to be fewer, and called back at once; it
 * leaves although it is counted, or stays although another was hired for it. Results: whether it
 * leaves, whether it is counted again.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t
 * CallAwayOrBackStress"}
 */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "it had left")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "it stays")
@State
public class CallAwayOrBackStress {
  private final Seats<HeapHandle> seats = PoolParts.withRoomFor(1).queue.seats();
  private final Seat<HeapHandle> seat = new Seat<>();

  @Actor
  public void worker(ZZ_Result r) {
    r.r1 = seats.leaves(seat);
  }

  @Actor
  public void resizer(ZZ_Result r) {
    seats.callAway(seat);
    r.r2 = seats.callBack(seat);
  }
}
