package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallScope;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.Printable;
import run.endive.wasm.types.FunctionType;

/**
 * What a call sees of an instance: its exported functions and its heap.
 *
 * <p>Valid on the call's thread until the call ends; afterwards every method throws {@link
 * HeapConfinementException}.
 */
public final class EndiveGuest {
  private static final long[] NO_RESULTS = {};

  private final GuestExports exports;
  private final CallScope scope;

  EndiveGuest(GuestExports exports, CallScope scope) {
    this.exports = exports;
    this.scope = scope;
  }

  /**
   * The heap of this call.
   *
   * @return a handle that is valid as long as this guest
   */
  public HeapHandle heap() {
    return scope.heap();
  }

  /**
   * Calls an exported function. A host function may do so, too: that is guest code, which a
   * deadline or a cancellation interrupts. The host function gets the exception then, as for any
   * failure of the guest, and is not interrupted itself.
   *
   * @param export name of the function
   * @param arguments one for each parameter; an i32 in the low half
   * @return one value for each result; an i32 in the low half
   * @throws IllegalArgumentException if there is no such function, or it takes another number of
   *     arguments
   * @throws WasmHeapException if the call fails: a fault of the allocator, a trap, or the host's
   *     doing
   */
  public long[] call(String export, long... arguments) {
    scope.heap().check();
    FunctionType type = exports.type(export);
    if (type == null) {
      throw new IllegalArgumentException(
          "the module exports no function '" + Printable.name(export) + "'");
    }
    if (type.params().size() != arguments.length) {
      throw new IllegalArgumentException(
          "'"
              + Printable.name(export)
              + "' takes "
              + type.params().size()
              + " arguments, not "
              + arguments.length);
    }
    boolean entered = false;
    Throwable thrown = null;
    try {
      entered = scope.enterGuest();
      long[] results = exports.function(export).apply(arguments);
      return results == null ? NO_RESULTS : results;
    } catch (RuntimeException | Error e) {
      thrown = e;
      RuntimeException failure = GuestFailures.classified(e, scope.guestWords());
      // The call fails with its guest, also if its own code swallows the exception.
      scope.guestFailed(failure);
      throw failure;
    } finally {
      if (entered) {
        leave(thrown);
      }
    }
  }

  /**
   * Leaves a callback. Fails only for a call that was given up, whose outcome nobody gets; or at
   * the end of the thread's stack. If that was met by a host function inside it that was to be left
   * too, the call is in the host already: nothing to be told in place of what was thrown.
   */
  private void leave(@Nullable Throwable thrown) {
    try {
      scope.exitGuest();
    } catch (IllegalStateException e) {
      if (thrown == null) {
        throw e;
      }
      thrown.addSuppressed(e);
    } catch (StackOverflowError e) {
      scope.guestFailed(GuestFailures.classified(e));
      throw e;
    }
  }

  /** Whether the guest is an instance of this code. */
  boolean isOf(LinkedModule module) {
    return exports.isOf(module);
  }
}
