package org.wasmheap.pool;

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
  private final InterruptGate gate = new InterruptGate(Thread.currentThread());
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
            new HeapListener() {});
    heap.claim();
    begin();
  }

  private void begin() {
    number++;
    gate.begin(number);
    guest = instance.open(new CallScope(heap.begin(number, "bare"), null, gate));
  }

  /** Runs the work of a call in the call that was begun; as often as the guest's heap allows. */
  public <R> R run(HeapExecutor.Call<? super G, ? extends R> work) throws Exception {
    return work.run(guest);
  }

  /** Puts the instance back to pristine and begins a call. */
  public void renew() {
    gate.end(number);
    instance.close();
    heap.reset();
    gate.release();
    begin();
  }
}
