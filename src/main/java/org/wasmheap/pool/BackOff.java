package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.wasmheap.text.EventRate;
import org.wasmheap.text.EventRates;
import org.wasmheap.text.Printable;

/**
 * How long a thread that makes instances waits before it asks a factory again that has failed,
 * twice as long each time; and what it says of that. Its thread's own.
 */
final class BackOff {
  /** The shortest wait. */
  static final long FIRST_NANOS = TimeUnit.MILLISECONDS.toNanos(10);

  private static final long LONGEST_NANOS = TimeUnit.SECONDS.toNanos(5);
  private static final Logger LOG = LoggerFactory.getLogger(BackOff.class);

  private final String pool;

  /** 0 if the factory has not failed. */
  private long nanos;

  BackOff(String pool) {
    this.pool = pool;
  }

  /** How long to wait before the next attempt; 0 if the last one went well. */
  long nanos() {
    return nanos;
  }

  void afterSuccess() {
    nanos = 0;
  }

  void afterFailure(Throwable why) {
    nanos = nanos == 0 ? FIRST_NANOS : Math.min(2 * nanos, LONGEST_NANOS);
    long leftOut = EventRates.of(pool).event("instance.failed").admit();
    if (leftOut != EventRate.LEFT_OUT) {
      EventRate.withLeftOut(LOG.atWarn().addKeyValue("event", "instance.failed"), leftOut)
          .addKeyValue("pool", Printable.name(pool))
          .addKeyValue("worker", Thread.currentThread().getName()) // Escaped when it was made.
          .addKeyValue("retryMillis", TimeUnit.NANOSECONDS.toMillis(nanos))
          .setCause(why)
          .log("An instance could not be made");
    }
  }
}
