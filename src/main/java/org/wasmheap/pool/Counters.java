package org.wasmheap.pool;

import java.util.concurrent.atomic.LongAdder;

/**
 * Outcomes of an executor's calls, each counted by the thread that brought it about; sums are exact
 * once the executor is idle.
 */
final class Counters {
  final LongAdder submitted = new LongAdder();
  final LongAdder completed = new LongAdder();
  final LongAdder failed = new LongAdder();

  /** Of the failed ones, those that shutdown ended. */
  final LongAdder cutOff = new LongAdder();

  final LongAdder rejected = new LongAdder();
  final LongAdder cancelled = new LongAdder();
  final LongAdder nested = new LongAdder();
  final LongAdder replaced = new LongAdder();
  final LongAdder poisoned = new LongAdder();
}
