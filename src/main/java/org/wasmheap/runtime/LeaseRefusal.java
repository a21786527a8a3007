package org.wasmheap.runtime;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.ModuleRefusedException;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.text.Printable;

/**
 * Why a lease is not given. A value, since it is decided where nothing foreign may run, and told
 * elsewhere: to each who asked with an exception of his own.
 *
 * @param kind why
 * @param key of which runtime
 * @param cause what its load failed with, if that is why
 * @param retryNanos how long nobody tries it again, if that is why
 * @param rooms how the pool was occupied
 */
record LeaseRefusal(
    Kind kind, RuntimeKey key, @Nullable Throwable cause, long retryNanos, Rooms rooms) {
  static final Duration LONGEST = Duration.ofDays(30);

  /** Why. */
  enum Kind {
    LOAD_FAILED,
    BACKING_OFF,
    ALL_PINNED,
    NO_ROOM,
    NOT_LOADED_YET,
    CLOSED
  }

  /** How many runtimes a pool may have, and how many of those that it has are what. */
  record Rooms(int most, int pinned, int loading, int draining) {
    @Override
    public String toString() {
      return "of %d runtimes that may be there, %d are pinned, %d are being loaded, %d drain"
          .formatted(most, pinned, loading, draining);
    }
  }

  /** What a caller gets to see: each time another exception. */
  RuntimeException toException() {
    return switch (kind) {
      case LOAD_FAILED -> failed("");
      case BACKING_OFF ->
          failed(
              String.format(
                  Locale.ROOT,
                  "; that was a while ago, and it is not tried again for another %.1f s",
                  retryNanos / (double) TimeUnit.SECONDS.toNanos(1)));
      case ALL_PINNED ->
          new CallException(
              FailureKind.REJECTED,
              "no room for runtime " + key + ": all that may be there are pinned, " + rooms.most(),
              null);
      case NO_ROOM ->
          new CallException(
              FailureKind.REJECTED,
              "no room for runtime " + key + " came free in time: " + rooms,
              null);
      case NOT_LOADED_YET ->
          new CallException(
              FailureKind.DEADLINE,
              "runtime " + key + " was not loaded within its caller's limit; loading goes on",
              null);
      case CLOSED ->
          new CallException(FailureKind.SHUTDOWN, "the pool of runtimes is closed", null);
      default -> throw new AssertionError(kind);
    };
  }

  /** Of the kind that it was: who knows what to do about one need not know of pools. */
  private RuntimeException failed(String note) {
    Throwable thrown = Objects.requireNonNull(cause, "cause");
    String message = messageOf(thrown) + note;
    if (thrown instanceof ModuleRefusedException refused) {
      return refused.again(note);
    } else if (thrown instanceof RuntimeLoadException refused) {
      return refused.again(note);
    } else if (thrown instanceof CallException call) {
      return new CallException(call.kind(), message, call);
    } else if (thrown instanceof IllegalArgumentException) {
      return new IllegalArgumentException(message, thrown);
    } else if (thrown instanceof IllegalStateException) {
      return new IllegalStateException(message, thrown);
    } else if (thrown instanceof OutOfMemoryError) {
      return new CallException(
          FailureKind.of(thrown), "the JVM has not the memory to load a runtime" + note, thrown);
    } else if (thrown instanceof StackOverflowError) {
      return new CallException(
          FailureKind.of(thrown), "a thread has not the stack to load a runtime" + note, thrown);
    }
    return new CallException(
        FailureKind.HOST_FUNCTION,
        "runtime " + key + " was not loaded: " + Printable.text(thrown.toString()) + note,
        thrown);
  }

  /** What it says, or what it is if it says nothing. */
  static String messageOf(Throwable thrown) {
    String message = thrown.getMessage();
    return Printable.text(
        message == null ? thrown.getClass().getName() : message, Printable.MAX_MESSAGE);
  }

  /** Two times one after the other; at most what a caller may wait for a lease. */
  static Duration sum(Duration one, Duration other) {
    Duration sum = one.plus(other);
    return sum.compareTo(LONGEST) > 0 ? LONGEST : sum;
  }

  /** A time that a caller is ready to wait for a lease. */
  static long limitNanos(Duration limit) {
    if (limit.isZero() || limit.isNegative() || limit.compareTo(LONGEST) > 0) {
      throw new IllegalArgumentException(
          "limit is " + limit + ", must be more than 0 and at most 30 days");
    }
    return limit.toNanos();
  }
}
