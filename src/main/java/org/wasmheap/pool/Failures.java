package org.wasmheap.pool;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.text.Printable;

/** Says which kind of failure an exception is: the table in this package's documentation. */
final class Failures {
  private Failures() {}

  /**
   * The exception that the call's future gets. What came first counts. Of a failure that the heap
   * keeps, it is known whether it came before an interruption; of one that only left the call's own
   * code, it is not, and then no verdict follows.
   *
   * @param thrown what ended the call
   * @param interrupted why the call was interrupted, if it was
   */
  static CallException of(
      Throwable thrown, @Nullable FailureKind interrupted, CallTask<?, ?> task, Heap heap) {
    HeapView view = heap.view();
    FailureKind kind = kindOf(thrown);
    if (interrupted != null && (thrown != heap.firstCause() || heap.isInterruptedFirst())) {
      kind = interrupted;
    }
    return new CallException(
        kind,
        about(task)
            + " on heap "
            + Printable.name(view.name())
            + " (generation "
            + view.generation()
            + ") failed: "
            + kind.label()
            + ": "
            + detail(thrown)
            + "; "
            + advice(kind),
        thrown,
        poisonReport(thrown, kind, heap));
  }

  /** That of this call, or of the call that it made and that failed it. */
  private static @Nullable PoisonReport poisonReport(
      Throwable thrown, FailureKind kind, Heap heap) {
    if (kind != FailureKind.ALLOCATOR_FAULT && kind != FailureKind.ENGINE_FAULT) {
      return null;
    }
    return thrown instanceof CallException inner
        ? inner.poisonReport().orElse(null)
        : heap.poisonReport();
  }

  /** Ends a call at which the executor itself failed, for want of memory, say. */
  static void endBroken(CallTask<?, ?> task, Throwable thrown) {
    try {
      task.fail(broken(thrown, task));
    } catch (Throwable again) {
      task.failAsBroken(false); // With words that need no memory.
    }
  }

  /**
   * The executor itself failed at a call: nothing of it may be believed, least of all of the guest.
   */
  private static CallException broken(Throwable thrown, CallTask<?, ?> task) {
    FailureKind kind = kindOf(thrown);
    return new CallException(
        kind.isDeterministic() || kind == FailureKind.HOST_FUNCTION
            ? FailureKind.ENGINE_FAULT
            : kind,
        "the executor broke down at call " + task.number() + ": " + detail(thrown),
        thrown);
  }

  /** A call was not accepted. */
  static CallException rejected(CallTask<?, ?> task, String pool, CallQueue.Refusal refusal) {
    if (refusal.phase() != CallQueue.Phase.OPEN) {
      return closed(task, pool);
    }
    return new CallException(
        FailureKind.REJECTED,
        about(task)
            + " to "
            + Printable.name(pool)
            + " was rejected: "
            + refusal.waiting()
            + " "
            + task.callClass().label()
            + " calls wait, the oldest for "
            + TimeUnit.NANOSECONDS.toMillis(refusal.longestWaitNanos())
            + " ms, and "
            + refusal.running()
            + " calls run; submit later, or raise workers or queueCapacity",
        null);
  }

  /** A call was not accepted any more. */
  static CallException closed(CallTask<?, ?> task, String pool) {
    return new CallException(
        FailureKind.SHUTDOWN,
        about(task) + " to " + Printable.name(pool) + " was rejected: the executor is shut down",
        null);
  }

  /** A call of a worker's thread was not accepted, since too many run on it already. */
  static CallException tooDeep(CallTask<?, ?> task, String pool, int maxDepth) {
    return new CallException(
        FailureKind.NESTED_TOO_DEEP,
        about(task)
            + " to "
            + Printable.name(pool)
            + " was rejected: it would be more than "
            + maxDepth
            + " calls deep on one thread; look for calls that make each other, or raise maxDepth",
        null);
  }

  /**
   * A call of a worker's thread got no instance in its time. Why none could be made is the cause,
   * if that was it.
   */
  static CallException noInstance(
      CallTask<?, ?> task, String pool, @Nullable Throwable factoryFailure) {
    return new CallException(
        FailureKind.DEADLINE,
        about(task)
            + " to "
            + Printable.name(pool)
            + " passed its deadline before an instance was ready for it"
            + factory(factoryFailure, "; look at what the factory does"),
        factoryFailure);
  }

  /** A call was to end before its guest could begin. */
  static CallException stopped(CallTask<?, ?> task, FailureKind why) {
    return new CallException(
        why, about(task) + " was never started: " + why.label() + "; " + advice(why), null);
  }

  /** A call had been given up before it returned. */
  static CallException late(CallTask<?, ?> task) {
    return new CallException(
        FailureKind.DEADLINE, about(task) + " returned after it had been given up", null);
  }

  /**
   * A call passed its deadline in the queue. Why an instance that was needed could not be made is
   * the cause, if that was it.
   */
  static CallException expired(CallTask<?, ?> task, @Nullable Throwable factoryFailure) {
    return new CallException(
        FailureKind.DEADLINE,
        about(task)
            + " passed its deadline in the queue and was never started"
            + factory(factoryFailure, "; use more workers or a longer deadline"),
        factoryFailure);
  }

  /** A call did not react to its interruption. */
  static CallException abandoned(CallTask<?, ?> task) {
    return new CallException(
        FailureKind.DEADLINE,
        about(task)
            + " passed its deadline and did not react to its interruption; look at what its host"
            + " functions wait for",
        null);
  }

  /**
   * Shutdown did not wait for a call. Why an instance that was needed could not be made is the
   * cause, if that was it.
   */
  static CallException cutOff(
      CallTask<?, ?> task, String pool, String how, @Nullable Throwable factoryFailure) {
    return new CallException(
        FailureKind.SHUTDOWN,
        about(task)
            + " still "
            + how
            + " when "
            + Printable.name(pool)
            + " shut down; nothing follows about the guest"
            + factory(factoryFailure, ""),
        factoryFailure);
  }

  /** Why there is no instance, if that is it; else what to do. */
  private static String factory(@Nullable Throwable failure, String otherwise) {
    return failure == null ? otherwise : "; no instance could be made: " + detail(failure);
  }

  private static String about(CallTask<?, ?> task) {
    return "call " + task.number() + " '" + Printable.name(task.name()) + "'";
  }

  private static FailureKind kindOf(Throwable thrown) {
    return thrown instanceof CallException call ? call.kind() : FailureKind.of(thrown);
  }

  private static String detail(Throwable thrown) {
    String message;
    try {
      message = thrown.getMessage();
    } catch (Throwable e) {
      message = null; // Anybody's code: it must not keep a call from ending.
    }
    return message == null ? thrown.getClass().getName() : Printable.text(message);
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
      case MISSING_IMPORT -> "the host's doing; provide the function and call again";
      case ENGINE_FAULT ->
          "a fault of the engine, the memory or this library, and no verdict on the guest; see the"
              + " cause";
      case CONFINEMENT -> "a bug in the embedding code; see the cause";
      case CANCELLED, INTERRUPTED, REJECTED, NESTED_TOO_DEEP, SHUTDOWN ->
          "nothing follows about the guest";
    };
  }
}
