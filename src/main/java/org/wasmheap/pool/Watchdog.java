package org.wasmheap.pool;

/**
 * The thread that holds calls to their deadlines, and ends those that nobody else ends. It takes
 * spare memory from idle heaps, too.
 */
final class Watchdog<G> implements Runnable {
  private final PoolContext<G> pool;
  private final Crew<G> crew;
  private final Settlement<G> settlement;
  private final IdleTrimmer<G> trimmer;

  Watchdog(PoolContext<G> pool, Crew<G> crew) {
    this.pool = pool;
    this.crew = crew;
    this.settlement = new Settlement<>(pool, crew);
    this.trimmer = new IdleTrimmer<>(crew, pool.idleNanos());
  }

  @Override
  public void run() {
    // A slow factory, too, is to be seen in time, and so is what the log was not told yet.
    long nanos = Math.min(pool.idleNanos(), 2 * pool.graceNanos());
    nanos = Math.min(nanos, Exhaustion.INTERVAL_NANOS);
    look(); // What it needs is loaded while there is memory.
    boolean more = true;
    while (more) {
      try {
        more = settlement.awaitAndSettle(nanos);
      } catch (Throwable e) {
        Settlement.pauseAfter(e);
      }
      look();
    }
  }

  /** Deadlines must hold whatever fails here. */
  private void look() {
    try {
      crew.replaceMissing();
      crew.reportSlowFactories(System.nanoTime());
      trimmer.trimIdle(System.nanoTime());
      pool.exhaustion().tellIfDue();
    } catch (Throwable e) {
      Settlement.pauseAfter(e);
    }
  }
}
