package org.wasmheap.testkit;

import java.time.Duration;
import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.pool.CallOptions;

/** What a call can do by itself, and the row of the table by which it must end. */
public enum Misdeed {
  NONE(FailureRow.NORMAL),
  FREE_WILD(FailureRow.ALLOCATOR),
  FORGE_HEADER(FailureRow.ALLOCATOR),
  FAULT_SWALLOWED_BY_THE_CALL(FailureRow.ALLOCATOR),
  FAULT_UNDER_FAILING_HOOKS(FailureRow.ALLOCATOR),
  READ_OUTSIDE(FailureRow.TRAP),
  TRAP_UNDER_FAILING_HOOKS(FailureRow.TRAP),
  RESULT_OUTSIDE(FailureRow.RESULT),
  GROWTH_REFUSED_TO_GUEST(FailureRow.GROWTH),
  GROWTH_REFUSED_TO_ALLOCATOR(FailureRow.GROWTH),
  GROWTH_CALLBACK_FAILS(FailureRow.GROWTH),
  REFUSAL_SWALLOWED_BY_THE_CALL(FailureRow.GROWTH),
  ENDLESS_RECURSION(FailureRow.STACK),
  OUT_OF_MEMORY_IN_CODE(FailureRow.MEMORY),
  OUT_OF_MEMORY_IN_HOST(FailureRow.MEMORY),
  EXCEPTION_IN_CODE(FailureRow.CODE),
  EXCEPTION_IN_HOST(FailureRow.CODE),
  ERROR_IN_HOST(FailureRow.CODE),
  MISSING_IMPORT(FailureRow.IMPORT),
  ENGINE_FAULT(FailureRow.ENGINE),
  EXCEPTION_IN_HOOKS(FailureRow.HOOK),
  HANDLE_ON_ANOTHER_THREAD(FailureRow.HANDLE),
  HANDLE_OF_AN_EARLIER_CALL(FailureRow.HANDLE),
  ENDLESS_LOOP(FailureRow.LATE),
  DEADLINE_IN_HOST(FailureRow.LATE),
  INTERRUPT_FROM_OUTSIDE(FailureRow.OUTSIDE);

  /** Enough for a call to begin on a loaded machine. */
  public static final Duration SHORT = Duration.ofMillis(400);

  private final FailureRow row;

  Misdeed(FailureRow row) {
    this.row = row;
  }

  public FailureRow row() {
    return row;
  }

  /** How it must fail; {@code null} if it must not. */
  public @Nullable FailureKind kind() {
    return row.kind();
  }

  /** The name of its calls. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Options of a call, with a deadline where the misdeed needs one. */
  public CallOptions options() {
    CallOptions named = CallOptions.named(label());
    return kind() == FailureKind.DEADLINE ? named.withDeadline(SHORT) : named;
  }
}
