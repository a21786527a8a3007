package org.wasmheap.pool;

import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.Heap;

/**
 * A call that each new instance makes before any other, so that none that matters pays for what the
 * first one sets up.
 *
 * @param call the work
 * @param context gives each such call its host context
 */
record WarmUp<G>(GuestCall<? super G, ?> call, Supplier<? extends @Nullable Object> context) {

  /** Makes it on a new instance, on the thread that owns the heap, and has both put back. */
  void run(GuestFactory.Instance<G> made, Heap heap) throws Exception {
    CallScope scope = CallScope.of(heap.begin(0, "warm-up"), context.get());
    try {
      call.run(made.open(scope));
    } finally {
      scope.end();
    }
    Throwable failed = heap.firstCause();
    if (failed != null) {
      throw new IllegalStateException("the call that warms up an instance failed", failed);
    }
    made.close();
    heap.reset();
  }
}
