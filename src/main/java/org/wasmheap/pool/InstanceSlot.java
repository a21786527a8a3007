package org.wasmheap.pool;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.guest.GuestFactory;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapView;
import org.wasmheap.memory.LinearMemory;
import org.wasmheap.pool.PoolListener.Reason;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.EventRates;
import org.wasmheap.text.Printable;

/**
 * The place of one instance with its heap, through all its replacements: makes the instance, puts
 * it back after a call, and drops it when a call did not end normally.
 *
 * <p>The owner thread's alone, but for what is volatile. A nested slot changes owners under the
 * lock of {@link NestedSlots}.
 */
final class InstanceSlot<G> {
  private static final Logger LOG = LoggerFactory.getLogger(InstanceSlot.class);

  private final PoolSettings<G> settings;
  private final Counters counters;
  private final Home<G> home;

  /** Whether a worker owns it for life; else it serves calls that are made inside calls. */
  private final boolean ofWorker;

  private final CallTimes times = new CallTimes();
  private final Making making;

  private GuestFactory.@Nullable Instance<G> instance;

  /** The heap of {@link #instance}. Written by the owner, read by any thread for statistics. */
  private volatile @Nullable Heap heap;

  /**
   * The memory of the instance that was discarded last: the next one, which is made at once, gets
   * it, and if none is, it is given back. Written by the owner, read by any thread.
   */
  private volatile @Nullable LinearMemory kept;

  /** That of an instance that is being made. Written by the owner, read by any thread. */
  private volatile @Nullable LinearMemory coming;

  /** Whether this place is closed for good. */
  private boolean closed;

  /** Whether a call has begun on the instance and it was not put back since. */
  private boolean used;

  /** Made with the slot, so that a call makes none, and nothing keeps a heap that is gone. */
  private final Runnable revoke = this::revokeToken;

  /** Name of the heap whose place the next one takes; {@code null} if of none. */
  private @Nullable String discarded;

  // Why that one was discarded, and when, nanoTime.
  private Reason reason = Reason.CLOSED;
  private @Nullable FailureKind failure;
  private long discardedNanos;

  /**
   * Whether its thread did not come back from a call, and has not yet. Written in the monitor of
   * the workers, read by any thread.
   */
  private volatile boolean abandoned;

  /**
   * Why it has no instance, while one is needed; {@code null} if it has one, or needs none. Written
   * by the owner, read by any thread.
   */
  private volatile @Nullable Throwable notMade;

  /** How many calls on this slot failed. Written by the owner, read by any thread. */
  private volatile long failures;

  /** The call that ended last, if anybody listens. Written by the owner, read by any thread. */
  private volatile @Nullable CallReport lastReport;

  /** The registry that a slot tells of its life. */
  interface Home<G> {
    /** A name that no other heap of the pool has. */
    String nextHeapName();

    /** The slot has an instance, or has one no more. */
    void changed();

    /** The slot is closed. */
    void closed(InstanceSlot<G> slot);

    /** An instance was made, or, with a cause, could not be. */
    void made(@Nullable Throwable failure);
  }

  InstanceSlot(PoolSettings<G> settings, Counters counters, Home<G> home, boolean ofWorker) {
    this.settings = settings;
    this.counters = counters;
    this.home = home;
    this.ofWorker = ofWorker;
    this.making = new Making(settings);
  }

  // For any thread.

  boolean isOfWorker() {
    return ofWorker;
  }

  /** What there is to see of its heap; {@code null} if there is none. */
  @Nullable HeapView view() {
    Heap now = heap;
    return now == null ? null : now.view();
  }

  /** Real bytes of its memory, of one that is kept, and of one that is not ready yet. */
  long materialisedBytes() {
    return ofMemories(LinearMemory::materialisedBytes);
  }

  /** What {@link #trim} would give up. */
  long spareBytes() {
    return ofMemories(LinearMemory::spareBytes);
  }

  private long ofMemories(ToLongFunction<LinearMemory> figure) {
    HeapView own = view();
    LinearMemory aside = kept;
    LinearMemory unready = coming;
    return (own == null ? 0 : figure.applyAsLong(own.memory()))
        + (aside == null ? 0 : figure.applyAsLong(aside))
        + (unready == null ? 0 : figure.applyAsLong(unready));
  }

  /**
   * Gives up memory that is kept for later and was not used for so long. Its heap is not entered,
   * so its owner may begin a call at any moment.
   *
   * @return bytes given up
   */
  long trim(Duration unusedFor) {
    return ofMemories(memory -> memory.trim(unusedFor));
  }

  /** What its heap is and did; {@code null} if there is none. */
  ExecutorStatistics.@Nullable OfHeap figures() {
    HeapView own = view();
    return own == null
        ? null
        : new ExecutorStatistics.OfHeap(
            own.name(), own.state(), own.generation(), failures, materialisedBytes(), lastReport);
  }

  CallTimes times() {
    return times;
  }

  long failures() {
    return failures;
  }

  @Nullable CallReport lastReport() {
    return lastReport;
  }

