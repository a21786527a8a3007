package org.wasmheap.example;

import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;

/** A factory of one's own, driven without an executor. */
final class OwnFactoryExample {
  private OwnFactoryExample() {}

  /** What a call leaves behind; {@code null} if nothing. */
  static <G> @Nullable String difference(
      GuestFactory<G> factory, GuestCall<G, ?> work, Object context) throws Exception {
    // example begins
    GuestFactory.Instance<G> instance = factory.create();
    Heap heap =
        new Heap(
            "test",
            "test/1",
            instance.memory(),
            instance.heapBase(),
            instance.blockLimit(),
            GrowthPolicy.ALLOW_ALL,
            HeapListener.NONE);
    heap.claim(); // This thread is the owner.
    CallScope scope = CallScope.of(heap.begin(1, "a call"), context);
    work.run(instance.open(scope));
    instance.close();
    heap.reset();
    String difference = instance.difference(); // null: nothing of the call is left.
    // example ends
    return difference;
  }
}
