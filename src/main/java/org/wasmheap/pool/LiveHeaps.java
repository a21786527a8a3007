package org.wasmheap.pool;

import java.util.ArrayList;
import java.util.List;
import org.wasmheap.heap.Heap;

/** The heaps of all instances of an executor: workers', lost threads', and those in reserve. */
final class LiveHeaps<G> {
  private final Crew<G> crew;
  private final Reserve<G> reserve;

  LiveHeaps(Crew<G> crew, Reserve<G> reserve) {
    this.crew = crew;
    this.reserve = reserve;
  }

  List<Heap> all() {
    List<Heap> all = new ArrayList<>(crew.heaps());
    all.addAll(reserve.heaps());
    return all;
  }

  /** Takes their spare memory; how many bytes. */
  long trim() {
    long bytes = 0;
    for (Heap heap : all()) {
      bytes += heap.memory().trim();
    }
    return bytes;
  }
}
