package org.wasmheap.testkit;

import java.util.Locale;
import org.jspecify.annotations.Nullable;
import org.wasmheap.guest.FailureKind;

/** The rows of the table in the documentation of {@code org.wasmheap.pool}: how a call ends. */
public enum FailureRow {
  NORMAL("returned normally", null, Instance.KEPT, ""),
  ALLOCATOR("fault of the allocator", FailureKind.ALLOCATOR_FAULT, Instance.REPLACED, "every node"),
  TRAP("trap", FailureKind.TRAP, Instance.REPLACED, "every node"),
  RESULT(
      "result outside memory",
      FailureKind.RESULT_OUT_OF_BOUNDS,
      Instance.REPLACED,
      "the same on every node"),
  GROWTH(
      "growth refused by policy, engine or JVM",
      FailureKind.GROWTH_REFUSED,
      Instance.REPLACED,
      "give it more memory"),
  STACK(
      "stack of the thread ran out",
      FailureKind.STACK_OVERFLOW,
      Instance.REPLACED,
      "a larger stack"),
  MEMORY(
      "JVM out of memory, wherever in the call",
      FailureKind.OUT_OF_MEMORY,
      Instance.REPLACED,
      "-Xmx"),
  CODE(
      "exception in a host function or the call's code",
      FailureKind.HOST_FUNCTION,
      Instance.REPLACED,
      "see the cause"),
  IMPORT(
      "call of an import that nobody provides",
      FailureKind.MISSING_IMPORT,
      Instance.REPLACED,
      "provide the function"),
  ENGINE(
      "fault of the engine, the memory or this library",
      FailureKind.ENGINE_FAULT,
      Instance.REPLACED,
      "see the cause"),
  HOOK("exception in a hook", null, Instance.KEPT, ""),
  PUT_BACK("instance could not be put back", null, Instance.REPLACED, ""),
  HANDLE(
      "handle used on another thread or after its call",
      FailureKind.CONFINEMENT,
      Instance.REPLACED,
      "a bug in the embedding code"),
  LATE("deadline passed while running", FailureKind.DEADLINE, Instance.REPLACED, "more time"),
  ABANDONED(
      "thread did not come back from its call",
      FailureKind.DEADLINE,
      Instance.REPLACED_WITH_ITS_THREAD,
      "look at what its host functions wait for"),
  LATE_IN_QUEUE(
      "deadline passed in the queue", FailureKind.DEADLINE, Instance.UNTOUCHED, "use more workers"),
  NO_INSTANCE(
      "factory failed or hung until the deadline",
      FailureKind.DEADLINE,
      Instance.MADE_LATER,
      "more workers or a longer deadline"),
  OUTSIDE(
      "interrupted from outside",
      FailureKind.INTERRUPTED,
      Instance.REPLACED,
      "nothing follows about the guest"),
  CANCELLED("cancelled while running", FailureKind.CANCELLED, Instance.REPLACED, ""),
  CANCELLED_IN_QUEUE("cancelled in the queue", FailureKind.CANCELLED, Instance.UNTOUCHED, ""),
  FULL("no room in the queue", FailureKind.REJECTED, Instance.UNTOUCHED, "submit later"),
  DEEP(
      "more calls deep than allowed",
      FailureKind.NESTED_TOO_DEEP,
      Instance.UNTOUCHED,
      "raise maxDepth"),
  SHUT("submitted after, or cut off by, shutdown", FailureKind.SHUTDOWN, Instance.RETIRED, "shut");

  private enum Instance {
    KEPT("reset, kept"),
    REPLACED("replaced"),
    REPLACED_WITH_ITS_THREAD("replaced, with its thread"),
    UNTOUCHED("untouched"),
    MADE_LATER("made later"),
    RETIRED("retired");

    private final String text;

    Instance(String text) {
      this.text = text;
    }
  }

  private final String what;
  private final @Nullable FailureKind kind;
  private final Instance instance;
  private final String advice;

  FailureRow(String what, @Nullable FailureKind kind, Instance instance, String advice) {
    this.what = what;
    this.kind = kind;
    this.instance = instance;
    this.advice = advice;
  }

  /** The kind of failure; {@code null} if the call succeeds. */
  public @Nullable FailureKind kind() {
    return kind;
  }

  /** What the message must say of what is to be done. */
  public String advice() {
    return advice;
  }

  /** Whether another instance takes the place of the one that the call ran on. */
  public boolean isReplaced() {
    return instance == Instance.REPLACED;
  }

  /**
   * Whether it is the guest's doing: written out here, so that it is not asked of what it tests.
   */
  public boolean isDeterministic() {
    return this == ALLOCATOR || this == TRAP || this == RESULT;
  }

  /** The row as the documentation has it: four columns. */
  public String documented() {
    String ends = kind == null ? "none" : kind.name();
    if (kind == FailureKind.CANCELLED) {
      ends = "the future is cancelled";
    }
    String deterministic = kind == null ? "" : isDeterministic() ? "yes" : "no";
    return String.join(" | ", what, ends, deterministic, instance.text);
  }

  /** For the name of a call. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
