package org.wasmheap.memory;

import org.jspecify.annotations.Nullable;

/**
 * The arrays of a memory: the one in use, the smallest, which is kept for life, and longer ones of
 * earlier calls, which are pristine and may be taken away.
 *
 * <p>The owner's alone, but for {@link #heldBytes()} and {@link #trim}. When the owner changes, the
 * heap orders it.
 */
final class BackingArrays {
  /**
   * A spare array is taken if it is at most so many times as long as is needed. A longer one would
   * never be found unused, while calls that need little of it take it again and again.
   */
  private static final long MOST_SPARE = 4;

  private final SpareArrays spares = new SpareArrays();

  private TrackedArray current;

  /** Always held; pristine while a longer array is in use. */
  private TrackedArray base;

  /** What {@link #restore()} goes back to; absent until the first capture. */
  private @Nullable PristineContent content;

  /** What counts the bytes; {@code null} if nobody does. */
  private @Nullable MemoryBudget budget;

  /** Bytes that the guest holds beside its memory. */
  private long besideBytes;

  /** Written by the owner, read by any thread for statistics: nothing else follows from it. */
  private volatile long usedBytes;

  /** Nothing at all, and nothing to go back to. */
  BackingArrays() {
    this.base = new TrackedArray(0);
    this.current = base;
  }

  /**
   * Pristine content.
   *
   * @param heldBytes length of the smallest array: whole blocks, at least all of the content
   * @throws GrowthRefusedException if JVM or budget have no memory for it
   */
  BackingArrays(PristineContent content, int heldBytes) {
    this.content = content;
    this.base = allocated(heldBytes, null);
    this.current = base;
    base.begin(content);
    this.usedBytes = base.bytes();
  }

  boolean goesBackTo(PristineContent other) {
    return content == other;
  }

  /** The array in use. */
  TrackedArray current() {
    return current;
  }

  /**
   * Makes the content of the array in use the pristine one, and goes back to it.
   *
   * @param captured that content
   * @param hotBytes low bytes to hold at all times, at most the logical size
   * @return the bytes that are held: whole blocks, at least all of the content
   * @throws GrowthRefusedException if JVM or budget have no memory for it; nothing has changed
   */
  int capture(PristineContent captured, long hotBytes) {
    int held = Blocks.roundUp(Math.max(hotBytes, captured.length()));
    MemoryBudget counts = budget;
    if (counts != null) {
      counts.hold(captured, captured.length());
    }
    TrackedArray next;
    try {
      next = fresh(held, held);
    } catch (GrowthRefusedException e) {
      letGo(captured);
      throw e;
    }
    next.begin(captured);
    letGo(content);
    content = captured;
    giveUpAllBut(next);
    base = next;
    use(next);
    return held;
  }

  /**
   * Takes a longer array into use, with the content of the one before: a spare, or a new one with
   * room for more growth where that fits the range and the JVM has the memory.
   *
   * @param shortest bytes needed, whole blocks
   * @param longest bytes wanted at most, whole blocks, no less than {@code shortest}
   * @param most bytes that a spare may have where there is none that is as long as wanted, no less
   *     than {@code longest}
   * @throws GrowthRefusedException if JVM or budget have no memory for it; nothing has changed
   */
  void lengthen(int shortest, int longest, int most) {
    int wanted = withRoom(shortest, longest);
    int least = Blocks.roundUp(Math.min(leastRoom(shortest), longest));
    PristineContent pristine = content;
    if (pristine == null) {
      TrackedArray longer = fresh(wanted, least);
      current.copyAllTo(longer);
      current.giveBack();
      base = longer;
      use(longer);
      return;
    }
    // All memory is taken before any state changes: a refusal leaves this memory as it was.
    TrackedArray longer = spare(shortest, longest);
    if (longer == null) {
      longer = spare(shortest, most);
    }
    if (longer == null) {
      longer = fresh(wanted, least);
      longer.begin(pristine);
    }
    current.copyDirtyTo(longer);
    current.restore(pristine);
    if (current != base) {
      spares.put(current);
    }
    use(longer);
  }

  private @Nullable TrackedArray spare(int shortest, int longest) {
    return spares.take(shortest, (int) Math.min(longest, MOST_SPARE * shortest));
  }

  /**
   * Twice the length of the array in use where JVM and budget can spare that; else an eighth more
   * than is needed, or a little more. Not just that: growth by small steps copies everything each
   * time, and a guest would have a long one copied a thousand times. To try and see would do as
   * well, but an operator may have set {@code -XX:+ExitOnOutOfMemoryError}.
   */
  private int withRoom(int shortest, int longest) {
    Runtime jvm = Runtime.getRuntime();
    long free = jvm.maxMemory() - jvm.totalMemory() + jvm.freeMemory();
    MemoryBudget counts = budget;
    free = counts == null ? free : Math.min(free, counts.left());
    long doubled = Math.max(shortest, 2L * current.length());
    long more = (long) shortest + (shortest >>> 3);
    long wanted = doubled < free / 2 ? doubled : more < free ? more : leastRoom(shortest);
    return Blocks.roundUp(Math.min(wanted, longest));
  }

  /** A page more for each 4 MiB: a shorter array is quickly copied. */
  private static long leastRoom(int shortest) {
    return shortest + (long) (shortest >>> 22) * LinearMemory.PAGE_SIZE;
  }

