package org.wasmheap.endive;

import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.HeapConfinementException;
import org.wasmheap.heap.HeapHandle;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.pool.CallException;
import org.wasmheap.pool.CallScope;
import run.endive.runtime.WasmInterruptedException;
import run.endive.wasm.WasmEngineException;
import run.endive.wasm.types.FunctionType;

/**
 * What a call sees of an instance: its exported functions and its heap.
 *
 * <p>Valid on the call's thread until the call ends; afterwards every method throws {@link
 * HeapConfinementException}.
 */
public final class EndiveGuest {
  private static final long[] NO_RESULTS = {};

  private final EndiveInstance instance;
  private final CallScope scope;

  EndiveGuest(EndiveInstance instance, CallScope scope) {
    this.instance = instance;
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
   * Calls an exported function.
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
    FunctionType type = instance.code().exportType(export);
    if (type == null) {
      throw new IllegalArgumentException("the module exports no function '" + export + "'");
    }
    if (type.params().size() != arguments.length) {
      throw new IllegalArgumentException(
          "'" + export + "' takes " + type.params().size() + " arguments, not " + arguments.length);
    }
    try {
      long[] results = instance.export(export).apply(arguments);
      return results == null ? NO_RESULTS : results;
    } catch (WasmInterruptedException e) {
      throw new CallException(FailureKind.INTERRUPTED, "the guest was interrupted", e);
    } catch (WasmEngineException e) {
      throw classified(e);
    }
  }

  /** An engine's exception is a trap, unless the JVM gave up beneath it. */
  private static CallException classified(WasmEngineException e) {
    for (Throwable cause = e.getCause(); cause != null; cause = cause.getCause()) {
      if (cause instanceof StackOverflowError) {
        return new CallException(
            FailureKind.STACK_OVERFLOW, "the guest's calls filled the thread's stack", e);
      }
      if (cause instanceof OutOfMemoryError) {
        return new CallException(FailureKind.OUT_OF_MEMORY, "the JVM is out of memory", e);
      }
    }
    String message = e.getMessage();
    return new CallException(
        FailureKind.TRAP, message == null ? e.getClass().getSimpleName() : message, e);
  }
}
