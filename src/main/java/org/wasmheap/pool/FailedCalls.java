package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.HeapView;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.EventRates;
import org.wasmheap.text.Printable;

/**
 * Tells the log of failed calls that no other event tells of: those that trapped, had a result
 * outside memory, or failed with a call that they had made; and those that never began, since their
 * deadline passed in the queue or they were nested too deep. The fault of an allocator and the
 * host's failures are told by the heap.
 *
 * <p>Any thread. However many calls fail, a few lines a second are written.
 */
final class FailedCalls {
  private static final Logger LOG = LoggerFactory.getLogger(FailedCalls.class);

  private FailedCalls() {}

  /** Loaded when this returns, see {@link FullJavaHeap}. */
  static void ensure() {}

  /** A call has failed on a heap, before that is discarded. */
  static void tell(CallTask<?, ?> task, HeapView heap, CallException failure) {
    if (failure.isDeterministic() && heap.state() != HeapView.State.POISONED) {
      tell(heap.pool(), task, heap, failure);
    }
  }

  /** A call has failed without a heap. */
  static void tellUnstarted(String pool, CallTask<?, ?> task, CallException failure) {
    tell(pool, task, null, failure);
  }

  /** Whatever fails here, the call has its outcome. */
  private static void tell(
      String pool, CallTask<?, ?> task, @Nullable HeapView heap, CallException failure) {
    try {
      EventRates rates = EventRates.find(pool);
      if (rates != null && LOG.isWarnEnabled()) {
        long leftOut = rates.event("call.failed").admit();
        if (leftOut != EventRate.LEFT_OUT) {
          log(pool, task, heap, failure, leftOut);
        }
      }
    } catch (Throwable unlogged) {
      // Stack or memory may have run out, or an appender failed.
      return;
    }
  }

  private static void log(
      String pool,
      CallTask<?, ?> task,
      @Nullable HeapView heap,
      CallException failure,
      long leftOut) {
    EventRate.withLeftOut(LOG.atWarn().addKeyValue("event", "call.failed"), leftOut)
        .addKeyValue("pool", Printable.name(pool))
        .addKeyValue("heap", heap == null ? null : Printable.name(heap.name()))
        .addKeyValue("generation", heap == null ? null : heap.generation())
        .addKeyValue("call", task.number())
        .addKeyValue("callName", Printable.name(task.name()))
        .addKeyValue("callClass", task.callClass().label())
        .addKeyValue("kind", failure.kind().label())
        .addKeyValue("cause", Printable.value(failure.getMessage()))
        .log("A call failed");
  }
}
