package org.wasmheap.endive;

import java.util.concurrent.Callable;
import java.util.concurrent.Semaphore;
import org.wasmheap.endive.ModuleRefusedException.Reason;

/**
 * The Java heap that the engine's lists of instructions may take while they are parsed and
 * compiled, for all loads of a JVM together: a load that would go beyond it waits until another
 * part is done. What can never fit is refused before it is begun. Otherwise it would end in an
 * error of the JVM, for whichever thread wants memory then.
 *
 * <p>Any thread.
 */
final class ParseMemory {
  /** What the engine takes for one while it parses and compiles: measured, on JDK 17. */
  private static final int BYTES_OF_AN_INSTRUCTION = 110;

  /** Of a function without its code: two instructions, and the lists that they lie in. */
  private static final int BYTES_OF_A_STUB = 250;

  /** The class file, until the JVM has made a class of it; for Westend's runtime it is 9. */
  private static final int BYTES_OF_COMPILED_INSTRUCTION = 12;

  /** The module's bytes as they are given, as they are rewritten, and as they are in parts. */
  private static final int COPIES = 3;

  /** A permit is so many bytes. */
  private static final int UNIT_SHIFT = 10;

  private static final ParseMemory OF_JVM = new ParseMemory(Runtime.getRuntime().maxMemory());

  private final long most;
  private final int units;
  private final Semaphore free;

  /**
   * Half of a heap is for lists of instructions, a quarter for class files and the module's bytes,
   * the rest for all else.
   *
   * @param most how large the heap may become, in bytes
   */
  ParseMemory(long most) {
    this.most = most;
    this.units = (int) Math.min(Integer.MAX_VALUE, (most / 2) >> UNIT_SHIFT);
    this.free = new Semaphore(units, true); // Fair, or a large part would wait behind all small.
  }

  /** That of the JVM. */
  static ParseMemory ofJvm() {
    return OF_JVM;
  }

  /** What a module takes of which only a part has its code. */
  static long bytes(long instructions, int functions) {
    return instructions * BYTES_OF_AN_INSTRUCTION + (long) functions * BYTES_OF_A_STUB;
  }

  /** How many instructions a part should have at most, so that all of so many fit at once. */
  long instructionsOf(int parts) {
    return most / 2 / parts / BYTES_OF_AN_INSTRUCTION;
  }

  /**
   * Refuses a module whose largest part does not fit, or whose class files do not.
   *
   * @param instructions of all its functions
   * @param moduleBytes how long it is
   * @param largest what {@link #bytes} says of the part
   */
  void require(long instructions, int moduleBytes, long largest) {
    long kept = instructions * BYTES_OF_COMPILED_INSTRUCTION + (long) moduleBytes * COPIES;
    long needed = Math.max(largest * 2, kept * 4);
    if (needed > most) {
      throw tooLarge(instructions, needed);
    }
  }

  /** Refuses a module that is parsed in one, and stays as it is then. */
  void requireKept(long instructions) {
    long bytes = bytes(instructions, 0);
    if (bytes > most) {
      throw tooLarge(instructions, bytes);
    }
  }

  private ModuleRefusedException tooLarge(long instructions, long bytes) {
    return new ModuleRefusedException(
        Reason.TOO_LARGE,
        "module refused: to parse and compile its "
            + instructions
            + " instructions the engine needs a JVM of some "
            + ((bytes >> 20) + 1)
            + " MiB, and this one may have "
            + (most >> 20)
            + "; raise -Xmx",
        null);
  }

  /**
   * Does work that takes so many bytes, as soon as they are free; what takes more than all of them,
   * as a module that stays as it is parsed may, is alone with it. The work must not come here
   * again.
   */
  <T> T with(long bytes, Callable<T> work) throws Exception {
    int taken = Math.min(units(bytes), units);
    free.acquire(taken);
    try {
      return work.call();
    } finally {
      free.release(taken);
    }
  }

  private static int units(long bytes) {
    return (int) Math.min(Integer.MAX_VALUE, (bytes >> UNIT_SHIFT) + 1);
  }
}
