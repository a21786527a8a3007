package org.wasmheap.runtime;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.runtime.BackOff.Blame;
import org.wasmheap.runtime.LeaseRefusal.Kind;
import org.wasmheap.runtime.RuntimeEntry.Claim;
import org.wasmheap.runtime.RuntimeEntry.Use;
import org.wasmheap.runtime.RuntimeFigures.State;

/**
 * The books of a pool of runtimes: which are there, who may use them, which one goes to make room.
 * It loads nothing and ends nothing: it says what is to be loaded ({@link #nextToLoad}) and ended
 * ({@link #nextToEnd}), and is told when that is done.
 *
 * <ol>
 *   <li>At most so many are loading, ready or draining. What is asked for beyond that waits: those
 *       for blocks first, and otherwise in the order in which they were first asked for.
 *   <li>For each that waits, one drains, no more; {@link RuntimeHolds} decides which.
 *   <li>All who wait for a runtime have their leases at the moment it is ready, before anything can
 *       make it drain. So each load serves somebody, however many runtimes are asked for.
 * </ol>
 *
 * <p>Any thread. All state is guarded by one lock, which is held for a few steps of this class at a
 * time: nobody loads, closes, logs, waits for a thread or runs foreign code under it. Each change
 * is written by the thread that holds the lock, and read by the next that does.
 *
 * @param <P> what a runtime is when it is loaded
 */
final class RuntimeRegistry<P> {
  private final int most;
  private final ReentrantLock lock = new ReentrantLock();

  /** Whoever waits until nothing drains any more waits on this. */
  private final Condition allGone = lock.newCondition();

  // All below: guarded by the lock.

  /** Waiting, loading and ready ones: what a key stands for now. In the order of their asking. */
  private final Map<RuntimeKey, RuntimeEntry<P>> current = new LinkedHashMap<>();

  /** Those that wait for room; the next to be loaded first. */
  private final List<RuntimeEntry<P>> queue = new ArrayList<>();

  private final List<RuntimeEntry<P>> draining = new ArrayList<>();

  /** May be pinned before they are there, and stay so when they are gone. */
  private final Set<RuntimeKey> pinned = new HashSet<>();

  private final BackOff backOff;
  private final RuntimeHolds<P> holds;

  /** Have room, and nobody has begun to load them. */
  private final Deque<RuntimeEntry<P>> toLoad = new ArrayDeque<>();

  /** Drain without a lease, and nobody has begun to end them. */
  private final Deque<RuntimeEntry<P>> toEnd = new ArrayDeque<>();

  /** Loading, ready and draining ones. */
  private int occupied;

  /** Numbers the uses. */
  private long uses;

  private long compiled;
  private long fromStore;
  private long failed;
  private long evicted;
  private @Nullable ExecutorStatistics ended;
  private boolean closed;

  /**
   * An empty registry.
   *
   * @param most how many runtimes may be there
   * @param nanoClock for the times in which nobody tries again what was not loaded, and in which
   *     what was prepared is held
   */
  RuntimeRegistry(int most, LongSupplier nanoClock) {
    this.most = most;
    this.backOff = new BackOff(nanoClock);
    this.holds = new RuntimeHolds<>(most, nanoClock);
  }

  /** How many runtimes may be there. */
  int most() {
    return most;
  }

  /** Asks for a runtime for some call. */
  Claim<P> ask(RuntimeKey key, Supplier<RuntimeCode> code) {
    return ask(key, code, Use.CALL);
  }

  /** Asks for a runtime: it is granted, refused or pending when this returns. */
  Claim<P> ask(RuntimeKey key, Supplier<RuntimeCode> code, Use use) {
    lock.lock();
    try {
      RuntimeEntry<P> entry = current.get(key);
      if (entry == null) {
        LeaseRefusal refusal = refusalOf(key);
        if (refusal != null) {
          Claim<P> refused = new Claim<>(key, use, null);
          refused.refusal = refusal;
          return refused;
        }
        entry = new RuntimeEntry<>(key, code, lock.newCondition());
        current.put(key, entry);
        queue.add(entry);
      }
      Claim<P> claim = new Claim<>(key, use, entry);
      if (entry.loaded == null) {
        entry.waiting.add(claim);
        if (use == Use.BLOCK) {
          putBeforeOthers(entry);
        }
      } else {
        grant(entry, claim, entry.loaded);
      }
      arrange();
      return claim;
    } finally {
      lock.unlock();
    }
  }

