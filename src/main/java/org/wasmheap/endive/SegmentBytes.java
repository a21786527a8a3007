package org.wasmheap.endive;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import run.endive.wasm.types.PassiveDataSegment;

/**
 * The bytes of a module's passive data segments, each taken out of the engine's object once for all
 * instances: the engine copies a segment whenever it is asked, and a guest that asks for one byte
 * of a long one, again and again, must not pay for all of it.
 *
 * <p>Safe to use from any thread.
 */
final class SegmentBytes {
  /** Replaced, never written to, so that a reader needs no lock. */
  private volatile byte[] @Nullable [] taken = {};

  /**
   * The bytes of a segment, which nobody may write to.
   *
   * @param index of the segment in its module
   * @param segment what the module has there, or the empty one if it was dropped
   */
  @SuppressWarnings("ReferenceEquality") // Dropping replaces the object.
  byte[] of(int index, PassiveDataSegment segment) {
    if (segment == PassiveDataSegment.EMPTY) {
      return segment.data();
    }
    byte[] @Nullable [] known = taken;
    byte[] bytes = index < known.length ? known[index] : null;
    return bytes == null ? take(index, segment) : bytes;
  }

  private synchronized byte[] take(int index, PassiveDataSegment segment) {
    byte[] @Nullable [] more = Arrays.copyOf(taken, Math.max(taken.length, index + 1));
    byte[] bytes = segment.data();
    more[index] = bytes;
    taken = more;
    return bytes;
  }
}