  /** The making of its instance, for the watchdog. */
  Making making() {
    return making;
  }

  void abandon(boolean value) {
    abandoned = value;
  }

  boolean isAbandoned() {
    return abandoned;
  }

  /** Why it has no instance, although one is needed; {@code null} if that is not so. */
  @Nullable Throwable notMade() {
    return notMade;
  }

  // For the owner.

  /** No instance is needed here any more: that none could be made is of no account. */
  void notNeeded() {
    notMade = null;
  }

  boolean isClosed() {
    return closed;
  }

  boolean isEmpty() {
    return instance == null;
  }

  /** Whether there is an instance that no call has used since it was put back. */
  boolean isPristine() {
    return instance != null && !used;
  }

  /** The heap; {@code null} if there is no instance. */
  @Nullable Heap heap() {
    return heap;
  }

  GuestFactory.@Nullable Instance<G> instance() {
    return instance;
  }

  /** Makes the token of the present call dead, from any thread. */
  Runnable revoke() {
    return revoke;
  }

  /** If the call's heap is gone, so is its token. */
  private void revokeToken() {
    Heap own = heap;
    if (own != null) {
      own.revoke();
    }
  }

  /** The calling thread owns the heap from here on. */
  void claim() {
    Heap own = heap;
    if (own != null) {
      own.claim();
    }
  }

  /** Gives the heap up, for another thread to claim. */
  void release() {
    Heap own = heap;
    if (own != null) {
      own.release();
    }
  }

  /**
   * Makes an instance, which the calling thread owns, and warms it up. The thread is interrupted if
   * that takes longer than the settings allow; its interrupt flag is clean afterwards.
   */
  void create() throws Exception {
    GuestFactory.Instance<G> made;
    Heap own;
    making.begin();
    try {
      made = makeCounted();
      coming = made.memory();
      own = claimHeap(made);
      warmUp(made, own);
    } catch (Throwable e) {
      coming = null;
      notMade = e;
      home.made(e);
      throw e;
    } finally {
      making.end();
    }
    notMade = null;
    home.made(null);
    String old = discarded;
    discarded = null;
    if (old != null) {
      // First, so that whoever finds the instance ready finds it counted.
      counters.replaced.incrementAndGet();
    }
    instance = made;
    heap = own;
    coming = null;
    try {
      if (old != null) {
        tellReplaced(own.view(), old);
      }
    } finally {
      home.changed();
    }
  }

  /** An instance whose memory counts. Where memory is short, it is made room, once. */
  private GuestFactory.Instance<G> makeCounted() throws Exception {
    try {
      return count(make());
    } catch (Exception | OutOfMemoryError e) {
      if (!FullJavaHeap.isShortage(e) || settings.budget().trim() == 0) {
        throw e;
      }
      return count(make());
    }
  }

  private GuestFactory.Instance<G> make() throws Exception {
    LinearMemory used = kept;
    if (used == null) {
      return settings.factory().create();
    }
    coming = used;
    kept = null;
    try {
      return settings.factory().create(used);
    } catch (Throwable e) {
      used.discharge();
      throw e;
    }
  }

  private GuestFactory.Instance<G> count(GuestFactory.Instance<G> made) {
    try {
      made.memory().chargeTo(settings.budget());
      return made;
    } catch (Throwable e) {
      drop(made);
      throw e;
    }
  }

  private static <G> void drop(GuestFactory.Instance<G> made) {
    try {
      made.discard();
    } finally {
      made.memory().discharge();
    }
  }

  private Heap claimHeap(GuestFactory.Instance<G> made) {
    try {
      Heap own =
          new Heap(
              settings.name(),
              home.nextHeapName(),
              made.memory(),
              made.heapBase(),
              made.blockLimit(),
              settings.growthPolicy(),
              settings.listener());
      own.claim();
      return own;
    } catch (Throwable e) {
      drop(made);
      throw e;
    }
  }

  private void warmUp(GuestFactory.Instance<G> made, Heap own) throws Exception {
    try {
      WarmUp<G> warmUp = settings.warmUp();
      if (warmUp != null) {
        warmUp.run(made, own);
      }
    } catch (Throwable e) {
      own.retire();
      drop(made);
      throw e;
    }
  }

  private void tellReplaced(HeapView own, String old) {
    long nanos = System.nanoTime() - discardedNanos;
    PoolListener.Replacement replacement =
        new PoolListener.Replacement(settings.name(), own.name(), old, reason, failure, nanos);
    if (LOG.isInfoEnabled()) {
      logReplaced(replacement);
    }
    settings.listener().replaced(own, replacement);
  }

  private void logReplaced(PoolListener.Replacement replacement) {
    long leftOut = EventRates.of(settings.name()).event("heap.replaced").admit();
    if (leftOut == EventRate.LEFT_OUT) {
      return;
    }
    EventRate.withLeftOut(LOG.atInfo().addKeyValue("event", "heap.replaced"), leftOut)
        .addKeyValue("pool", Printable.name(settings.name()))
        .addKeyValue("heap", Printable.name(replacement.heap()))
        .addKeyValue("replaced", Printable.name(replacement.replaced()))
        .addKeyValue("reason", replacement.label())
        .addKeyValue("tookMicros", TimeUnit.NANOSECONDS.toMicros(replacement.nanos()))
        .log("A heap took the place of one that was discarded");
  }

