package org.wasmheap.pool;

/**
 * How many workers have an instance, and whether there should be more or fewer. An instance is made
 * when there are fewer than are always kept, or when more calls wait than threads that could take
 * them; those that no call has needed for a while are given up. Guarded by the queue's lock.
 */
final class InstanceDemand {
  private final int kept;
  private final long idleNanos;

  /** Threads that take calls, or are to. */
  private int workers;

  /** Those that have an instance, or make one. */
  private int having;

  /** Of these, those that make one and have not failed at it. */
  private int making;

  /** Of those that have one, those that wait for a call. */
  private int idle;

  /** The most that were not idle at once since the last look. */
  private int mostBusy;

  /** Instances that may be given up. */
  private int surplus;

  private long lookedNanos = System.nanoTime();

  InstanceDemand(int workers, int kept, long idleNanos) {
    this.workers = workers;
    this.kept = kept;
    this.idleNanos = idleNanos;
  }

  void workers(int value) {
    workers = value;
  }

  private int least() {
    return Math.min(kept, workers);
  }

  /**
   * Whether another instance is to be made.
   *
   * @param waiting calls that wait
   * @param late whether one of them has waited for long, so that whoever makes one may hang
   */
  boolean isForMore(int waiting, boolean late) {
    return having < least() || waiting > idle + making || (late && waiting > 0);
  }

  /** A thread makes an instance. */
  void begin() {
    having++;
    making++;
  }

  /** It has made one, or has failed and goes on trying. */
  void tried() {
    making--;
  }

  /** A thread has an instance no more, and makes none. */
  void end() {
    having--;
  }

  void waits() {
    idle++;
  }

  void waitsNoMore() {
    idle--;
  }

  /** A thread that has an instance has taken a call. */
  void taken() {
    mostBusy = Math.max(mostBusy, having - idle);
  }

  /** From time to time: whether there are more instances than were needed since the last look. */
  boolean look(long now) {
    if (now - lookedNanos < idleNanos) {
      return false;
    }
    lookedNanos = now;
    surplus = Math.max(0, having - Math.max(least(), mostBusy));
    mostBusy = having - idle;
    return surplus > 0;
  }

  /** Whether a thread that finds no call is to give its instance up. */
  boolean takeSurplus() {
    if (surplus == 0 || having <= least()) {
      return false;
    }
    surplus--;
    return true;
  }
}
