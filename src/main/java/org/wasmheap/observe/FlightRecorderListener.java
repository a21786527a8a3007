package org.wasmheap.observe;

import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.text.Printable;

/**
 * Writes what heaps and pools do into Java Flight Recorder, as events named {@code org.wasmheap.*}.
 *
 * <p>{@code Call}, {@code Growth} and {@code Rejection} may come often and are off unless a
 * recording asks for them; the project's {@code config/wasmheap.jfc} does. {@code Poison} and
 * {@code Replacement} are on. While an event is off, or nothing is recorded, it costs a check.
 *
 * <p>One listener serves any number of pools, from any threads; each event is written on the thread
 * of its hook.
 */
public final class FlightRecorderListener implements PoolListener {
  /** A listener. */
  public FlightRecorderListener() {}

  @Override
  public void callCompleted(CallReport report) {
    FlightEvents.Call event = new FlightEvents.Call();
    if (!event.shouldCommit()) {
      return;
    }
    event.pool = Printable.name(report.pool());
    event.heap = Printable.name(report.heap());
    event.generation = report.generation();
    event.call = report.call();
    event.callName = Printable.name(report.name());
    event.callClass = report.callClass().label();
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
  public void grown(HeapView heap, int fromPages, int toPages, GrowthPolicy.Cause cause) {
    FlightEvents.Growth event = new FlightEvents.Growth();
    if (!event.shouldCommit()) {
      return;
    }
    event.pool = Printable.name(heap.pool());
    event.heap = Printable.name(heap.name());
    event.generation = heap.generation();
    event.call = heap.call();
    String callName = heap.callName();
    event.callName = callName == null ? null : Printable.name(callName);
    event.fromPages = fromPages;
    event.toPages = toPages;
    event.cause = cause.name();
    event.commit();
  }

  @Override
  public void poisoned(HeapView heap, PoisonReport report) {
    FlightEvents.Poison event = new FlightEvents.Poison();
    if (!event.shouldCommit()) {
      return;
    }
    event.pool = Printable.name(heap.pool());
    event.heap = Printable.name(report.heap());
    event.generation = report.generation();
    event.call = report.call();
    event.callName = Printable.name(report.callName());
    event.operation = report.operation().verb();
    event.operand = report.operand();
    event.fault = report.fault().name();
    event.bumper = report.statistics().bumper();
    event.pages = report.pages();
    event.bytesAllocated = report.statistics().bytesAllocated();
    event.commit();
  }

  @Override
  public void replaced(HeapView heap, Replacement replacement) {
    FlightEvents.Replacement event = new FlightEvents.Replacement();
    if (!event.shouldCommit()) {
      return;
    }
    event.pool = Printable.name(replacement.pool());
    event.heap = Printable.name(replacement.heap());
    event.replaced = Printable.name(replacement.replaced());
    event.reason = replacement.label();
    event.took = replacement.nanos();
    event.commit();
  }

  @Override
  public void rejected(Rejection rejection) {
    FlightEvents.Rejection event = new FlightEvents.Rejection();
    if (!event.shouldCommit()) {
      return;
    }
    event.pool = Printable.name(rejection.pool());
    event.call = rejection.call();
    event.callName = Printable.name(rejection.name());
    event.callClass = rejection.callClass().label();
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
