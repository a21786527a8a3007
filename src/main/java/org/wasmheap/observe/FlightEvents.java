package org.wasmheap.observe;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Enabled;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import org.jspecify.annotations.Nullable;

/**
 * The events as Flight Recorder sees them, one class for each. Names of events and fields are what
 * people's queries depend on. None takes a stack trace: it would be the executor's own.
 */
final class FlightEvents {
  private FlightEvents() {}

  @Name("org.wasmheap.Call")
  @Label("Call")
  @Description("A call that ran on a heap is over, and the heap is put back or retired")
  @Category("WebAssembly Heaps")
  @StackTrace(false)
  @Enabled(false)
  static final class Call extends Event {
    @Label("Pool")
    @Nullable String pool;

    @Label("Heap")
    @Nullable String heap;

    @Label("Generation")
    @Description("The heap's count of calls, this one included")
    long generation;

    @Label("Call")
    @Description("Number of the call, unique in its pool")
    long call;

    @Label("Name")
    @Nullable String callName;

    @Label("Class")
    @Nullable String callClass;

    @Label("Outcome")
    @Description("completed, or the kind of failure")
    @Nullable String outcome;

    @Label("Queue Time")
    @Description("From submission until the call began on its heap")
    @Timespan(Timespan.NANOSECONDS)
    long queueTime;

    @Label("Run Time")
    @Timespan(Timespan.NANOSECONDS)
    long runTime;

    @Label("Reset Time")
    @Description("To put the heap back; 0 if it was discarded")
    @Timespan(Timespan.NANOSECONDS)
    long resetTime;

    @Label("Pages Before")
    int pagesBefore;

    @Label("Pages at the Peak")
    int pagesPeak;

    @Label("Pages After")
    int pagesAfter;

    @Label("Allocations")
    long allocations;

    @Label("Deallocations")
    long deallocations;

    @Label("Peak of Bytes Allocated")
    @Description("Headers included")
    @DataAmount
    long bytesAllocatedPeak;

    @Label("Blocks Restored")
    int blocksRestored;
  }

  @Name("org.wasmheap.Growth")
  @Label("Growth")
  @Description("A heap's memory has grown")
  @Category("WebAssembly Heaps")
  @StackTrace(false)
  @Enabled(false)
  static final class Growth extends Event {
    @Label("Pool")
    @Nullable String pool;

    @Label("Heap")
    @Nullable String heap;

    @Label("Generation")
    long generation;

    @Label("Call")
    @Description("Number of the call, unique in its pool")
    long call;

    @Label("Name")
    @Nullable String callName;

    @Label("From Pages")
    int fromPages;

    @Label("To Pages")
    int toPages;

    @Label("Cause")
    @Description("Who asked: ALLOCATOR or GUEST")
    @Nullable String cause;
  }

  @Name("org.wasmheap.Poison")
  @Label("Poison")
  @Description("An allocator failed: the first cause, once for each poison")
  @Category("WebAssembly Heaps")
  @StackTrace(false)
  static final class Poison extends Event {
    @Label("Pool")
    @Nullable String pool;

    @Label("Heap")
    @Nullable String heap;

    @Label("Generation")
    long generation;

    @Label("Call")
    @Description("Number of the call, unique in its pool")
    long call;

    @Label("Name")
    @Nullable String callName;

    @Label("Operation")
    @Nullable String operation;

    @Label("Operand")
    @Description("The size or the pointer, u32")
    long operand;

    @Label("Fault")
    @Nullable String fault;

    @Label("Bumper")
    long bumper;

    @Label("Pages")
    int pages;

    @Label("Bytes Allocated")
    @DataAmount
    long bytesAllocated;
  }

  @Name("org.wasmheap.Replacement")
  @Label("Replacement")
  @Description("A heap took the place of one that was discarded")
  @Category("WebAssembly Heaps")
  @StackTrace(false)
  static final class Replacement extends Event {
    @Label("Pool")
    @Nullable String pool;

    @Label("Heap")
    @Nullable String heap;

    @Label("Replaced Heap")
    @Nullable String replaced;

    @Label("Reason")
    @Nullable String reason;

    @Label("Took")
    @Description("From discarding the old one until the new one was ready")
    @Timespan(Timespan.NANOSECONDS)
    long took;
  }

  @Name("org.wasmheap.Rejection")
  @Label("Rejection")
  @Description("A call found no room in the queue")
  @Category("WebAssembly Heaps")
  @StackTrace(false)
  @Enabled(false)
  static final class Rejection extends Event {
    @Label("Pool")
    @Nullable String pool;

    @Label("Call")
    long call;

    @Label("Name")
    @Nullable String callName;

    @Label("Class")
    @Nullable String callClass;

    @Label("Waiting")
    @Description("Calls of this class that wait")
    int waiting;

    @Label("Running")
    @Description("Calls of all classes that run")
    int running;

    @Label("Longest Wait")
    @Description("How long the oldest of this class has waited")
    @Timespan(Timespan.NANOSECONDS)
    long longestWait;
  }
}
