package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.memory.WasmHeapException;

/**
 * A call failed; {@link #kind()} says how.
 *
 * <p>The futures of {@link HeapExecutor} fail with this exception and no other. Its message names
 * the call and, if the call had begun, the heap and its generation; the cause, where there is one,
 * is the exception that ended the call. Engines and host functions throw it too, to say which kind
 * of failure they met.
 */
public final class CallException extends WasmHeapException {
  private static final long serialVersionUID = 1L;

  /** How the call failed. */
  private final FailureKind kind;

  /**
   * A failure of a kind.
   *
   * @param kind how the call failed
   * @param message what happened
   * @param cause what brought it about, if anything did
   */
  public CallException(FailureKind kind, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.kind = kind;
  }

  /**
   * How the call failed.
   *
   * @return the kind
   */
  public FailureKind kind() {
    return kind;
  }

  /** {@inheritDoc} As its kind says. */
  @Override
  public boolean isDeterministic() {
    return kind.isDeterministic();
  }
}
