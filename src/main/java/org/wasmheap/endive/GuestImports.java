package org.wasmheap.endive;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.CallScope;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.memory.WasmHeapException;
import org.wasmheap.text.Printable;
import run.endive.runtime.ImportFunction;
import run.endive.runtime.ImportMemory;
import run.endive.runtime.ImportValues;
import run.endive.wasm.types.FunctionImport;
import run.endive.wasm.types.FunctionType;
import run.endive.wasm.types.MemoryImport;

/**
 * The functions that an instance imports: the allocator, the host functions, and in place of each
 * that nobody provides a failure with its name.
 *
 * <p>Each finds the call that runs in the instance's scope; its handle refuses a call that has
 * ended.
 */
final class GuestImports {
  private static final long[] NO_RESULT = {};

  private final CurrentScope current;

  /** What a function returns its result in; the engine reads it before anything else runs. */
  private final long[] result = new long[1];

  GuestImports(CurrentScope current) {
    this.current = current;
  }

  ImportValues values(LinkedModule code, EndiveMemory memory) {
    ImportValues.Builder values = ImportValues.builder();
    MemoryImport imported = code.shape().memoryImport();
    if (imported != null) {
      values.addMemory(new ImportMemory(imported.module(), imported.name(), memory));
    }
    for (FunctionImport each : code.functionImports()) {
      FunctionType type = code.type(each);
      values.addFunction(
          new ImportFunction(
              each.module(), each.name(), type, handle(each, type, code.provided(each))));
    }
    return values.build();
  }

  private ImportHandle handle(
      FunctionImport imported, FunctionType type, @Nullable HostFunction provided) {
    if (LinkedModule.isMalloc(imported)) {
      return new ImportHandle(new Malloc());
    }
    if (LinkedModule.isFree(imported)) {
      return new ImportHandle(new Free());
    }
    if (provided == null) {
      return new ImportHandle(new Missing(imported));
    }
    return new ImportHandle(new Host(provided, type));
  }

  private final class Malloc extends ImportHandle.Target {
    @Override
    long[] call(long size, long second, long third, long fourth, long @Nullable [] all) {
      return resultOf(current.require().heap().malloc((int) size));
    }
  }

  private final class Free extends ImportHandle.Target {
    @Override
    long[] call(long pointer, long second, long third, long fourth, long @Nullable [] all) {
      current.require().heap().free((int) pointer);
      return NO_RESULT;
    }
  }

  private final class Host extends ImportHandle.Target {
    private final HostFunction function;
    private final int parameters;
    private final boolean returns;

    Host(HostFunction function, FunctionType type) {
      this.function = function;
      this.parameters = type.params().size();
      this.returns = !type.returns().isEmpty();
    }

    @Override
    long[] call(long first, long second, long third, long fourth, long @Nullable [] all) {
      long[] arguments =
          switch (parameters) {
            case 0 -> new long[] {};
            case 1 -> new long[] {first};
            case 2 -> new long[] {first, second};
            case 3 -> new long[] {first, second, third};
            case 4 -> new long[] {first, second, third, fourth};
            default -> Objects.requireNonNull(all);
          };
      long value = run(function, arguments);
      return returns ? resultOf(value) : NO_RESULT;
    }
  }

  private static final class Missing extends ImportHandle.Target {
    private final FunctionImport imported;

    Missing(FunctionImport imported) {
      this.imported = imported;
    }

    @Override
    long[] call(long first, long second, long third, long fourth, long @Nullable [] all) {
      throw missing(imported);
    }
  }

  private static CallException missing(FunctionImport imported) {
    return new CallException(
        FailureKind.MISSING_IMPORT,
        "the guest called the import "
            + LinkedModule.printableName(imported)
            + ", which the host does not provide",
        null);
  }

  private long run(HostFunction function, long[] arguments) {
    CallScope scope = current.require();
    boolean entered = scope.enterHost();
    long value;
    try {
      value = function.body().run(scope, arguments);
    } catch (StackOverflowError | OutOfMemoryError e) {
      leave(scope, entered, e);
      throw e;
    } catch (Throwable e) {
      RuntimeException failure = failed(function, e);
      scope.guestFailed(failure); // First: leaving tells that the call was to be interrupted.
      leave(scope, entered, failure);
      throw failure;
    }
    if (entered) {
      scope.exitHost();
    }
    return value;
  }

  /**
   * Leaves a host function that failed: its failure counts, not that it was to be interrupted. Nor
   * that it was left already: a callback inside it that had no stack to come back with stays where
   * it was, in the guest.
   */
  private static void leave(CallScope scope, boolean entered, Throwable failure) {
    if (entered) {
      try {
        scope.exitHost();
      } catch (CallException | IllegalStateException e) {
        failure.addSuppressed(e);
      }
    }
  }

  private static RuntimeException failed(HostFunction function, Throwable e) {
    if (e instanceof WasmHeapException known) {
      return known;
    }
    return new CallException(
        FailureKind.HOST_FUNCTION,
        "host function " + LinkedModule.printableName(function) + " failed: " + text(e),
        e);
  }

  /** Anybody's code says what its exception is: it must not become another failure. */
  private static String text(Throwable e) {
    try {
      return Printable.text(e.toString());
    } catch (RuntimeException again) {
      e.addSuppressed(again);
      return e.getClass().getName();
    }
  }

  private long[] resultOf(long value) {
    result[0] = value;
    return result;
  }
}
