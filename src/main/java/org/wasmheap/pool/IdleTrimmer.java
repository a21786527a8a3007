package org.wasmheap.pool;

import java.util.Map;
import java.util.WeakHashMap;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.Heap;

/**
 * Takes spare memory from heaps that have had no call for a while. Used by the watchdog alone; a
 * heap is not entered, so its worker may begin a call at any moment.
 *
 * <p>Whether a heap was used is seen from its generation, which costs a call nothing.
 */
final class IdleTrimmer<G> {
  private final Crew<G> crew;
  private final long idleNanos;

  /** Weak: workers come and go. */
  private final Map<Worker<G>, Seen> seen = new WeakHashMap<>();

  /** A heap as it was when its generation was first seen. */
  private record Seen(@Nullable Heap heap, long generation, long sinceNanos, boolean trimmed) {}

  IdleTrimmer(Crew<G> crew, long idleNanos) {
    this.crew = crew;
    this.idleNanos = idleNanos;
  }

  void trimIdle(long now) {
    for (int place = 0; place < crew.places(); place++) {
      Worker<G> worker = crew.seatedAt(place);
      if (worker != null) {
        seen.put(worker, look(worker.heap(), seen.get(worker), now));
      }
    }
  }

  private Seen look(@Nullable Heap heap, @Nullable Seen last, long now) {
    long generation = heap == null ? 0 : heap.generation();
    if (last == null || last.heap() != heap || last.generation() != generation) {
      return new Seen(heap, generation, now, false);
    }
    if (heap == null || last.trimmed() || now - last.sinceNanos() < idleNanos) {
      return last;
    }
    heap.memory().trim();
    return new Seen(heap, generation, last.sinceNanos(), true);
  }
}
