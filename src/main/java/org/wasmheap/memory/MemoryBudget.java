package org.wasmheap.memory;

import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;

/**
 * How much real memory any number of memories may take together: what is in use, what is spare, the
 * images that they go back to, and what guests keep beside them.
 *
 * <ol>
 *   <li>What was taken and not given back never exceeds the limit, whatever threads do.
 *   <li>Before memory is refused, the members of the budget give up what they hold for later, and
 *       it is tried once more. So it is where the JVM has no memory left.
 *   <li>A refusal is the host's: a {@link GrowthRefusedException}. It changes nothing.
 * </ol>
 *
 * <p>All methods may be called from any thread.
 */
public final class MemoryBudget {
  private static final MemoryBudget UNLIMITED = new MemoryBudget(Long.MAX_VALUE);

  private final long limit;

  private final Object lock = new Object();

  /** Written by all threads, by exchange; never more than the limit. */
  private final AtomicLong used = new AtomicLong();

  /**
   * Whether somebody was refused and no member was told since that memory came back. Written by
   * whoever is refused, who then tries once more, and by whoever gives memory back, who first gives
   * and then looks: one of the two sees the other.
   */
  private volatile boolean refused;

  /** Replaced in the lock, never written to; read by any thread. */
  private volatile Member[] members = {};

  /** How many memories go back to each image. Guarded by the lock. */
  private final IdentityHashMap<Object, Integer> images = new IdentityHashMap<>();

  /**
   * Who holds memory of a budget for later: an executor, say. Called by any thread, for others: it
   * must wait for nobody, and what it throws reaches nobody.
   */
  public interface Member {
    /**
     * Tells what {@link #trim} would give up: a recent value.
     *
     * @return bytes
     */
    long spareBytes();

    /**
     * Gives up what is held for later, since memory is short.
     *
     * @return bytes given up
     */
    long trim();

    /** Memory came back after somebody was refused: what could not be made may be tried again. */
    void freed();
  }

  private MemoryBudget(long limit) {
    this.limit = limit;
  }

  /**
   * A budget.
   *
   * @param bytes the most that may be taken, 1 and up
   * @return a budget of which nothing is taken
   * @throws IllegalArgumentException if that is less than 1
   */
  public static MemoryBudget of(long bytes) {
    if (bytes < 1) {
      throw new IllegalArgumentException("bytes is " + bytes + ", must be 1 or more");
    }
    return new MemoryBudget(bytes);
  }

  /**
   * The budget of all that were given no other: one for the JVM, which refuses nothing itself.
   *
   * @return always the same
   */
  public static MemoryBudget unlimited() {
    return UNLIMITED;
  }

  /**
   * The limit.
   *
   * @return bytes; {@link Long#MAX_VALUE} if there is none
   */
  public long limitBytes() {
    return limit;
  }

  /**
   * What is taken now.
   *
   * @return bytes
   */
  public long usedBytes() {
    return used.get();
  }

  /**
   * Has all members give up what they hold for later.
   *
   * @return bytes given up
   */
  public long trim() {
    long bytes = 0;
    for (Member each : members) {
      bytes += asked(each, Member::trim);
    }
    return bytes;
  }

  /** Others' trouble is not that of who is short of memory, or who gives some back. */
  private static long asked(Member member, ToLongFunction<Member> question) {
    try {
      return question.applyAsLong(member);
    } catch (RuntimeException | OutOfMemoryError | StackOverflowError e) {
      return 0;
    }
  }

  /**
   * Has members give up what they hold for later, one after the other, until so many bytes fit.
   * Nothing where all of it would not do: else one guest that wants too much, again and again,
   * would take from all others what they need again.
   */
  private void trimFor(long bytes) {
    long spare = 0;
    for (Member each : members) {
      spare += asked(each, Member::spareBytes);
    }
    if (bytes - left() > spare) {
      return;
    }
    for (Member each : members) {
      if (bytes <= left()) {
        return;
      }
      asked(each, Member::trim);
    }
  }

  /**
   * Adds a member, until it leaves.
   *
   * @param member what is asked for its spare memory
   */
  public void join(Member member) {
    synchronized (lock) {
      Member[] more = Arrays.copyOf(members, members.length + 1);
      more[members.length] = member;
      members = more;
    }
  }

  /**
   * Lets a member go; nothing if it is none.
   *
   * @param member one that has joined
   */
  public void leave(Member member) {
    synchronized (lock) {
      members = Arrays.stream(members).filter(each -> each != member).toArray(Member[]::new);
    }
  }

  /** Takes bytes if they fit; {@code false} if not. */
  boolean tryTake(long bytes) {
    for (long now = used.get(); bytes <= limit - now; now = used.get()) {
      if (used.compareAndSet(now, now + bytes)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Takes bytes, after spare memory was given up if they do not fit.
   *
   * @throws GrowthRefusedException if they do not fit then either; nothing has changed
   */
  void take(long bytes) {
    if (tryTake(bytes)) {
      return;
    }
    trimFor(bytes);
    refused = true; // Before the last try.
    if (!tryTake(bytes)) {
      throw refusal(bytes);
    }
  }

  private GrowthRefusedException refusal(long bytes) {
    return new GrowthRefusedException(
        "the memory budget of "
            + limit
            + " bytes has "
            + left()
            + " left, and "
            + bytes
            + " are wanted; raise the budget, or use fewer instances",
        null);
  }

  /** Bytes that are not taken. */
  long left() {
    return limit - used.get();
  }

  /** Gives back bytes that were taken. */
  void give(long bytes) {
    used.addAndGet(-bytes);
    if (refused && bytes > 0) {
      refused = false;
      for (Member each : members) {
        asked(
            each,
            member -> {
              member.freed();
              return 0;
            });
      }
    }
  }

  /**
   * One more memory goes back to an image, which counts once.
   *
   * @throws GrowthRefusedException if it does not fit; nothing has changed
   */
  void hold(Object image, long bytes) {
    takeAndHold(0, image, bytes);
  }

  /**
   * Takes bytes and holds an image, both or neither. In one step: to take the bytes and to give
   * them back, since the image does not fit, would tell all members again and again that memory is
   * free.
   *
   * @throws GrowthRefusedException if they do not fit; nothing has changed
   */
  void takeAndHold(long bytes, Object image, long imageBytes) {
    long missing = tryTakeAndHold(bytes, image, imageBytes);
    if (missing == 0) {
      return;
    }
    trimFor(missing);
    refused = true; // Before the last try.
    missing = tryTakeAndHold(bytes, image, imageBytes);
    if (missing > 0) {
      throw refusal(missing);
    }
  }

  /**
   * In the lock, so that nobody is refused an image that another pays for at the same time.
   *
   * @return 0 if it fits, else how many bytes do not
   */
  private long tryTakeAndHold(long bytes, Object image, long imageBytes) {
    synchronized (lock) {
      int memories = images.getOrDefault(image, 0);
      long wanted = memories == 0 ? bytes + imageBytes : bytes;
      if (!tryTake(wanted)) {
        return wanted;
      }
      images.put(image, memories + 1);
      return 0;
    }
  }

  /** A memory that held an image does so no more. */
  void letGo(Object image, long bytes) {
    if (letOneGo(image)) {
      give(bytes);
    }
  }

  /** Whether it was the last. */
  private boolean letOneGo(Object image) {
    synchronized (lock) {
      return images.computeIfPresent(image, (same, memories) -> memories == 1 ? null : memories - 1)
          == null;
    }
  }

  @Override
  public String toString() {
    return "MemoryBudget[" + usedBytes() + " of " + limit + " bytes]";
  }
}
