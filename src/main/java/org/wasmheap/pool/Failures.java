package org.wasmheap.pool;

import org.jspecify.annotations.Nullable;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.Heap;

/** Says which kind of failure an exception is: the table in this package's documentation. */
final class Failures {
  private Failures() {}

  /**
   * The exception that the call's future gets.
   *
   * @param thrown what ended the call
   * @param interrupted why the call was interrupted, if it was
   */
  static CallException of(
      Throwable thrown, @Nullable FailureKind interrupted, CallTask<?, ?> task, Heap heap) {
    FailureKind kind = kindOf(thrown);
    // A guest that trapped by itself in the moment of its interruption has trapped all the same.
    if (interrupted != null && !kind.isDeterministic()) {
      kind = interrupted;
    }
    return new CallException(
        kind,
        "call "
            + task.number()
            + " '"
            + task.name()
            + "' on heap "
            + heap.name()
            + " (generation "
            + heap.generation()
            + ") failed: "
            + kind.label()
            + ": "
            + detail(thrown)
            + "; "
            + advice(kind),
        thrown);
  }

  /**
   * The executor itself failed at a call: nothing of it may be believed, least of all of the guest.
   */
  static CallException broken(Throwable thrown, CallTask<?, ?> task) {
    FailureKind kind = kindOf(thrown);
    return new CallException(
        kind.isDeterministic() ? FailureKind.HOST_FUNCTION : kind,
        "call " + task.number() + " was lost by its executor: " + detail(thrown),
        thrown);
  }

  /** A call was not accepted. */
  static CallException rejected(
      CallTask<?, ?> task, String pool, CallQueue.Phase phase, CallQueue<?> queue) {
    return new CallException(
        phase == CallQueue.Phase.OPEN ? FailureKind.REJECTED : FailureKind.SHUTDOWN,
        "call "
            + task.number()
            + " '"
            + task.name()
            + "' to "
            + pool
            + " was rejected: "
            + (phase == CallQueue.Phase.OPEN
                ? queue.waiting()
                    + " calls wait, "
                    + queue.running()
                    + " run; submit later, or raise workers or queueCapacity"
                : "the executor is shut down"),
        null);
  }

  /** Shutdown did not wait for a call. */
  static CallException cutOff(CallTask<?, ?> task, String pool, String how) {
    return new CallException(
        FailureKind.SHUTDOWN,
        "call "
            + task.number()
            + " '"
            + task.name()
            + "' still "
            + how
            + " when "
            + pool
            + " shut down; nothing follows about the guest",
        null);
  }

  private static FailureKind kindOf(Throwable thrown) {
    return thrown instanceof CallException call ? call.kind() : FailureKind.of(thrown);
  }

  private static String detail(Throwable thrown) {
    String message = thrown.getMessage();
    return message == null ? thrown.getClass().getName() : message;
  }

  private static String advice(FailureKind kind) {
    return switch (kind) {
      case ALLOCATOR_FAULT, TRAP, RESULT_OUT_OF_BOUNDS ->
          "the guest's doing, the same on every node";
      case GROWTH_REFUSED -> "the host's doing; give it more memory and call again";
      case STACK_OVERFLOW -> "the host's doing; give workers a larger stack and call again";
      case OUT_OF_MEMORY -> "the host's doing; raise -Xmx or use fewer instances";
      case DEADLINE -> "the host's doing; allow more time or look for an endless loop";
      case HOST_FUNCTION -> "the host's doing; see the cause";
      case CONFINEMENT -> "a bug in the embedding code; see the cause";
      case CANCELLED, INTERRUPTED, REJECTED, SHUTDOWN -> "nothing follows about the guest";
    };
  }
}
