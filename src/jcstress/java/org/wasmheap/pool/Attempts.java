package org.wasmheap.pool;

import java.util.function.BooleanSupplier;

/** Tries again, since what an actor is to hit may not have begun, and is over in no time. */
final class Attempts {
  private static final int MOST = 50;
  private static final int WORK = 20;

  private Attempts() {}

  /** What a guest does meanwhile, so that there is something to hit. */
  static void work() {
    for (int i = 0; i < WORK; i++) {
      Thread.onSpinWait();
    }
  }

  /** Whether an attempt succeeded, after which there is no other. */
  static boolean at(BooleanSupplier target) {
    boolean hit = false;
    for (int i = 0; i < MOST && !hit; i++) {
      hit = target.getAsBoolean();
    }
    return hit;
  }
}
