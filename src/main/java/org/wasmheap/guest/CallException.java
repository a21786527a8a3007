package org.wasmheap.guest;

import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.memory.WasmHeapException;

/**
 * A call failed; {@link #kind()} says how.
 *
 * <p>The futures of an executor fail with this exception and no other. Its message names the call
 * and, if the call had begun, the heap and its generation; the cause, where there is one, is the
 * exception that ended the call. Engines and host functions throw it too, to say which kind of
 * failure they met.
 */
public final class CallException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  /** How the call failed. */
  private final FailureKind kind;

  /** Lost where an exception is serialised: it is for the process that it was thrown in. */
  private final transient @Nullable PoisonReport poisonReport;

  /**
   * A failure of a kind.
   *
   * @param kind how the call failed
   * @param message what happened
   * @param cause what brought it about, if anything did
   */
  public CallException(FailureKind kind, String message, @Nullable Throwable cause) {
    this(kind, message, cause, null);
  }

  /**
   * A failure of a kind, with what is known of the heap. For those who run calls.
   *
   * @param kind how the call failed
   * @param message what happened
   * @param cause what brought it about, if anything did
   * @param poisonReport what the heap was like, if its allocator failed
   */
  public CallException(
      FailureKind kind,
      String message,
      @Nullable Throwable cause,
      @Nullable PoisonReport poisonReport) {
    super(message, cause);
    this.kind = kind;
    this.poisonReport = poisonReport;
  }

  /**
   * What a host function throws to end its call as the guest's own fault: a transaction is closed
   * that was never opened, say, or bytes are no valid encoding. Only for what is decided by the
   * guest's arguments and the state that it runs on, so that every node decides alike.
   *
   * @param why what the guest did; whoever calls this has escaped what comes from the guest
   * @return an exception of kind {@link FailureKind#TRAP}
   */
  public static CallException trap(String why) {
    return new CallException(FailureKind.TRAP, why, null);
  }

  /**
   * How the call failed.
   *
   * @return the kind
   */
  public FailureKind kind() {
    return kind;
  }

  /**
   * What the heap was like when its allocator failed.
   *
   * @return the report, if that is what the call failed by: an {@link FailureKind#ALLOCATOR_FAULT},
   *     or an {@link FailureKind#ENGINE_FAULT} that the allocator met
   */
  public Optional<PoisonReport> poisonReport() {
    return Optional.ofNullable(poisonReport);
  }

  /** {@inheritDoc} As its kind says. */
  @Override
  public boolean isDeterministic() {
    return kind.isDeterministic();
  }
}
