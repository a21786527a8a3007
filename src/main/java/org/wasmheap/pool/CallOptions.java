package org.wasmheap.pool;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;

/**
 * How a call is to be made. Immutable.
 *
 * @param name name of the call, for logs and reports; {@code null} for the call's own
 * @param callClass what it is made for: decides which calls go first, and whose places it takes
 * @param deadline time from submission, queueing included, after which the call fails; {@code null}
 *     for the executor's default
 * @param context what host functions get as {@link org.wasmheap.guest.CallScope#context}; gone
 *     after the call
 */
public record CallOptions(
    @Nullable String name,
    CallClass callClass,
    @Nullable Duration deadline,
    @Nullable Object context) {

  /** An off-chain call with its own name, the executor's deadline and no context. */
  public static final CallOptions DEFAULT = new CallOptions(null, CallClass.OFF_CHAIN, null, null);

  /** What a call is made for, the most urgent first. Each has places of its own in the queue. */
  public enum CallClass {
    /** Importing a block: the node falls behind while it waits. */
    BLOCK_IMPORT,
    /** Building a block: it must be done within its slot. */
    AUTHORING,
    /** All else: remote procedure calls, the transaction pool, off-chain workers. */
    OFF_CHAIN;

    private final String label = name().toLowerCase(Locale.ROOT);

    /**
     * The name for logs, metrics and JSON.
     *
     * @return lower case with underscores
     */
    public String label() {
      return label;
    }
  }

  /**
   * Checks the values.
   *
   * @param name name of the call, or {@code null}
   * @param callClass what it is made for
   * @param deadline its deadline
   * @param context its host context
   * @throws IllegalArgumentException if the deadline is not more than zero and at most 30 days
   */
  public CallOptions {
    Objects.requireNonNull(callClass, "callClass");
    if (deadline != null) {
      Ranges.requireDuration("deadline", deadline);
    }
  }

  /**
   * An off-chain call with a name, the executor's deadline and no context.
   *
   * @param name for logs and reports
   * @return options
   */
  public static CallOptions named(String name) {
    return DEFAULT.withName(name);
  }

  /**
   * The same with a name.
   *
   * @param newName for logs and reports
   * @return options
   */
  public CallOptions withName(String newName) {
    return new CallOptions(
        Objects.requireNonNull(newName, "newName"), callClass, deadline, context);
  }

  /**
   * The same in another class.
   *
   * @param newClass what the call is made for
   * @return options
   */
  public CallOptions withClass(CallClass newClass) {
    return new CallOptions(name, newClass, deadline, context);
  }

  /**
   * The same with a deadline.
   *
   * @param limit more than zero, at most 30 days
   * @return options
   */
  public CallOptions withDeadline(Duration limit) {
    return new CallOptions(name, callClass, Objects.requireNonNull(limit, "limit"), context);
  }

  /**
   * The same with a host context.
   *
   * @param hostContext for the host functions of this call
   * @return options
   */
  public CallOptions withContext(Object hostContext) {
    return new CallOptions(
        name, callClass, deadline, Objects.requireNonNull(hostContext, "hostContext"));
  }

  /** Without the context's own text, which is the caller's and may be of any length. */
  @Override
  public String toString() {
    return "CallOptions["
        + ("name=" + (name == null ? null : Printable.name(name)) + ", callClass=" + callClass)
        + (", deadline=" + deadline)
        + (", context=" + (context == null ? null : context.getClass().getName()) + "]");
  }
}