  /**
   * A new array of one length, or of another where there is no memory for the first. Where there is
   * none for that either, spare memory is given up, here and by all members of the budget.
   */
  private TrackedArray fresh(int wanted, int needed) {
    TrackedArray made = wanted == needed ? null : tryFresh(wanted);
    return made == null ? fresh(needed) : made;
  }

  private TrackedArray fresh(int length) {
    TrackedArray made = tryFresh(length);
    if (made != null) {
      return made;
    }
    spares.clear(0);
    MemoryBudget counts = budget;
    if (counts == null) {
      return allocated(length, null);
    }
    counts.take(TrackedArray.bytes(length));
    try {
      return allocated(length, counts);
    } catch (GrowthRefusedException e) {
      // The JVM is short, not the budget.
      if (length > Runtime.getRuntime().maxMemory() || counts.trim() == 0) {
        throw e;
      }
    }
    counts.take(TrackedArray.bytes(length));
    return allocated(length, counts);
  }

  /** A new array if there is memory for it as things are. */
  private @Nullable TrackedArray tryFresh(int length) {
    MemoryBudget counts = budget;
    if (counts != null && !counts.tryTake(TrackedArray.bytes(length))) {
      return null;
    }
    try {
      return allocated(length, counts);
    } catch (GrowthRefusedException e) {
      return null;
    }
  }

  /** An array whose bytes were taken from the budget; they are given back if there is none. */
  static TrackedArray allocated(int length, @Nullable MemoryBudget counts) {
    try {
      TrackedArray made = new TrackedArray(length);
      made.takenFrom(counts);
      return made;
    } catch (OutOfMemoryError e) {
      if (counts != null) {
        counts.give(TrackedArray.bytes(length));
      }
      throw new GrowthRefusedException(
          "the JVM has no "
              + length
              + " bytes for a linear memory; raise -Xmx or use fewer instances",
          e);
    }
  }

  private void letGo(@Nullable PristineContent image) {
    MemoryBudget counts = budget;
    if (counts != null && image != null) {
      counts.letGo(image, image.length());
    }
  }

  private void giveUpAllBut(TrackedArray kept) {
    spares.clear(0);
    if (current != kept && current != base) {
      current.giveBack();
    }
    if (base != kept) {
      base.giveBack();
    }
  }

  // Budget.

  /**
   * Counts all bytes, the image's and those beside the memory as well, as those of a budget.
   *
   * @throws GrowthRefusedException if they do not fit; nothing has changed
   */
  void chargeTo(MemoryBudget next) {
    if (next == budget) {
      return;
    }
    spares.clear(0);
    PristineContent image = content;
    long own = base.bytes() + (current == base ? 0 : current.bytes()) + besideBytes;
    if (image == null) {
      next.take(own);
    } else {
      next.takeAndHold(own, image, image.length());
    }
    discharge();
    budget = next;
    base.takenFrom(next);
    current.takenFrom(next);
  }

  /** Gives up what is spare; the rest counts no more. */
  void discharge() {
    spares.clear(0);
    base.giveBack();
    current.giveBack();
    MemoryBudget counts = budget;
    if (counts != null) {
      counts.give(besideBytes);
      letGo(content);
      budget = null;
    }
  }

  /**
   * The guest holds more bytes beside its memory, or fewer.
   *
   * @throws GrowthRefusedException if they do not fit; nothing has changed
   */
  void countBeside(long bytes) {
    MemoryBudget counts = budget;
    if (counts != null && bytes > 0) {
      counts.take(bytes);
    } else if (counts != null) {
      counts.give(-bytes);
    }
    besideBytes += bytes;
    use(current);
  }

  /**
   * Goes back to the smallest array, all of them pristine.
   *
   * @return blocks that were copied back
   * @throws IllegalStateException if nothing was captured
   */
  int restore() {
    int restored = current.restore(content());
    if (current != base) {
      spares.put(current);
      use(base);
    }
    return restored;
  }

  /**
   * Goes back to the smallest array, pristine, and gives up all others as they are.
   *
   * @return blocks that were copied back
   * @throws IllegalStateException if nothing was captured
   */
  int restoreBase() {
    // While another array is in use the smallest is pristine already, and restoring costs nothing.
    int restored = base.restore(content());
    giveUpAllBut(base);
    countBeside(-besideBytes);
    use(base);
    return restored;
  }

  private PristineContent content() {
    PristineContent pristine = content;
    if (pristine == null) {
      throw new IllegalStateException("capture() comes first: there is nothing to go back to");
    }
    return pristine;
  }

  /**
   * How any of the arrays differs from the pristine content; null if none does.
   *
   * @throws IllegalStateException if nothing was captured
   */
  @Nullable String difference() {
    PristineContent pristine = content();
    String found = pristine.difference(current.buffer());
    if (found == null && current != base) {
      found = pristine.difference(base.buffer());
    }
    return found == null ? spares.difference(pristine) : found;
  }

  /** What is spare now; from any thread, a recent value. */
  long spareBytes() {
    return spares.bytes();
  }

  /** Takes spare arrays away that were not used for so long, from any thread; bytes given up. */
  long trim(long unusedNanos) {
    return spares.clear(unusedNanos);
  }

  /** Real bytes of all arrays; from any thread, a recent value. */
  long heldBytes() {
    return usedBytes + spares.bytes();
  }

  private void use(TrackedArray next) {
    current = next;
    usedBytes = besideBytes + base.bytes() + (next == base ? 0 : next.bytes());
  }
}
