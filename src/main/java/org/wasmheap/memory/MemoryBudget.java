package org.wasmheap.memory;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much real memory any number of memories may take together: what is in use, what is spare, the
 * images that they go back to, and what guests keep beside them.
 *
 * <ol>
 *   <li>What was taken and not given back never exceeds the limit, whatever threads do.
 *   <li>Before memory is refused, the members of the budget give up what they hold for later, and
 *       it is tried once more. So it is where the JVM has no memory left.
 *   <li>A refusal is the host's: a {@link GrowthRefusedException}. It changes nothing.
 * </ol>
 *
 * <p>All methods may be called from any thread.
 */
public final class MemoryBudget {
  private static final MemoryBudget UNLIMITED = new MemoryBudget(Long.MAX_VALUE);

  private final long limit;

  /** Written by all threads, by exchange; never more than the limit. */
  private final AtomicLong used = new AtomicLong();

  private MemoryBudget(long limit) {
    this.limit = limit;
  }

  /**
   * A budget.
   *
   * @param bytes the most that may be taken, 1 and up
   * @return a budget of which nothing is taken
   * @throws IllegalArgumentException if that is less than 1
   */
  public static MemoryBudget of(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("bytes is " + bytes + ", must be 1 or more");
    }
    return new MemoryBudget(bytes);
  }

  /**
   * The budget of all that were given no other: one for the JVM, which refuses nothing itself.
   *
   * @return always the same
   */
  public static MemoryBudget unlimited() {
    return UNLIMITED;
  }

  /**
   * The limit.
   *
   * @return bytes; {@link Long#MAX_VALUE} if there is none
   */
  public long limitBytes() {
    return limit;
  }

  /**
   * What is taken now.
   *
   * @return bytes
   */
  public long usedBytes() {
    return used.get();
  }
}
