package org.wasmheap.memory;

import org.jspecify.annotations.Nullable;

/**
 * The arrays of a memory: the one in use, the smallest, which is kept for life, and longer ones of
 * earlier calls, which are pristine and may be taken away.
 *
 * <p>The owner's alone, but for {@link #heldBytes()} and {@link #trim()}. When the owner changes,
 * the heap orders it.
 */
final class BackingArrays {
  private final SpareArrays spares = new SpareArrays();

  private TrackedArray current;

  /** Always held; pristine while a longer array is in use. */
  private TrackedArray base;

  /** What {@link #restore()} goes back to; absent until the first capture. */
  private @Nullable PristineContent content;

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
   * @throws GrowthRefusedException if the JVM has no memory for it
   */
  BackingArrays(PristineContent content, int heldBytes) {
    this.content = content;
    this.base = new TrackedArray(heldBytes, content);
    this.current = base;
    this.usedBytes = base.bytes();
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
   * @throws GrowthRefusedException if the JVM has no memory for it; nothing has changed
   */
  int capture(PristineContent captured, long hotBytes) {
    int held = Blocks.roundUp(Math.max(hotBytes, captured.length()));
    base = new TrackedArray(held, captured);
    content = captured;
    spares.clear();
    use(base);
    return held;
  }

  /**
   * Takes a longer array into use, with the content of the one before: a spare, or a new one with
   * room for more growth where that fits the range and the JVM has the memory.
   *
   * @param shortest bytes needed, whole blocks
   * @param longest bytes wanted at most, whole blocks, no less than {@code shortest}
   * @throws GrowthRefusedException if the JVM has no memory for it; nothing has changed
   */
  void lengthen(int shortest, int longest) {
    int wanted = withRoom(shortest, longest);
    PristineContent pristine = content;
    if (pristine == null) {
      TrackedArray longer = TrackedArray.ofEither(wanted, shortest);
      current.copyAllTo(longer);
      base = longer;
      use(longer);
      return;
    }
    // All memory is taken before any state changes: a refusal leaves this memory as it was.
    TrackedArray longer = spares.take(shortest, longest);
    if (longer == null) {
      longer = fresh(wanted, shortest);
      longer.begin(pristine);
    }
    current.copyDirtyTo(longer);
    current.restore(pristine);
    if (current != base) {
      spares.put(current);
    }
    use(longer);
  }

  /**
   * Twice the length of the array in use where the JVM can spare that, since growth by small steps
   * would copy everything again and again; else an eighth more than is needed, or just that. To try
   * and see would do as well, but where an operator has a JVM end at its first want of memory.
   */
  private int withRoom(int shortest, int longest) {
    Runtime jvm = Runtime.getRuntime();
    long free = jvm.maxMemory() - jvm.totalMemory() + jvm.freeMemory();
    long doubled = Math.max(shortest, 2L * current.length());
    long more = (long) shortest + (shortest >>> 3);
    long wanted = doubled < free / 2 ? doubled : more < free / 2 ? more : shortest;
    return Blocks.roundUp(Math.min(wanted, longest));
  }

  /** A new array; where there is no memory for it, the spare ones give theirs. */
  private TrackedArray fresh(int wanted, int needed) {
    try {
      return TrackedArray.ofEither(wanted, needed);
    } catch (GrowthRefusedException e) {
      if (spares.clear() == 0) {
        throw e;
      }
      return new TrackedArray(needed);
    }
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
    spares.clear();
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

  /** Takes the spare arrays away, from any thread; bytes given up. */
  long trim() {
    return spares.clear();
  }

  /** Real bytes of all arrays; from any thread, a recent value. */
  long heldBytes() {
    return usedBytes + spares.bytes();
  }

  private void use(TrackedArray next) {
    current = next;
    usedBytes = next == base ? next.bytes() : next.bytes() + base.bytes();
  }
}
