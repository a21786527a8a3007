package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;
import run.endive.runtime.Instance;
import run.endive.runtime.WasmFunctionHandle;

/**
 * What the engine calls for an import, whichever it is.
 *
 * <p>The engine packs the arguments of each call into an array. There is one class of handles, it
 * is small, and makes one call only: so the compiler inlines it where the guest calls, finds that
 * the array goes nowhere, and makes none. With a class for each kind of import, or with more than
 * one call in here, it does not, and each {@code malloc} and {@code free} makes 24 bytes of
 * garbage.
 */
final class ImportHandle implements WasmFunctionHandle {
  /** How many arguments are handed over one by one. */
  static final int SINGLES = 4;

  private final Target target;

  /** What an import does. A class and not an interface, as a call of it costs less. */
  abstract static class Target {
    /**
     * The import is called. The first {@link #SINGLES} arguments stand for themselves, 0 where
     * there are fewer.
     *
     * @param all all of them, if there are more; else {@code null}
     * @return its results; the engine reads them before anything else runs
     */
    abstract long[] call(long first, long second, long third, long fourth, long @Nullable [] all);
  }

  ImportHandle(Target target) {
    this.target = target;
  }

  @Override
  public long[] apply(Instance engine, long... arguments) {
    int number = arguments.length;
    return target.call(
        number > 0 ? arguments[0] : 0,
        number > 1 ? arguments[1] : 0,
        number > 2 ? arguments[2] : 0,
        number > 3 ? arguments[3] : 0,
        number > SINGLES ? arguments : null);
  }
}
