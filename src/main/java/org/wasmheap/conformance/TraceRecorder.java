package org.wasmheap.conformance;

import com.google.common.hash.HashCode;
import com.google.common.hash.Hasher;
import com.google.common.hash.Hashing;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.wasmheap.allocator.AllocatorException;
import org.wasmheap.allocator.AllocatorException.Operation;
import org.wasmheap.allocator.AllocatorStatistics;
import org.wasmheap.allocator.BlockLimit;
import org.wasmheap.conformance.Trace.Header;
import org.wasmheap.conformance.Trace.Kind;
import org.wasmheap.heap.GrowthPolicy;
import org.wasmheap.heap.HeapObserver;
import org.wasmheap.heap.HeapView;

/**
 * Records the allocator trace of each call of one heap.
 *
 * <p>The trace of a call can be asked for once the call is over and until the next begins, on the
 * heap's thread: in the hook that tells of the end of a call, say.
 */
public final class TraceRecorder implements HeapObserver {
  private static final int FIRST_CAPACITY = 64 * Trace.STEP_INTS;

  /** Steps that are kept at most, 48 MB: an endless call must not take the process with it. */
  private static final int MAX_STEPS = 1 << 22;

  private final HeapView heap;
  private final int maxInts;
  private int[] steps;
  private int length;
  private boolean cut;
  private Hasher hasher = Hashing.murmur3_128().newHasher();
  private HashCode fingerprint = HashCode.fromInt(0);
  private int initialPages;
  private int maximumPages;
  private int finalPages;
  private long heapBase;
  private BlockLimit blockLimit = BlockLimit.ON_CHAIN;
  private @Nullable AllocatorStatistics statistics;

  /**
   * A recorder for one heap, to be set with {@link HeapView#observe}.
   *
   * @param heap the heap
   */
  public TraceRecorder(HeapView heap) {
    this(heap, MAX_STEPS);
  }

  private TraceRecorder(HeapView heap, int maxSteps) {
    this.heap = heap;
    this.maxInts = maxSteps * Trace.STEP_INTS;
    this.steps = new int[Math.min(FIRST_CAPACITY, maxInts)];
  }

  /**
   * A recorder that keeps no steps: for telling traces apart, in little memory.
   *
   * @param heap the heap
   * @return a recorder whose {@link #trace} cannot be asked for
   */
  public static TraceRecorder ofFingerprints(HeapView heap) {
    return new TraceRecorder(heap, 0);
  }

  @Override
  public void began() {
    length = 0;
    cut = false;
    hasher = Hashing.murmur3_128().newHasher();
    statistics = null;
    initialPages = heap.memory().pages();
    maximumPages = heap.memory().maximumPages();
    heapBase = heap.heapBase();
    blockLimit = heap.blockLimit();
  }

  @Override
  public void allocated(int size, int pointer) {
    add(Kind.ALLOCATE, size, pointer);
  }

  @Override
  public void deallocated(int pointer) {
    add(Kind.DEALLOCATE, pointer, 0);
  }

  @Override
  public void failed(AllocatorException fault) {
    add(
        fault.operation() == Operation.ALLOCATE ? Kind.ALLOCATE_FAILED : Kind.DEALLOCATE_FAILED,
        fault.operand(),
        Trace.code(fault.fault()));
  }

  @Override
  public void grown(int fromPages, int toPages, GrowthPolicy.Cause cause) {
    add(
        cause == GrowthPolicy.Cause.ALLOCATOR ? Kind.ALLOCATOR_GREW : Kind.GUEST_GREW,
        fromPages,
        toPages);
  }

  @Override
  public void ended() {
    statistics = heap.statistics();
    finalPages = heap.memory().pages();
    fingerprint = hasher.hash();
  }

  /**
   * A fingerprint of the last call's steps: equal for equal traces, and different for different
   * ones but for a chance of 2^-128.
   *
   * @return 128 bits
   */
  public HashCode fingerprint() {
    return fingerprint;
  }

  /**
   * The trace of the last call.
   *
   * @param status how it ended: {@code ok}, or the kind of its failure
   * @return the trace
   * @throws IllegalStateException if no call is over, or it made more steps than are kept
   */
  public Trace trace(String status) {
    AllocatorStatistics did = statistics;
    if (did == null) {
      throw new IllegalStateException("a trace can be asked for when a call is over");
    }
    if (cut) {
      throw new IllegalStateException("the call made more than " + MAX_STEPS + " steps");
    }
    Header header =
        new Header(
            heapBase,
            initialPages,
            maximumPages,
            blockLimit,
            status,
            did.allocations(),
            did.deallocations(),
            did.bytesAllocatedPeak(),
            did.bumper(),
            (long) finalPages);
    return new Trace(header, Arrays.copyOf(steps, length));
  }

  private void add(Kind kind, int operand, int result) {
    int code = Trace.code(kind);
    hasher.putInt(code).putInt(operand).putInt(result);
    if (length + Trace.STEP_INTS > maxInts) {
      cut = true;
      return;
    }
    if (length + Trace.STEP_INTS > steps.length) {
      steps = Arrays.copyOf(steps, Math.min(2 * steps.length, maxInts));
    }
    steps[length++] = code;
    steps[length++] = operand;
    steps[length++] = result;
  }
}
