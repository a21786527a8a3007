package org.wasmheap.pool;

import java.util.concurrent.atomic.AtomicLong;

/**
 * Outcomes of an executor's calls, each counted by the thread that brought it about; sums are exact
 * once the executor is idle. Plain numbers and no adders, see {@link FullJavaHeap}.
 */
final class Counters {
  final AtomicLong submitted = new AtomicLong();
  final AtomicLong completed = new AtomicLong();
  final AtomicLong failed = new AtomicLong();

  /** Of the failed ones, those that shutdown ended. */
  final AtomicLong cutOff = new AtomicLong();

  final AtomicLong rejected = new AtomicLong();
  final AtomicLong cancelled = new AtomicLong();
  final AtomicLong nested = new AtomicLong();
  final AtomicLong replaced = new AtomicLong();
  final AtomicLong poisoned = new AtomicLong();
}
