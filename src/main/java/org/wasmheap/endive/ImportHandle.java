package org.wasmheap.endive;

import run.endive.runtime.Instance;
import run.endive.runtime.WasmFunctionHandle;

/**
 * What the engine calls for an import, whichever it is.
 *
 * <p>The engine packs the arguments of each call into an array. There is one class of handles, and
 * it is small: so the compiler inlines it where the guest calls, finds that the array goes nowhere,
 * and makes none. With a class for each kind of import the array was 24 bytes and more of garbage
 * for each {@code malloc}.
 */
final class ImportHandle implements WasmFunctionHandle {
  private final Target target;

  /** What an import does. A class and not an interface, as a call of it costs less. */
  abstract static class Target {
    /**
     * The import is called with up to four arguments.
     *
     * @return its results; the engine reads them before anything else runs
     */
    abstract long[] call(long first, long second, long third, long fourth);

    /** The same with more arguments than that. */
    abstract long[] callWith(long[] arguments);
  }

  ImportHandle(Target target) {
    this.target = target;
  }

  @Override
  public long[] apply(Instance engine, long... arguments) {
    return switch (arguments.length) {
      case 0 -> target.call(0, 0, 0, 0);
      case 1 -> target.call(arguments[0], 0, 0, 0);
      case 2 -> target.call(arguments[0], arguments[1], 0, 0);
      case 3 -> target.call(arguments[0], arguments[1], arguments[2], 0);
      case 4 -> target.call(arguments[0], arguments[1], arguments[2], arguments[3]);
      default -> target.callWith(arguments);
    };
  }
}
