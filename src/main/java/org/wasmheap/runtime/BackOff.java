package org.wasmheap.runtime;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Loads that failed, and until when each is not tried again: for a second first, and twice as long
 * after each further failure, up to five minutes; always for a second where the code is not to
 * blame. What failed longest ago is forgotten when there are too many.
 *
 * <p>Not safe for use by several threads: guarded by the lock of the registry that has it.
 */
final class BackOff {
  static final int MOST_FAILURES = 64;
  static final long SHORTEST_NANOS = TimeUnit.SECONDS.toNanos(1);
  static final long LONGEST_NANOS = TimeUnit.MINUTES.toNanos(5);

  /** Whose doing a failure is. */
  enum Blame {
    /** The next try will fail, too. */
    CODE,
    /** Nothing is known of the code. */
    HOST,
    /** He gave something else than what he asked for: nobody else has to wait for that. */
    ASKER
  }

  private final LongSupplier nanoClock;

  /** In the order in which they failed last. */
  private final Map<RuntimeKey, Failure> failures = new LinkedHashMap<>();

  /** What a load failed with, and until when that is told to all who ask. */
  private record Failure(Throwable cause, long backOffNanos, long untilNanos) {}

  BackOff(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
  }

  /** Remembers a failure, unless it is the asker's. */
  void failed(RuntimeKey key, Throwable cause, Blame blame) {
    if (blame == Blame.ASKER) {
      return;
    }
    Failure before = failures.remove(key);
    long nanos =
        before == null || blame != Blame.CODE
            ? SHORTEST_NANOS
            : Math.min(2 * before.backOffNanos(), LONGEST_NANOS);
    failures.put(key, new Failure(cause, nanos, nanoClock.getAsLong() + nanos));
    if (failures.size() > MOST_FAILURES) {
      failures.remove(failures.keySet().iterator().next());
    }
  }

  /** Forgets the failure: it was loaded after all. */
  void loaded(RuntimeKey key) {
    failures.remove(key);
  }

  /** How long it is not to be tried; 0 or less if it may be tried now. */
  long leftNanos(RuntimeKey key) {
    Failure failure = failures.get(key);
    return failure == null ? 0 : failure.untilNanos() - nanoClock.getAsLong();
  }

  /** What it failed with last; {@code null} if it did not. */
  @Nullable Throwable causeOf(RuntimeKey key) {
    Failure failure = failures.get(key);
    return failure == null ? null : failure.cause();
  }

  /** All that failed last, in the order in which they did. */
  Iterable<RuntimeKey> keys() {
    return failures.keySet();
  }
}