  /** Behind those that wait for blocks, before all others; nothing if it has room. */
  private void putBeforeOthers(RuntimeEntry<P> entry) {
    if (!entry.isForBlock && queue.remove(entry)) {
      int place = 0;
      while (place < queue.size() && queue.get(place).isForBlock) {
        place++;
      }
      queue.add(place, entry);
    }
    entry.isForBlock = true;
  }

  private @Nullable LeaseRefusal refusalOf(RuntimeKey key) {
    if (closed) {
      return refusal(Kind.CLOSED, key);
    }
    long leftNanos = backOff.leftNanos(key);
    if (leftNanos > 0) {
      return new LeaseRefusal(Kind.BACKING_OFF, key, backOff.causeOf(key), leftNanos, rooms());
    }
    return rooms().pinned() >= most ? refusal(Kind.ALL_PINNED, key) : null;
  }

  private LeaseRefusal refusal(Kind kind, RuntimeKey key) {
    return new LeaseRefusal(kind, key, null, 0, rooms());
  }

  private LeaseRefusal.Rooms rooms() {
    int stay = 0;
    int loading = 0;
    for (RuntimeEntry<P> each : current.values()) {
      boolean isThere = each.state != State.WAITING;
      stay += isThere && pinned.contains(each.key()) ? 1 : 0;
      loading += each.state == State.LOADING ? 1 : 0;
    }
    return new LeaseRefusal.Rooms(most, stay, loading, draining.size());
  }

  private void grant(RuntimeEntry<P> entry, Claim<P> claim, P loaded) {
    claim.granted = loaded;
    entry.leases++;
    entry.preparing += claim.use == Use.PREPARATION ? 1 : 0;
    entry.lastUse = ++uses;
    holds.granted(entry, claim.use);
  }

  /** Gives room to those who wait, and makes as many drain as still miss one. */
  private void arrange() {
    while (!closed && occupied < most && !queue.isEmpty()) {
      RuntimeEntry<P> next = queue.remove(0);
      next.state = State.LOADING;
      occupied++;
      toLoad.add(next);
    }
    for (int waits = draining.size(); waits < queue.size(); waits++) { // The first have theirs.
      RuntimeEntry<P> victim =
          holds.nextToGo(current.values(), pinned, queue.get(waits).isForBlock);
      if (victim == null) {
        return;
      }
      drain(victim);
    }
  }

  private void drain(RuntimeEntry<P> entry) {
    current.remove(entry.key());
    entry.state = State.DRAINING;
    holds.drains(entry);
    draining.add(entry);
    if (entry.leases == 0 && !closed) {
      toEnd.add(entry);
    }
  }

