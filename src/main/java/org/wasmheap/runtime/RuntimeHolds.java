package org.wasmheap.runtime;

import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.runtime.RuntimeEntry.Use;
import org.wasmheap.runtime.RuntimeFigures.State;

/**
 * Decides which runtime goes to make room.
 *
 * <ol>
 *   <li>One that is pinned, or is being prepared, never goes.
 *   <li>Those that are held go after all others: one that was prepared, until somebody leases it or
 *       an hour is over, and the one that blocks are on. Who asks for anything but a block does not
 *       get the room of one that is held as long as other rooms will come free: he waits.
 *   <li>Of those that are held, the one goes that was prepared first, and the one that blocks are
 *       on goes last. One room, at least, has no hold from a preparation.
 *   <li>Of the others, an idle one goes before one in use, then the one that was used longest ago.
 * </ol>
 *
 * <p>Not safe for use by several threads: guarded by the lock of the registry that has it.
 *
 * @param <P> what a runtime is when it is loaded
 */
final class RuntimeHolds<P> {
  static final long LONGEST_NANOS = TimeUnit.HOURS.toNanos(1);

  private final int most;
  private final LongSupplier nanoClock;

  /** Those that were prepared, oldest first, with the time since when they are held. */
  private final Map<RuntimeEntry<P>, Long> prepared = new LinkedHashMap<>();

  /** What was leased last for a block. */
  private @Nullable RuntimeEntry<P> head;

  /**
   * No holds.
   *
   * @param most how many runtimes may be there
   * @param nanoClock ends holds
   */
  RuntimeHolds(int most, LongSupplier nanoClock) {
    this.most = most;
    this.nanoClock = nanoClock;
  }

  /** A runtime is leased. */
  void granted(RuntimeEntry<P> entry, Use use) {
    if (use != Use.PREPARATION) {
      prepared.remove(entry);
    }
    if (use == Use.BLOCK) {
      head = entry;
    }
  }

  /** A preparation ended as it should. */
  void prepared(RuntimeEntry<P> entry) {
    prepared.remove(entry);
    prepared.put(entry, nanoClock.getAsLong());
    while (prepared.size() >= most) {
      prepared.remove(prepared.keySet().iterator().next());
    }
  }

  /** A runtime drains, and is not held any more. */
  void drains(RuntimeEntry<P> entry) {
    prepared.remove(entry);
    if (head == entry) {
      head = null;
    }
  }

  /**
   * The next to go.
   *
   * @param current what keys stand for
   * @param pinned keys that are pinned
   * @param isForBlock whether the room is for a block
   * @return {@code null} if none goes now
   */
  @Nullable RuntimeEntry<P> nextToGo(
      Collection<RuntimeEntry<P>> current, Set<RuntimeKey> pinned, boolean isForBlock) {
    long now = nanoClock.getAsLong();
    prepared.values().removeIf(since -> now - since >= LONGEST_NANOS);
    RuntimeEntry<P> found = null;
    int stay = 0;
    for (RuntimeEntry<P> each : current) {
      boolean isPinned = pinned.contains(each.key());
      stay += each.state != State.WAITING && (isPinned || isHeld(each)) ? 1 : 0;
      if (each.state == State.READY
          && !isPinned
          && each.preparing == 0
          && (found == null || goesBefore(each, found))) {
        found = each;
      }
    }
    boolean othersWillGo = stay < most;
    return found != null && isHeld(found) && othersWillGo && !isForBlock ? null : found;
  }

  private boolean isHeld(RuntimeEntry<P> entry) {
    return entry == head || prepared.containsKey(entry);
  }

  private boolean goesBefore(RuntimeEntry<P> one, RuntimeEntry<P> other) {
    boolean isHeld = isHeld(one);
    if (isHeld != isHeld(other)) {
      return !isHeld;
    }
    if (isHeld) {
      return other == head || (one != head && isOlder(one, other));
    }
    boolean idle = one.leases == 0;
    return idle == (other.leases == 0) ? one.lastUse < other.lastUse : idle;
  }

  /** Of two that were prepared: which of them first. */
  private boolean isOlder(RuntimeEntry<P> one, RuntimeEntry<P> other) {
    for (RuntimeEntry<P> each : prepared.keySet()) {
      if (each == one || each == other) {
        return each == one;
      }
    }
    return false;
  }
}
