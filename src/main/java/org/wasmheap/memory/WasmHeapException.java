package org.wasmheap.memory;

import org.jspecify.annotations.Nullable;
import org.wasmheap.text.Printable;

/**
 * The root of all exceptions of this library: each says whether the guest or the host is to blame.
 *
 * <p>A node may draw a conclusion about a block only from a deterministic failure. Any other says
 * something about this host at this moment, and the same call may succeed when it is made again.
 */
public abstract class WasmHeapException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * For subclasses.
   *
   * @param message what happened, to which heap and call, and what to do; what could begin a line
   *     or steer a terminal is escaped, and what is beyond 4,096 characters cut off
   * @param cause what brought it about, if anything did
   */
  protected WasmHeapException(@Nullable String message, @Nullable Throwable cause) {
    super(message == null ? null : Printable.text(message, Printable.MAX_MESSAGE), cause);
  }

  /**
   * Tells whose doing the failure is.
   *
   * @return {@code true} if the guest failed, and would fail in the same way on every node; {@code
   *     false} if the host did (memory, time, interruption, a bug in a host function)
   */
  public abstract boolean isDeterministic();
}
