package org.wasmheap.state;

import java.util.Arrays;

/** A piece of a value, and how long the value is from there on. Immutable, any thread. */
public final class ValuePiece {
  private final int left;
  private final byte[] bytes;

  ValuePiece(int left, byte[] bytes) {
    this.left = left;
    this.bytes = bytes;
  }

  /** A piece of a value: the value's own array if it is the whole. */
  static ValuePiece of(byte[] value, long offset, int most) {
    int from = (int) Math.min(offset, value.length);
    int size = Math.min(value.length - from, most);
    return new ValuePiece(
        value.length - from,
        size == value.length ? value : Arrays.copyOfRange(value, from, from + size));
  }

  /**
   * How many bytes the value has from the offset on.
   *
   * @return their number, those of the piece included; 0 if the offset lies behind the value
   */
  public int left() {
    return left;
  }

  /**
   * The bytes from the offset on, as many as were asked for or as there are.
   *
   * @return the array itself, not for changing
   */
  public byte[] bytes() {
    return bytes;
  }
}
