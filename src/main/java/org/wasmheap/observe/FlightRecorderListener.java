package org.wasmheap.observe;

import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.heap.CallReport;
import org.wasmheap.heap.FailureKind;
import org.wasmheap.heap.Heap;
import org.wasmheap.heap.HeapListener;

/**
 * Writes what heaps and pools do into Java Flight Recorder, as events named {@code org.wasmheap.*}.
 *
 * <p>{@code Call}, {@code Growth} and {@code Exhaustion} may come often and are off unless a
 * recording asks for them; the project's {@code config/wasmheap.jfc} does. {@code Poison} and
 * {@code Replacement} are on. While an event is off, or nothing is recorded, it costs a check.
 *
 * <p>One listener serves any number of pools, from any threads; each event is written on the thread
 * of its hook.
 */
public final class FlightRecorderListener implements HeapListener {
  /** A listener. */
  public FlightRecorderListener() {}

  @Override
  public void callCompleted(CallReport report) {
    FlightEvents.Call event = new FlightEvents.Call();
    if (!event.shouldCommit()) {
      return;
    }
    event.pool = report.pool();
    event.heap = report.heap();
    event.generation = report.generation();
    event.call = report.call();
    event.callName = report.name();
    event.callClass = report.callClass();
    event.outcome = outcome(report);
    event.queueTime = report.queueNanos();
    event.runTime = report.runNanos();
    event.resetTime = report.resetNanos();
    event.pagesBefore = report.pagesBefore();
    event.pagesPeak = report.pagesPeak();
    event.pagesAfter = report.pagesAfter();
    event.allocations = report.allocations();
    event.deallocations = report.deallocations();
    event.bytesAllocatedPeak = report.bytesAllocatedPeak();
    event.blocksRestored = report.blocksRestored();
    event.commit();
  }

  @Override
  public void grown(Heap heap, int fromPages, int toPages, GrowthCause cause) {
    FlightEvents.Growth event = new FlightEvents.Growth();
    if (!event.shouldCommit()) {
      return;
    }
    event.heap = heap.name();
    event.generation = heap.generation();
    event.fromPages = fromPages;
    event.toPages = toPages;
    event.cause = cause.name();
    event.commit();
  }

  @Override
  public void poisoned(Heap heap, AllocatorException cause, PoisonReport report) {
    FlightEvents.Poison event = new FlightEvents.Poison();
    if (!event.shouldCommit()) {
      return;
    }
    AllocatorStatistics statistics = heap.statistics();
    event.heap = heap.name();
    event.generation = heap.generation();
    event.operation = cause.operation().verb();
    event.operand = Integer.toUnsignedLong(cause.operand());
    event.fault = cause.fault().name();
    event.bumper = statistics.bumper();
    event.pages = heap.memory().pages();
    event.bytesAllocated = statistics.bytesAllocated();
    event.commit();
  }

  @Override
  public void replaced(Heap heap, Replacement replacement) {
    FlightEvents.Replacement event = new FlightEvents.Replacement();
    if (!event.shouldCommit()) {
      return;
    }
    event.pool = replacement.pool();
    event.heap = replacement.heap();
    event.replaced = replacement.replaced();
    event.reason = replacement.reason();
    event.took = replacement.nanos();
    event.commit();
  }

  @Override
  public void rejected(Rejection rejection) {
    FlightEvents.Exhaustion event = new FlightEvents.Exhaustion();
    if (!event.shouldCommit()) {
      return;
    }
    event.pool = rejection.pool();
    event.call = rejection.call();
    event.callName = rejection.name();
    event.callClass = rejection.callClass();
    event.waiting = rejection.waiting();
    event.running = rejection.running();
    event.longestWait = rejection.longestWaitNanos();
    event.commit();
  }

  /** How a call ended, for an event or a metric. */
  static String outcome(CallReport report) {
    FailureKind failure = report.failure();
    return failure == null ? COMPLETED : failure.label();
  }

  /** The outcome of a call that did not fail. */
  static final String COMPLETED = "completed";
}
