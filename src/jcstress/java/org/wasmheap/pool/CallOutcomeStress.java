package org.wasmheap.pool;

import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.L_Result;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.pool.CallOptions.CallClass;

/**
 * The hole: two of those who may end a call do so at once, and it ends twice, or is counted twice,
 * or as something that it is not. Result: how it ended, and the counts of completed, failed and
 * cancelled calls.
 *
 * <p>{@code mvn -q test-compile exec:exec@jcstress -Djcstress.args="-m quick -t CallOutcomeStress"}
 */
public class CallOutcomeStress {
  private static final String COMPLETED = "completed: 1 0 0";
  private static final String FAILED = "failed: 0 1 0";
  private static final String CANCELLED = "cancelled: 0 0 1";

  private CallOutcomeStress() {}

  /** A call in the making. */
  private static final class Ending {
    private final PoolParts pool = PoolParts.withRoomFor(1);
    private final CallTask<HeapHandle, String> task = pool.task("call", CallClass.OFF_CHAIN);

    void complete() {
      task.complete("done");
    }

    void fail() {
      task.fail(new CallException(FailureKind.DEADLINE, "too late", null));
    }

    void cancel() {
      task.cancel(true);
    }

    String outcome() {
      Counters counted = pool.counters;
      return how()
          + ": "
          + counted.completed.get()
          + " "
          + counted.failed.get()
          + " "
          + counted.cancelled.get();
    }

    private String how() {
      try {
        return task.isDone() && task.get().equals("done") ? "completed" : "not at all";
      } catch (CancellationException e) {
        return "cancelled";
      } catch (ExecutionException e) {
        return "failed";
      } catch (InterruptedException e) {
        return "interrupted";
      }
    }
  }

  /** The worker against the caller. */
  @JCStressTest
  @Outcome(id = COMPLETED, expect = Expect.ACCEPTABLE, desc = "the worker was first")
  @Outcome(id = CANCELLED, expect = Expect.ACCEPTABLE, desc = "the caller was first")
  @State
  public static class CompleteOrCancel {
    private final Ending call = new Ending();

    @Actor
    public void worker() {
      call.complete();
    }

    @Actor
    public void caller() {
      call.cancel();
    }

    @Arbiter
    public void look(L_Result r) {
      r.r1 = call.outcome();
    }
  }

  /** The worker against the watchdog. */
  @JCStressTest
  @Outcome(id = COMPLETED, expect = Expect.ACCEPTABLE, desc = "the worker was first")
  @Outcome(id = FAILED, expect = Expect.ACCEPTABLE, desc = "the watchdog was first")
  @State
  public static class CompleteOrFail {
    private final Ending call = new Ending();

    @Actor
    public void worker() {
      call.complete();
    }

    @Actor
    public void watchdog() {
      call.fail();
    }

    @Arbiter
    public void look(L_Result r) {
      r.r1 = call.outcome();
    }
  }

  /** The watchdog against the caller. */
  @JCStressTest
  @Outcome(id = FAILED, expect = Expect.ACCEPTABLE, desc = "the watchdog was first")
  @Outcome(id = CANCELLED, expect = Expect.ACCEPTABLE, desc = "the caller was first")
  @State
  public static class FailOrCancel {
    private final Ending call = new Ending();

    @Actor
    public void watchdog() {
      call.fail();
    }

    @Actor
    public void caller() {
      call.cancel();
    }

    @Arbiter
    public void look(L_Result r) {
      r.r1 = call.outcome();
    }
  }
}
