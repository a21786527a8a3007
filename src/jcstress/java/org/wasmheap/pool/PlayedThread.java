package org.wasmheap.pool;

import java.util.concurrent.atomic.AtomicInteger;

/**
 * A worker's thread that is played by an actor, since actors run on the harness's threads: counts
 * its interrupts, and passes them on to the actor's thread if that wants them.
 */
final class PlayedThread extends Thread {
  private final AtomicInteger interrupts = new AtomicInteger();

  /** Who gets the interrupts. Written by the actor before its gate begins, whose word orders it. */
  private Thread actor;

  /** Whether the actor is in a host function, and whether an interrupt came while it was. */
  private volatile boolean inHost;

  private volatile boolean disturbedInHost;

  /** From here on the calling thread gets what interrupts this one. */
  void play() {
    actor = Thread.currentThread();
  }

  /** What a host function does that must not be interrupted. */
  void runHostFunction() {
    inHost = true;
    Attempts.work();
    inHost = false;
  }

  int interrupts() {
    return interrupts.get();
  }

  boolean wasDisturbedInHost() {
    return disturbedInHost;
  }

  @Override
  public void interrupt() {
    interrupts.incrementAndGet();
    if (inHost) {
      disturbedInHost = true;
    }
    if (actor != null) {
      actor.interrupt();
    }
  }
}
