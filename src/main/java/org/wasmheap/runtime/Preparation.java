package org.wasmheap.runtime;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;

/**
 * How far {@link RuntimePool#prepare} came with a runtime: it is loaded, and was called for a while
 * so that the JVM compiles what matters.
 *
 * @param codeHash of its code, {@code 0x} and 64 hexadecimal digits
 * @param strategy size of its memory
 * @param fromStore whether its code came from a store, and nothing was compiled
 * @param loadNanos what loading it took, whenever that was
 * @param end why the calls ended
 * @param calls how many ended, those that failed included
 * @param failed how many of these failed
 * @param warmUpNanos what they took, all together, from the first one's beginning
 * @param ofEntries what became of each of the calls that were given, in their order
 */
public record Preparation(
    String codeHash,
    HeapStrategy strategy,
    boolean fromStore,
    long loadNanos,
    End end,
    long calls,
    long failed,
    long warmUpNanos,
    List<OfEntry> ofEntries) {

  /**
   * Copies the list.
   *
   * @param codeHash of its code
   * @param strategy size of its memory
   * @param fromStore whether its code came from a store
   * @param loadNanos what loading it took
   * @param end why the calls ended
   * @param calls how many ended
   * @param failed how many failed
   * @param warmUpNanos what they took
   * @param ofEntries what became of each
   */
  public Preparation {
    ofEntries = List.copyOf(ofEntries);
  }

  /** Why the calls ended. */
  public enum End {
    /** They take the same time, again and again: the JVM is done, as far as can be told. */
    SETTLED,
    /** The time was over. */
    TIME,
    /** As many calls were made as are allowed. */
    CALLS,
    /** There was nothing to call: none was given, or the host failed again and again at each. */
    NOTHING_TO_CALL
  }

  /** A call that warms a runtime up. Immutable, as long as nobody writes to its input. */
  public static final class WarmUpCall {
    private final String entry;
    private final byte[] input;
    private final Supplier<? extends @Nullable Object> context;

    /**
     * A call with a host context.
     *
     * @param entry name of a runtime entry, such as {@code Core_execute_block}
     * @param input SCALE-encoded arguments; not copied, must not change
     * @param context gives each call its own, on a thread of the pool; {@code null} for none
     */
    public WarmUpCall(String entry, byte[] input, Supplier<? extends @Nullable Object> context) {
      this.entry = Objects.requireNonNull(entry, "entry");
      this.input = Objects.requireNonNull(input, "input");
      this.context = Objects.requireNonNull(context, "context");
    }

    String entry() {
      return entry;
    }

    byte[] input() {
      return input;
    }

    Supplier<? extends @Nullable Object> context() {
      return context;
    }

    @Override
    public String toString() {
      return "WarmUpCall[" + Printable.name(entry) + ", " + input.length + " bytes]";
    }
  }

  /**
   * When to stop.
   *
   * @param longest how long calls may be made, loading not counted
   * @param mostCalls how many calls
   */
  public record Limits(Duration longest, long mostCalls) {
    /** A minute, and a million calls. */
    public static final Limits DEFAULT = new Limits(Duration.ofMinutes(1), 1_000_000);

    /**
     * Checks the values.
     *
     * @param longest more than zero, at most 30 days
     * @param mostCalls zero and up
     * @throws IllegalArgumentException if one is out of range
     */
    public Limits {
      LeaseRefusal.limitNanos(longest);
      if (mostCalls < 0) {
        throw new IllegalArgumentException("mostCalls is " + mostCalls + ", must be 0 or more");
      }
    }
  }

  /**
   * What became of one of the calls that were given. Times are those of runs on an instance,
   * without waiting and reset; those of calls that failed by the guest's own doing count, too.
   *
   * @param entry name of the runtime entry
   * @param calls how often it was called
   * @param failed how often it failed
   * @param firstNanos time of the first run; 0 if none ended
   * @param firstWindowNanos median of the first runs that were looked at together; 0 if there were
   *     not so many
   * @param lastWindowNanos median of the last runs that were looked at together; 0 as before
   * @param failure what it failed with first; {@code null} if it did not
   */
  public record OfEntry(
      String entry,
      long calls,
      long failed,
      long firstNanos,
      long firstWindowNanos,
      long lastWindowNanos,
      @Nullable String failure) {
    @Override
    public String toString() {
      return String.format(
          Locale.ROOT,
          "%s: %d calls, %d failed, first %.3f ms, then %.3f ms, at last %.3f ms%s",
          Printable.name(entry),
          calls,
          failed,
          firstNanos / NANOS_IN_MILLI,
          firstWindowNanos / NANOS_IN_MILLI,
          lastWindowNanos / NANOS_IN_MILLI,
          failure == null ? "" : " (" + Printable.text(failure) + ")");
    }
  }

  private static final double NANOS_IN_MILLI = 1e6;

  /**
   * Whether times settled before a limit was reached.
   *
   * @return whether the runtime is as fast as it will be, as far as can be told
   */
  public boolean settled() {
    return end == End.SETTLED;
  }
}
