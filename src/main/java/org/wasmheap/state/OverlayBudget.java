package org.wasmheap.state;

/** How many bytes the changes of one overlay may hold, and how many they do. One thread. */
final class OverlayBudget {
  private final long mostBytes;
  private long heldBytes;

  OverlayBudget(long mostBytes) {
    this.mostBytes = mostBytes;
  }

  /**
   * Takes bytes, before they are held.
   *
   * @throws OverlayFullException if there are not as many left; then none are taken
   */
  void take(long bytes) {
    if (bytes > mostBytes - heldBytes) {
      throw new OverlayFullException(
          "the storage changes of a call hold "
              + heldBytes
              + " bytes and need "
              + bytes
              + " more, of at most "
              + mostBytes);
    }
    heldBytes += bytes;
  }

  void giveBack(long bytes) {
    heldBytes -= bytes;
  }

  /** How many are held now. */
  long heldBytes() {
    return heldBytes;
  }
}