  /** A call begins: until it is put back, the instance is not to be used again. */
  void use() {
    used = true;
  }

  /**
   * Puts heap and guest back after a call that ended well; discards them where that fails. The
   * call's result stands either way.
   *
   * @return blocks of memory that were copied back
   */
  int putBack() {
    Heap own = heap;
    GuestFactory.Instance<G> guest = instance;
    if (own == null || guest == null) {
      return 0;
    }
    try {
      guest.close();
      int blocks = own.reset();
      if (settings.verifiesResets()) {
        verify(own.view(), guest);
      }
      used = false;
      return blocks;
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      discard(Reason.RESET_FAILED);
      logResetFailed(own.view(), e);
      return 0;
    }
  }

  private static void logResetFailed(HeapView own, Throwable why) {
    long leftOut = EventRates.of(own.pool()).event("reset.failed").admit();
    if (leftOut != EventRate.LEFT_OUT) {
      EventRate.withLeftOut(LOG.atWarn().addKeyValue("event", "reset.failed"), leftOut)
          .addKeyValue("pool", Printable.name(own.pool()))
          .addKeyValue("heap", Printable.name(own.name()))
          .setCause(why)
          .log("A heap could not be put back after a call that ended well, and is discarded");
    }
  }

  /** A reset that left something behind is a bug; the instance must not see another call. */
  private void verify(HeapView own, GuestFactory.Instance<G> guest) {
    String difference = guest.difference();
    if (difference != null) {
      logResetIncomplete(own, difference);
      discard(Reason.RESET_INCOMPLETE);
    }
  }

  private static void logResetIncomplete(HeapView own, String difference) {
    long leftOut = EventRates.of(own.pool()).event("reset.incomplete").admit();
    if (leftOut != EventRate.LEFT_OUT) {
      EventRate.withLeftOut(LOG.atError().addKeyValue("event", "reset.incomplete"), leftOut)
          .addKeyValue("pool", Printable.name(own.pool()))
          .addKeyValue("heap", Printable.name(own.name()))
          .addKeyValue("generation", own.generation())
          .addKeyValue("difference", Printable.value(difference))
          .log(
              "A heap was put back and is not as it was: a fault of this library or of the engine");
    }
  }

  /** A call on this slot is over; what it took is added to the sums. */
  void count(long queueNanos, long runNanos, long resetNanos, boolean failed) {
    times.add(queueNanos, runNanos, resetNanos);
    if (failed) {
      long before = failures;
      failures = before + 1;
    }
  }

  void report(CallReport report) {
    lastReport = report;
  }

  /** Takes the instance out of use, whatever fails meanwhile. */
  void discard(Reason why) {
    discard(why, null);
  }

  /** The same after a call that failed. */
  void discardAfter(FailureKind how) {
    discard(Reason.FAILED, how);
  }

  private void discard(Reason why, @Nullable FailureKind how) {
    GuestFactory.Instance<G> old = instance;
    Heap retired = heap;
    if (old == null || retired == null) {
      return;
    }
    instance = null;
    heap = null;
    used = false;
    discarded = retired.view().name();
    reason = why;
    failure = how;
    discardedNanos = System.nanoTime();
    try {
      retired.retire();
    } finally {
      putAside(old, retired.view(), why);
    }
    home.changed();
  }

  /** The memory of an instance that is out of use is kept for the next one, or given back. */
  private void putAside(GuestFactory.Instance<G> old, HeapView retired, Reason why) {
    LinearMemory used = null;
    try {
      used = old.discard();
    } catch (RuntimeException e) {
      logNotDropped(retired, e);
    } finally {
      if (used == null || why == Reason.CLOSED) {
        old.memory().discharge();
      } else {
        kept = used;
      }
    }
  }

  private static void logNotDropped(HeapView retired, Throwable why) {
    long leftOut = EventRates.of(retired.pool()).event("instance.failed").admit();
    if (leftOut != EventRate.LEFT_OUT) {
      EventRate.withLeftOut(LOG.atWarn().addKeyValue("event", "instance.failed"), leftOut)
          .addKeyValue("pool", Printable.name(retired.pool()))
          .addKeyValue("heap", Printable.name(retired.name()))
          .setCause(why)
          .log("An instance could not be dropped");
    }
  }

  private void giveBackKept() {
    LinearMemory used = kept;
    if (used != null) {
      kept = null;
      used.discharge();
    }
  }

  /** Takes the instance out of use, since no call needs it; a later one takes nobody's place. */
  void giveUp() {
    discard(Reason.CLOSED);
    discarded = null;
  }

  /** Takes the instance out of use, for good; done when it returns. */
  void close() {
    try {
      discard(Reason.CLOSED);
    } finally {
      giveBackKept();
      home.closed(this);
    }
    closed = true;
  }
}
