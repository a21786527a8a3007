package org.wasmheap.host;

import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;

/**
 * Whether a call gathers signatures, and whether all that it gathered were right.
 *
 * <p>Nothing is put off: each signature is verified when it comes, and its result is what the guest
 * is told, as nodes do since they verify no batches any more. Only functions that are meant for a
 * batch add to it. One batch is open at a time; it ends with its call.
 *
 * <p>For the call's thread. Source: {@code VerificationExtDeprecated} in {@code sp_io} of the
 * Polkadot SDK.
 */
final class SignatureBatch {
  private boolean open;
  private boolean allRight;

  /** That of a call. */
  static SignatureBatch of(CallScope scope) {
    return scope.attachment(SignatureBatch.class, SignatureBatch::new);
  }

  /**
   * Opens it.
   *
   * @throws CallException as the guest's trap, if it is open
   */
  void start() {
    if (open) {
      throw CallException.trap("a batch of signatures was started inside another");
    }
    open = true;
    allRight = true;
  }

  /** Adds a signature; no matter if no batch is open. */
  void add(boolean right) {
    allRight &= right;
  }

  /**
   * Closes it.
   *
   * @return whether all signatures since {@link #start} were right
   * @throws CallException as the guest's trap, if it is not open
   */
  boolean finish() {
    if (!open) {
      throw CallException.trap("a batch of signatures was finished that was never started");
    }
    open = false;
    return allRight;
  }
}
