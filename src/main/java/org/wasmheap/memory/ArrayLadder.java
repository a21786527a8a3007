package org.wasmheap.memory;

import org.jspecify.annotations.Nullable;

/**
 * The arrays of a memory: the one in use, the smallest, which is kept for life, and longer ones of
 * earlier calls, which are pristine and may be taken away.
 *
 * <p>The owner's alone, but for {@link #heldBytes()} and {@link #trim()}. When the owner changes,
 * the heap orders it.
 */
final class ArrayLadder {
  private final SpareArrays spares = new SpareArrays();

  private TrackedArray current;

  /** Always held; pristine while a longer array is in use. */
  private TrackedArray base;

  /** What {@link #restore()} goes back to; absent until the first capture. */
  private @Nullable MemoryImage image;

  /** Written by the owner, read by any thread for statistics: nothing else follows from it. */
  private volatile long usedBytes;

  /** Nothing at all, and no image. */
  ArrayLadder() {
    this.base = new TrackedArray(0);
    this.current = base;
  }

  /** Pristine content of an image. */
  ArrayLadder(MemoryImage image) {
    this.image = image;
    this.base = image.newArray(image.heldBytes());
    this.current = base;
    this.usedBytes = base.bytes();
  }

  /** The array in use. */
  TrackedArray current() {
    return current;
  }

  /**
   * Takes the content of this moment as pristine.
   *
   * @param hotBytes low bytes to hold at all times, at most the logical size
   */
  MemoryImage capture(int pages, int maximumPages, long hotBytes) {
    byte[] content = MemoryImage.cut(current.buffer());
    long hot = Math.max(hotBytes, content.length);
    int held =
        (int) ((hot + FlatMemory.BLOCK_SIZE - 1) / FlatMemory.BLOCK_SIZE * FlatMemory.BLOCK_SIZE);
    MemoryImage captured = new MemoryImage(content, pages, maximumPages, held);
    base = captured.newArray(held);
    image = captured;
    spares.clear();
    use(base);
    return captured;
  }

  /**
   * Takes a longer array into use, with the content of the one before.
   *
   * @throws GrowthRefusedException if the JVM has no memory for it; nothing has changed
   */
  void lengthen(int shortest, int longest) {
    int doubled = (int) Math.min(Math.max(shortest, 2L * current.length()), longest);
    MemoryImage pristine = image;
    if (pristine == null) {
      TrackedArray longer = new TrackedArray(doubled);
      current.copyAllTo(longer);
      base = longer;
      use(longer);
      return;
    }
    // All memory is taken before any state changes: a refusal leaves this memory as it was.
    TrackedArray longer = spares.take(shortest, longest);
    longer = longer == null ? pristine.newArray(doubled) : longer;
    current.copyDirtyTo(longer);
    current.restore(pristine);
    if (current != base) {
      spares.put(current);
    }
    use(longer);
  }

  /** Goes back to the smallest array, all of them pristine; blocks that were copied back. */
  int restore() {
    int restored = current.restore(image());
    if (current != base) {
      spares.put(current);
      use(base);
    }
    return restored;
  }

  MemoryImage image() {
    MemoryImage pristine = image;
    if (pristine == null) {
      throw new IllegalStateException("capture() comes first: there is nothing to go back to");
    }
    return pristine;
  }

  /** How any of the arrays differs from the image; null if none does. */
  @Nullable String difference() {
    MemoryImage pristine = image();
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
