package org.wasmheap.conformance;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorFault;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.text.Printable;

/**
 * What one call asked of its allocator, and what it got. Immutable.
 *
 * <p>In text: a first line {@code # trace-v1 key=value …}; then {@code A size pointer}, {@code F
 * pointer}, either with {@code ! FAULT} in place of what it would have given; {@code # grow from
 * to} before the {@code A} that causes it; and {@code G from to} where the guest grew the memory
 * itself. All numbers are unsigned decimal.
 */
public final class Trace {
  /** What a step is. */
  enum Kind {
    ALLOCATE,
    DEALLOCATE,
    ALLOCATE_FAILED,
    DEALLOCATE_FAILED,
    ALLOCATOR_GREW,
    GUEST_GREW
  }

  /** Kind, operand and result of each step, one after another. */
  static final int STEP_INTS = 3;

  private static final Kind[] KINDS = Kind.values();
  private static final AllocatorFault[] FAULTS = AllocatorFault.values();

  private final Header header;
  private final int[] steps;

  /**
   * Where a trace begins, and what it comes to; the latter is absent ({@code null}) where a file
   * does not say.
   *
   * @param heapBase where the heap begins, u32
   * @param initialPages size of the memory at the beginning
   * @param maximumPages the size it may grow to
   * @param blockLimit the largest block
   * @param status {@code ok}, or how the call failed
   * @param allocations successful allocations
   * @param deallocations successful deallocations
   * @param bytesAllocatedPeak most bytes in use at once, headers included
   * @param bumperPeak where the bumper ended, u32
   * @param finalPages size of the memory at the end
   */
  public record Header(
      long heapBase,
      int initialPages,
      int maximumPages,
      BlockLimit blockLimit,
      String status,
      @Nullable Long allocations,
      @Nullable Long deallocations,
      @Nullable Long bytesAllocatedPeak,
      @Nullable Long bumperPeak,
      @Nullable Long finalPages) {}

  /** Takes ownership of {@code steps}. */
  Trace(Header header, int[] steps) {
    this.header = header;
    this.steps = steps;
  }

  /**
   * Where the trace begins and what it comes to.
   *
   * @return the header
   */
  public Header header() {
    return header;
  }

  /**
   * How many allocations, deallocations and growths there are.
   *
   * @return steps
   */
  public int size() {
    return steps.length / STEP_INTS;
  }

  /**
   * How many allocations and deallocations there are, those that failed included.
   *
   * @return lines {@code A} and {@code F}
   */
  public int operations() {
    int operations = 0;
    for (int step = 0; step < size(); step++) {
      Kind kind = kind(step);
      operations += kind == Kind.ALLOCATOR_GREW || kind == Kind.GUEST_GREW ? 0 : 1;
    }
    return operations;
  }

  /** How a kind or a fault stands in {@link #steps}: in memory only, the text holds names. */
  @SuppressWarnings("EnumOrdinal")
  static int code(Enum<?> constant) {
    return constant.ordinal();
  }

  @SuppressWarnings("EnumOrdinal")
  Kind kind(int step) {
    return KINDS[steps[step * STEP_INTS]];
  }

  /** Size, pointer, or pages before. */
  int operand(int step) {
    return steps[step * STEP_INTS + 1];
  }

  /** Pointer, code of the fault, or pages after. */
  int result(int step) {
    return steps[step * STEP_INTS + 2];
  }

  /** The line of a step. */
  String line(int step) {
    long operand = Integer.toUnsignedLong(operand(step));
    long result = Integer.toUnsignedLong(result(step));
    return switch (kind(step)) {
      case ALLOCATE -> "A " + operand + " " + result;
      case DEALLOCATE -> "F " + operand;
      case ALLOCATE_FAILED -> "A " + operand + " ! " + fault(step);
      case DEALLOCATE_FAILED -> "F " + operand + " ! " + fault(step);
      case ALLOCATOR_GREW -> "# grow " + operand + " " + result;
      case GUEST_GREW -> "G " + operand + " " + result;
    };
  }

  @SuppressWarnings("EnumOrdinal")
  private AllocatorFault fault(int step) {
    return FAULTS[result(step)];
  }

  /** The whole trace in its text form. */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "# trace-v1 heap_base=%d initial_pages=%d max_pages=%s limit=%d status=%s",
            header.heapBase(),
            header.initialPages(),
            header.maximumPages() == LinearMemory.MAX_PAGES
                ? "-"
                : Integer.toString(header.maximumPages()),
            header.blockLimit().bytes(),
            word(header.status())));
    appendKey(text, "mallocs", header.allocations());
    appendKey(text, "frees", header.deallocations());
    appendKey(text, "peak_live_bytes", header.bytesAllocatedPeak());
    appendKey(text, "peak_bumper", header.bumperPeak());
    appendKey(text, "final_pages", header.finalPages());
    text.append('\n');
    for (int step = 0; step < size(); step++) {
      text.append(line(step)).append('\n');
    }
    return text.toString();
  }

  /** As part of a line of words: blanks would end it. */
  private static String word(String status) {
    return Printable.name(status).replace(' ', '_');
  }

  private static void appendKey(StringBuilder text, String key, @Nullable Long value) {
    if (value != null) {
      text.append(' ').append(key).append('=').append(value);
    }
  }
}
