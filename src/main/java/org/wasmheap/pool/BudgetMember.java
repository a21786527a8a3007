package org.wasmheap.pool;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.memory.MemoryBudget;

/** An executor as its memory budget sees it. For any thread. */
final class BudgetMember<G> implements MemoryBudget.Member {
  private static final Logger LOG = LoggerFactory.getLogger(BudgetMember.class);

  private final CallQueue<G> queue;
  private final InstanceSlots<G> slots;
  private final NestedSlots<G> nested;

  BudgetMember(CallQueue<G> queue, InstanceSlots<G> slots, NestedSlots<G> nested) {
    this.queue = queue;
    this.slots = slots;
    this.nested = nested;
  }

  @Override
  public long spareBytes() {
    try {
      return slots.spareBytes();
    } catch (Throwable e) {
      FullJavaHeap.report(LOG, e);
      return 0;
    }
  }

  /** {@inheritDoc} Other executors ask for it: what goes wrong here must not reach them. */
  @Override
  public long trim() {
    try {
      return slots.trim(Duration.ZERO);
    } catch (Throwable e) {
      FullJavaHeap.report(LOG, e);
      return 0;
    }
  }

  /** {@inheritDoc} Whoever could not make an instance tries at once. */
  @Override
  public void freed() {
    try {
      queue.memoryFreed();
      nested.memoryFreed();
    } catch (Throwable e) {
      FullJavaHeap.report(LOG, e); // The back-off comes back to it.
    }
  }
}
