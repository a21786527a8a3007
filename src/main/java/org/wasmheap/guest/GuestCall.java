package org.wasmheap.guest;

import org.jspecify.annotations.Nullable;

/**
 * The work of a call.
 *
 * @param <G> what it sees of its guest
 * @param <R> what it returns; a nullable type where the call may return nothing
 */
@FunctionalInterface
public interface GuestCall<G, R extends @Nullable Object> {
  /**
   * Does the work, on a thread of the executor.
   *
   * @param guest pristine, and this call's alone until it returns
   * @return the result, which must not refer to the guest or its memory
   * @throws Exception if the call fails; its future then fails with a {@link CallException}
   */
  R run(G guest) throws Exception;

  /**
   * A name for logs and reports, where the caller's options give none.
   *
   * @return not empty
   */
  default String name() {
    return "call";
  }
}
