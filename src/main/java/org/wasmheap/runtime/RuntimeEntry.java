package org.wasmheap.runtime;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.Condition;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A runtime in a pool's registry, from the first who asks for it until it is gone or was not
 * loaded. A runtime that is asked for again while an earlier one of its key drains gets another
 * entry.
 *
 * @param <P> what it is when it is loaded
 */
final class RuntimeEntry<P> {
  /** What a runtime is leased for. */
  enum Use {
    /** A block: before all others. */
    BLOCK,
    /** Another call. */
    CALL,
    /** To make it warm. */
    PREPARATION
  }

  private final RuntimeKey key;

  // All below: guarded by the registry's lock, and touched by nobody else.

  /** Those who wait for the entry to be loaded wait on this. */
  final Condition changed;

  final List<Claim<P>> waiting = new ArrayList<>();
  RuntimeFigures.State state = RuntimeFigures.State.WAITING;

  /** Where the code comes from; {@code null} once it is loaded, so that nothing refers to it. */
  @Nullable Supplier<RuntimeCode> code;

  /** What it is; set once, when it is ready. */
  @Nullable P loaded;

  int leases;

  /** How many of the leases are preparations'. */
  int preparing;

  /** Whether somebody waits for it with a block. */
  boolean isForBlock;

  /** The number of its last use, of all uses of all entries; the higher, the later. */
  long lastUse;

  RuntimeEntry(RuntimeKey key, Supplier<RuntimeCode> code, Condition changed) {
    this.key = key;
    this.code = code;
    this.changed = changed;
  }

  RuntimeKey key() {
    return key;
  }

  /**
   * What somebody who asked for a runtime has: at first the right to wait, then a lease or a
   * refusal. Guarded by the registry's lock.
   */
  static final class Claim<P> {
    final RuntimeKey key;
    final Use use;

    /** {@code null} if it was refused at once. */
    final @Nullable RuntimeEntry<P> entry;

    /** What was leased, from when it was. Those who have the claim read it after they waited. */
    @Nullable P granted;

    @Nullable LeaseRefusal refusal;

    /** Whether the lease has ended. */
    boolean released;

    Claim(RuntimeKey key, Use use, @Nullable RuntimeEntry<P> entry) {
      this.key = key;
      this.use = use;
      this.entry = entry;
    }

    boolean isPending() {
      return granted == null && refusal == null;
    }
  }
}
