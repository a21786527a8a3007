package org.wasmheap.state;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What an overlay holds for one key: a value, its removal, or a list that is appended to.
 *
 * <p>A list's elements stand in a buffer that grows by half from the second element on. Contents
 * that came out of one another by appending share it, each with its own length: an element costs
 * its own bytes, and a thousand elements behind a megabyte copy that megabyte a few times, not a
 * thousand.
 *
 * <p>The value with the count before it is put together when the whole is read. It takes the place
 * of the buffer if no other content needs that; else both are kept until the next element.
 *
 * <p>The contents that share a buffer are a line: only the newest that an overlay holds is appended
 * to, and when a rollback makes an earlier one the newest again, those after it are gone for ever.
 * So what stands in the buffer behind the newest is nobody's, and earlier ones, which an undo log
 * keeps, stay right.
 *
 * <p>The bytes of a content are taken from the budget when it is made, and given back once, by
 * {@link #release}. One thread.
 */
final class Content {
  /** What the objects of a content take besides its bytes, roughly. */
  private static final int OBJECT_BYTES = 64;

  /** Of the longest count. */
  private static final int MOST_COUNT_BYTES = 5;

  /** Longest buffer; some JVMs have no longer arrays. */
  private static final int MOST_BUFFER_BYTES = Integer.MAX_VALUE - 16;

  private static final byte[] NONE = {};

  /** The value; none if it is removed, or a list that has not been read yet. */
  private byte @Nullable [] bytes;

  /** The elements of a list; none for a plain value, also one that was a list until it was read. */
  private @Nullable Elements elements;

  /** Of the elements, in bytes. */
  private final int length;

  /** Number of elements, u32. */
  private final long count;

  private Content(byte @Nullable [] bytes, @Nullable Elements elements, int length, long count) {
    this.bytes = bytes;
    this.elements = elements;
    this.length = length;
    this.count = count;
  }

  static Content of(byte @Nullable [] valueOrRemoval) {
    return new Content(valueOrRemoval, null, 0, 0);
  }

  boolean isRemoval() {
    return bytes == null && elements == null;
  }

  /**
   * The value, the same array at every call; none if it is removed.
   *
   * @throws OverlayFullException if a list's buffer is needed by other contents too, and there is
   *     no room for the value beside it
   */
  byte @Nullable [] bytes(OverlayBudget budget) {
    Elements list = elements;
    if (bytes == null && list != null) {
      int before = ScaleCompact.length(count);
      int size = before + length;
      if (list.contents == 1) {
        // There is room: a buffer is charged for a count as well.
        list.release(budget);
        elements = null;
      }
      budget.take(size);
      byte[] whole = new byte[size];
      ScaleCompact.put(count, whole);
      System.arraycopy(list.buffer, 0, whole, before, length);
      bytes = whole;
    }
    return bytes;
  }

  /**
   * A piece of the value; of a list it costs no more than the piece.
   *
   * @param offset where it begins, from 0; it may lie behind the value
   * @param most bytes in it
   * @return none if the value is removed
   */
  @Nullable ValuePiece piece(long offset, int most) {
    if (bytes != null) {
      return ValuePiece.of(bytes, offset, most);
    }
    return elements == null ? null : pieceOfList(elements.buffer, offset, most);
  }

  private ValuePiece pieceOfList(byte[] buffer, long offset, int most) {
    byte[] head = ScaleCompact.encode(count);
    int whole = head.length + length;
    int from = (int) Math.min(offset, whole);
    int size = Math.min(whole - from, most);
    byte[] piece = new byte[size];
    int ofHead = Math.min(Math.max(head.length - from, 0), size);
    System.arraycopy(head, Math.min(from, head.length), piece, 0, ofHead);
    System.arraycopy(buffer, Math.max(from - head.length, 0), piece, ofHead, size - ofHead);
    return new ValuePiece(whole - from, piece);
  }

  /**
   * The list with one element more; what is no list is replaced by a list of one.
   *
   * @return a content that is charged already
   * @throws OverlayFullException if there is no room for it
   */
  Content append(byte[] element, OverlayBudget budget) {
    Elements list = elements;
    if (list == null) {
      return appendTo(bytes == null ? NONE : bytes, element, budget);
    }
    if (count == ScaleCompact.MAX) {
      return appendTo(NONE, element, budget);
    }
    list.makeRoom(length, element.length, budget);
    budget.take(OBJECT_BYTES);
    list.add(length, element);
    forgetWhole(budget);
    return new Content(null, list, length + element.length, count + 1);
  }

  /** What the elements give again should a rollback make this the newest again. */
  private void forgetWhole(OverlayBudget budget) {
    if (bytes != null) {
      budget.giveBack(bytes.length);
      bytes = null;
    }
  }

  /**
   * A value, taken as a list, with one element more. What begins with no count, or with the highest
   * that there is, is replaced by a list of one.
   *
   * @return a content that is charged already
   * @throws OverlayFullException if there is no room for it
   */
  static Content appendTo(byte[] value, byte[] element, OverlayBudget budget) {
    long count = ScaleCompact.decode(value);
    boolean isList = count >= 0 && count < ScaleCompact.MAX;
    int from = isList ? ScaleCompact.length(count) : value.length;
    int length = value.length - from;
    int needed = Elements.checked(length + (long) element.length);
    budget.take(OBJECT_BYTES + Elements.charge(needed));
    Elements elements = new Elements(needed);
    System.arraycopy(value, from, elements.buffer, 0, length);
    elements.add(length, element);
    return new Content(null, elements, length + element.length, isList ? count + 1 : 1);
  }

  /** What a content takes that is no list. */
  static long bytesOf(byte @Nullable [] valueOrRemoval) {
    return OBJECT_BYTES + (valueOrRemoval == null ? 0L : valueOrRemoval.length);
  }

  /** Gives back what this holds. Nobody may use it any more. */
  void release(OverlayBudget budget) {
    budget.giveBack(bytesOf(bytes));
    if (elements != null) {
      elements.release(budget);
    }
  }

  /** The buffer of a list. */
  private static final class Elements {
    private byte[] buffer;

    /** How many contents share it. */
    private int contents;

    Elements(int capacity) {
      this.buffer = new byte[capacity];
    }

    /** Checks how long a buffer is to be. */
    static int checked(long needed) {
      if (needed > MOST_BUFFER_BYTES) {
        throw new OverlayFullException("a list of " + needed + " bytes is longer than an array");
      }
      return (int) needed;
    }

    /** What a buffer takes, and a count, so that the whole value takes no more. */
    static long charge(int capacity) {
      return MOST_COUNT_BYTES + (long) capacity;
    }

    void makeRoom(int length, int more, OverlayBudget budget) {
      int needed = checked(length + (long) more);
      if (needed > buffer.length) {
        int capacity = (int) Math.min(needed + needed / 2L, MOST_BUFFER_BYTES);
        budget.take(capacity - buffer.length);
        buffer = Arrays.copyOf(buffer, capacity);
      }
    }

    /** Puts an element behind a content of a length; there is room. */
    void add(int length, byte[] element) {
      System.arraycopy(element, 0, buffer, length, element.length);
      contents++;
    }

    /** A content needs it no more. */
    void release(OverlayBudget budget) {
      contents--;
      if (contents == 0) {
        budget.giveBack(charge(buffer.length));
      }
    }
  }
}
