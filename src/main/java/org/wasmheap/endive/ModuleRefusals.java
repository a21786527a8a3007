package org.wasmheap.endive;

import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.ModuleRefusedException.Reason;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.memory.GrowthRefusedException;
import org.wasmheap.text.Printable;
import run.endive.wasm.WasmEngineException;

/**
 * Says why a module was refused, whatever parser, validator, compiler or start function threw.
 *
 * <p>Apart from {@link EndiveModule}, which must be linked without the engine, to say that it is
 * missing.
 */
final class ModuleRefusals {
  /** What the engine writes class files with; its exceptions say that something does not fit. */
  private static final String CLASS_WRITER = "org.objectweb.asm.";

  private ModuleRefusals() {}

  /** A failure of parsing, validating or compiling. */
  static ModuleRefusedException ofLoading(Throwable failure) {
    if (failure instanceof ModuleRefusedException known) {
      return known;
    }
    if (failure instanceof OutOfMemoryError) {
      return refused(
          Reason.TOO_LARGE,
          "the JVM has not the memory to parse and compile it ("
              + Printable.text(String.valueOf(failure.getMessage()))
              + ")",
          failure);
    }
    if (failure instanceof StackOverflowError) {
      return refused(
          Reason.TOO_LARGE,
          "parsing and compiling it takes more stack than the threads have that load",
          failure);
    }
    if (isLimitOfClassFiles(failure)) {
      return refused(
          Reason.TOO_LARGE,
          "the engine cannot take it, for a limit of its own: it does not fit into class files of"
              + " the JVM ("
              + Printable.text(String.valueOf(failure))
              + ")",
          failure);
    }
    if (failure instanceof LinkageError) {
      return refused(
          Reason.UNSUPPORTED,
          "the JVM does not take what the engine made of it ("
              + Printable.text(failure.toString())
              + ")",
          failure);
    }
    return failure instanceof WasmEngineException engine
        ? refused(Reason.INVALID, reason(engine), engine)
        // Parser and compiler guard neither each length nor each index of a hostile binary.
        : refused(
            Reason.INVALID,
            "it is malformed (" + Printable.text(failure.toString()) + ")",
            failure);
  }

  static ModuleRefusedException interrupted() {
    return new ModuleRefusedException(
        Reason.INTERRUPTED, "module refused: the thread that loads it was interrupted", null);
  }

  /** The engine wraps some of them. */
  private static boolean isLimitOfClassFiles(Throwable failure) {
    Throwable cause = failure.getCause();
    return failure.getClass().getName().startsWith(CLASS_WRITER)
        || (cause != null && cause.getClass().getName().startsWith(CLASS_WRITER));
  }

  /** A failure of making an instance, as callers see it. */
  static ModuleRefusedException ofInstance(Throwable failure) {
    if (failure instanceof ModuleRefusedException known) {
      return known;
    }
    RuntimeException kind = GuestFailures.classified(failure);
    if (kind instanceof GrowthRefusedException) {
      return refused(Reason.TOO_LARGE, kind.getMessage(), failure);
    }
    return switch (kind instanceof CallException call ? call.kind() : FailureKind.of(kind)) {
      case INTERRUPTED ->
          refused(
              Reason.INTERRUPTED,
              "its start function was interrupted, which says nothing of the module",
              failure);
      case OUT_OF_MEMORY ->
          refused(Reason.TOO_LARGE, "the JVM has not the memory for an instance of it", failure);
      case STACK_OVERFLOW ->
          refused(
              Reason.TOO_LARGE, "its start function needs more stack than the thread has", failure);
      case MISSING_IMPORT ->
          refused(Reason.UNSUPPORTED, "its start function fails: " + kind.getMessage(), failure);
      case TRAP ->
          refused(Reason.INVALID, "its start function fails: " + kind.getMessage(), failure);
      default ->
          failure instanceof WasmEngineException engine
              ? refused(Reason.INVALID, reason(engine), failure)
              : refused(Reason.UNSUPPORTED, kind.getMessage(), failure);
    };
  }

  private static ModuleRefusedException refused(
      ModuleRefusedException.Reason reason, @Nullable String why, Throwable cause) {
    return new ModuleRefusedException(reason, "module refused: " + why, cause);
  }

  /** The engine's own words, but where they do not say what the matter is. */
  private static String reason(WasmEngineException e) {
    String message = String.valueOf(e.getMessage());
    return Printable.text(
        message.contains("invalid memory limit")
            ? "its memory has 64-bit addresses, or limits that are malformed (" + message + ")"
            : message);
  }
}