  /**
   * Waits until a claim is granted or refused, at most until a time. A thread that is interrupted
   * while it waits has no claim any more, and no lease.
   */
  void await(Claim<P> claim, long untilNanos) throws InterruptedException {
    RuntimeEntry<P> entry = claim.entry;
    if (entry == null) {
      return; // It was refused when it asked.
    }
    lock.lock();
    try {
      long leftNanos = untilNanos - System.nanoTime();
      while (claim.isPending() && leftNanos > 0) {
        leftNanos = entry.changed.awaitNanos(leftNanos);
      }
      giveUp(entry, claim);
    } catch (InterruptedException e) {
      giveUp(entry, claim);
      releaseLocked(claim);
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /** If it still waits. What nobody waits for needs no room; what is being loaded is loaded. */
  private void giveUp(RuntimeEntry<P> entry, Claim<P> claim) {
    if (!claim.isPending()) {
      return;
    }
    boolean hasRoom = entry.state != State.WAITING;
    claim.refusal = refusal(hasRoom ? Kind.NOT_LOADED_YET : Kind.NO_ROOM, entry.key());
    entry.waiting.remove(claim);
    if (!hasRoom && entry.waiting.isEmpty()) {
      queue.remove(entry);
      current.remove(entry.key());
    }
  }

  /**
   * Waits until a claim is granted or refused, at most until a time, and gives nothing up.
   *
   * @return whether it still waits
   */
  boolean isPendingAt(Claim<P> claim, long nanos) throws InterruptedException {
    RuntimeEntry<P> entry = claim.entry;
    if (entry == null) {
      return false;
    }
    lock.lock();
    try {
      long leftNanos = nanos - System.nanoTime();
      while (claim.isPending() && leftNanos > 0) {
        leftNanos = entry.changed.awaitNanos(leftNanos);
      }
      return claim.isPending();
    } catch (InterruptedException e) {
      giveUp(entry, claim);
      releaseLocked(claim);
      throw e;
    } finally {
      lock.unlock();
    }
  }

  /** The lease is that of a preparation which ended as it should; it is released afterwards. */
  void prepared(Claim<P> claim) {
    lock.lock();
    try {
      RuntimeEntry<P> entry = claim.entry;
      if (entry != null && entry.state == State.READY && !claim.released) {
        holds.prepared(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends a lease; nothing if it has ended. */
  void release(Claim<P> claim) {
    lock.lock();
    try {
      releaseLocked(claim);
    } finally {
      lock.unlock();
    }
  }

  private void releaseLocked(Claim<P> claim) {
    RuntimeEntry<P> entry = claim.entry;
    if (entry == null || claim.granted == null || claim.released) {
      return;
    }
    claim.released = true;
    entry.leases--;
    entry.preparing -= claim.use == Use.PREPARATION ? 1 : 0;
    entry.lastUse = ++uses;
    if (entry.leases == 0 && entry.state == State.DRAINING && !closed) {
      toEnd.add(entry);
    }
    arrange(); // It may have been in preparation.
  }

  /** What is to be loaded now, by whoever asks this; {@code null} if nothing is. */
  @Nullable RuntimeEntry<P> nextToLoad() {
    lock.lock();
    try {
      return toLoad.poll();
    } finally {
      lock.unlock();
    }
  }

  /** Where the code of an entry comes from that is to be loaded. */
  @Nullable Supplier<RuntimeCode> codeOf(RuntimeEntry<P> entry) {
    lock.lock();
    try {
      return entry.code;
    } finally {
      lock.unlock();
    }
  }

  /** What an entry is that drains: it was loaded before. */
  P loadedOf(RuntimeEntry<P> entry) {
    lock.lock();
    try {
      return Objects.requireNonNull(entry.loaded, "loaded");
    } finally {
      lock.unlock();
    }
  }

  /**
   * An entry is loaded, and all who wait for it have a lease.
   *
   * @return whether that is so; if not, the registry is closed, and what was loaded is the caller's
   */
  boolean loaded(RuntimeEntry<P> entry, P value, boolean isFromStore) {
    lock.lock();
    try {
      entry.code = null;
      if (closed) {
        occupied--;
        return false;
      }
      entry.loaded = value;
      entry.state = State.READY;
      entry.lastUse = ++uses;
      compiled += isFromStore ? 0 : 1;
      fromStore += isFromStore ? 1 : 0;
      backOff.loaded(entry.key());
      entry.waiting.forEach(each -> grant(entry, each, value));
      entry.waiting.clear();
      entry.changed.signalAll();
      arrange(); // More may wait, and this one may be the only one that can go.
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** An entry was not loaded, and all who wait for it are told. */
  void notLoaded(RuntimeEntry<P> entry, Throwable cause, Blame blame) {
    lock.lock();
    try {
      entry.code = null;
      occupied--;
      if (closed) {
        return;
      }
      entry.state = State.FAILED;
      failed++;
      current.remove(entry.key());
      backOff.failed(entry.key(), cause, blame);
      LeaseRefusal refusal = new LeaseRefusal(Kind.LOAD_FAILED, entry.key(), cause, 0, rooms());
      refuseAll(entry, refusal);
      arrange();
    } finally {
      lock.unlock();
    }
  }

  private void refuseAll(RuntimeEntry<P> entry, LeaseRefusal refusal) {
    entry.waiting.forEach(each -> each.refusal = refusal);
    entry.waiting.clear();
    entry.changed.signalAll();
  }

  /** What is to be ended now, by whoever asks this; {@code null} if nothing is. */
  @Nullable RuntimeEntry<P> nextToEnd() {
    lock.lock();
    try {
      return toEnd.poll();
    } finally {
      lock.unlock();
    }
  }

  /** What {@link #nextToEnd} gave cannot be ended now: the next who asks gets it. */
  void putBackToEnd(RuntimeEntry<P> entry) {
    lock.lock();
    try {
      if (!closed) {
        toEnd.add(entry);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * An entry that drained has ended, and its room is free.
   *
   * @param did what its executor did, if it had one
   * @return whether that is news
   */
  boolean gone(RuntimeEntry<P> entry, @Nullable ExecutorStatistics did) {
    lock.lock();
    try {
      if (!draining.remove(entry)) {
        return false;
      }
      occupied--;
      evicted += closed ? 0 : 1;
      if (draining.isEmpty()) {
        allGone.signalAll();
      }
      if (did != null) {
        ended = EndedExecutors.plus(ended, did);
      }
      arrange();
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes a runtime drain, though nobody needs its room.
   *
   * @return whether it was ready, and is not pinned
   */
  boolean evict(RuntimeKey key) {
    lock.lock();
    try {
      RuntimeEntry<P> entry = current.get(key);
      if (entry == null || entry.state != State.READY || pinned.contains(key)) {
        return false;
      }
      drain(entry);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * Pins a key.
   *
   * @return {@code false} if as many others are pinned as may be there
   */
  boolean pin(RuntimeKey key) {
    lock.lock();
    try {
      return pinned.contains(key) || (pinned.size() < most && pinned.add(key));
    } finally {
      lock.unlock();
    }
  }

  void unpin(RuntimeKey key) {
    lock.lock();
    try {
      pinned.remove(key);
      arrange();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives no more leases, and refuses all who wait.
   *
   * @return what is to be ended, whoever has a lease of it or has begun to end it; nothing the
   *     second time
   */
  List<RuntimeEntry<P>> close() {
    lock.lock();
    try {
      if (closed) {
        return List.of();
      }
      closed = true;
      queue.clear();
      toLoad.forEach(never -> occupied--);
      toLoad.clear();
      toEnd.clear();
      for (RuntimeEntry<P> each : List.copyOf(current.values())) {
        if (each.state == State.READY) {
          drain(each);
        } else {
          refuseAll(each, refusal(Kind.CLOSED, each.key()));
        }
      }
      current.clear();
      return List.copyOf(draining);
    } finally {
      lock.unlock();
    }
  }

  /** Waits until nothing drains any more, for so long at most; whether that is so. */
  boolean isAllGoneWithin(long nanos) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      long leftNanos = nanos;
      while (!draining.isEmpty() && leftNanos > 0) {
        leftNanos = allGone.awaitNanos(leftNanos);
      }
      return draining.isEmpty();
    } finally {
      lock.unlock();
    }
  }

  /** An entry as it was at one moment. */
  record Line<P>(
      RuntimeKey key, State state, boolean pinned, int leases, int waiting, @Nullable P loaded) {}

  /** Everything as it was at one moment. */
  record Snapshot<P>(List<Line<P>> lines, RuntimeFigures.Totals totals, int occupied) {}

  Snapshot<P> snapshot() {
    lock.lock();
    try {
      List<Line<P>> lines = new ArrayList<>();
      draining.forEach(each -> lines.add(line(each)));
      current.values().forEach(each -> lines.add(line(each)));
      for (RuntimeKey each : backOff.keys()) {
        if (!current.containsKey(each)) {
          lines.add(new Line<>(each, State.FAILED, pinned.contains(each), 0, 0, null));
        }
      }
      return new Snapshot<>(
          List.copyOf(lines),
          new RuntimeFigures.Totals(compiled, fromStore, failed, evicted, draining.size(), ended),
          occupied);
    } finally {
      lock.unlock();
    }
  }

  private Line<P> line(RuntimeEntry<P> entry) {
    return new Line<>(
        entry.key(),
        entry.state,
        pinned.contains(entry.key()),
        entry.leases,
        entry.waiting.size(),
        entry.loaded);
  }
}
