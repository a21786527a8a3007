package org.wasmheap.cli;

import com.google.common.base.Throwables;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;

/** The time that a command has for something, from the moment when the limit is made. */
final class TimeLimit {
  private final String option;
  private final long millis;
  private final long untilNanos;

  /** So many milliseconds from now, as an option says. */
  TimeLimit(String option, long millis) {
    this.option = option;
    this.millis = millis;
    this.untilNanos = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
  }

  /** What is left, at least a nanosecond. */
  Duration left() {
    return Duration.ofNanos(Math.max(1, untilNanos - System.nanoTime()));
  }

  /**
   * Does work that nothing else can end, such as to open a pipe that nobody writes to, on a thread
   * of its own, which is left to itself when the time is over: it keeps no JVM from its end.
   *
   * @throws CliException when the time is over; and what the work throws
   */
  <T> T await(String what, Supplier<T> work) throws InterruptedException {
    FutureTask<T> task = new FutureTask<>(work::get);
    Thread thread = new Thread(task, "wasmheap-reads");
    thread.setDaemon(true);
    thread.start();
    try {
      return task.get(left().toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      throw passed(what, "read", e);
    } catch (ExecutionException e) {
      Throwables.throwIfUnchecked(Objects.requireNonNull(e.getCause(), "it has one"));
      throw new IllegalStateException("a supplier throws no checked exception", e);
    } finally {
      task.cancel(true);
    }
  }

  /** The time is over, and something is not done. */
  CliException passed(String what, String done, Throwable cause) {
    String why = "not " + done + " within the " + millis + " ms that " + option + " allows";
    return new CliException(what, why, cause);
  }
}
