package org.wasmheap.bench;

import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;

/**
 * An instance that the calling thread uses without an executor: what is left of a call if queue,
 * hand-over, reset and report are taken away. For benchmarks, which compare the two.
 *
 * @param <G> what a call sees of its guest
 */
public final class BareGuest<G> {
  private final GuestFactory.Instance<G> instance;
  private final Heap heap;
  private long number;
  private G guest;

  /** A ready instance, in its first call. */
  public BareGuest(GuestFactory<G> factory) throws Exception {
    instance = factory.create();
    heap =
        new Heap(
            "bare",
            "bare/1",
            instance.memory(),
            instance.heapBase(),
            instance.blockLimit(),
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim();
    begin();
  }

  private void begin() {
    number++;
    guest = instance.open(CallScope.of(heap.begin(number, "bare"), null));
  }

  /** Runs the work of a call in the call that was begun; as often as the guest's heap allows. */
  public <R extends @Nullable Object> R run(GuestCall<? super G, ? extends R> work)
      throws Exception {
    return work.run(guest);
  }

  /** Puts the instance back to pristine and begins a call. */
  public void renew() {
    instance.close();
    heap.reset();
    begin();
  }
}
