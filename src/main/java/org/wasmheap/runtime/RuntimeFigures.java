package org.wasmheap.runtime;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.pool.ExecutorStatistics;

/**
 * What a {@link RuntimePool} has of a runtime: a snapshot.
 *
 * @param codeHash of its code, {@code 0x} and 64 hexadecimal digits
 * @param strategy size of its memory
 * @param state where it is in its life
 * @param pinned whether it stays, however long nobody uses it
 * @param leases how many are out
 * @param waiting how many callers wait until it is loaded
 * @param loadNanos what loading it took, or 0 if it is not loaded
 * @param code what became of its functions, and whether they came from a store; {@code null} if it
 *     is not loaded
 * @param executor what its executor did and does; {@code null} if it is not loaded
 */
public record RuntimeFigures(
    String codeHash,
    HeapStrategy strategy,
    State state,
    boolean pinned,
    int leases,
    int waiting,
    long loadNanos,
    EndiveModule.@Nullable CodeFigures code,
    @Nullable ExecutorStatistics executor) {

  /** Where a runtime is in its life. */
  public enum State {
    /** Asked for, and there is no room yet. */
    WAITING,
    /** Being loaded. */
    LOADING,
    /** Gives leases. */
    READY,
    /** Gives no more leases, and goes when calls and leases have ended. */
    DRAINING,
    /** Was not loaded; is tried again when its time has come. Takes no room. */
    FAILED;

    /**
     * The name for logs, metrics and JSON.
     *
     * @return lower case
     */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * What a pool did so far: a snapshot, each figure of the same moment.
   *
   * @param compiled runtimes that were loaded by compiling them
   * @param fromStore runtimes that were loaded with code from a store
   * @param failed loads that failed
   * @param evicted runtimes that went to make room, or were told to go, and are gone
   * @param draining runtimes that go and are not gone yet
   * @param ended what the executors of runtimes that are gone did, together, under the name {@code
   *     ended}; {@code null} if there are none. Nothing of it is in the figures of a runtime that
   *     is there
   */
  public record Totals(
      long compiled,
      long fromStore,
      long failed,
      long evicted,
      int draining,
      @Nullable ExecutorStatistics ended) {
    /**
     * Runtimes that were loaded.
     *
     * @return how many
     */
    public long loads() {
      return compiled + fromStore;
    }
  }
}
