package org.wasmheap.endive;

import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.memory.FlatMemory;

/**
 * Memories of discarded instances, restored and compared with the image, for instances to come.
 *
 * <p>A memory is kept with its smallest array only: what this call or an earlier one had grown to
 * is neither put back nor looked at nor held, so that a call that fails costs no more than one that
 * does not.
 *
 * <p>Used by all threads that make instances of a module.
 */
final class MemoryCache {
  private static final Logger LOG = LoggerFactory.getLogger(MemoryCache.class);

  /** More than this can pile up only when executors of one module come and go. */
  private static final int CAPACITY = 64;

  /** Each memory is put by the thread that owned it, and taken by one other. */
  private final ConcurrentLinkedQueue<FlatMemory> memories = new ConcurrentLinkedQueue<>();

  void put(FlatMemory memory) {
    memory.restoreHeld();
    String difference = memory.difference();
    if (difference != null) {
      LOG.atError()
          .addKeyValue("event", "memory.not_restored")
          .addKeyValue("difference", difference)
          .log("The memory of a discarded instance could not be put back, and is dropped");
    } else if (memories.size() < CAPACITY) {
      memories.add(memory);
    }
  }

  @Nullable FlatMemory poll() {
    return memories.poll();
  }
}
