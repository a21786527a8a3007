package org.wasmheap.cli;

import com.google.common.base.Stopwatch;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.jspecify.annotations.Nullable;
import org.wasmheap.block.BlockFigures;
import org.wasmheap.block.BlockResult;
import org.wasmheap.block.BlockResult.GuestFailed;
import org.wasmheap.block.BlockResult.HostFailed;
import org.wasmheap.cli.BlockList.Entry;
import org.wasmheap.heap.HeapView;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.state.State;

/**
 * What the execution of blocks comes to. Workers report from their threads, so all state is guarded
 * by this object's monitor.
 */
final class BlocksFigures implements PoolListener {
  /** The pass in which each block waits for the one before it. */
  static final int IN_ORDER = 0;

  /** The first pass in which they do not wait. */
  private static final int WARMING_UP = 1;

  private static final String NO_PARENT = "no_parent";

  private final int instances;
  private final @Nullable Path recordDirectory;
  private final Recordings recordings;
  private final Map<String, HeapView> heaps = new TreeMap<>();

  /** Blocks that had their turn in the pass in order. */
  private final List<Entry> seen = new ArrayList<>();

  private final Set<Entry> failed = new HashSet<>();
  private final Map<String, Long> failures = new TreeMap<>();
  private final Map<String, String> firstFailures = new TreeMap<>();
  private final Stopwatch order = Stopwatch.createUnstarted();
  private final Stopwatch pass = Stopwatch.createUnstarted();

  /** Of one kind of pass: see {@link #isOfNewKind}. */
  private final Histogram block = new Histogram(3);

  private final Histogram reset = new Histogram(3);
  private boolean loaded;
  private double loadSeconds;
  private int measuredPass = IN_ORDER;
  private long executions;
  private long executedInOrder;
  private long executedInPass;
  private long executedInPasses;
  private double passesSeconds;
  private long allocations;
  private long peakBytes;
  private int initialPages;
  private long replaced;
  private long poisoned;
  private OptionalInt pagesAfterReset = OptionalInt.empty();

  BlocksFigures(int instances, @Nullable Path recordDirectory) {
    this.instances = instances;
    this.recordDirectory = recordDirectory;
    this.recordings = new Recordings(recordDirectory, null);
  }

  // From the workers.

  @Override
  public synchronized void created(HeapView heap) {
    heaps.put(heap.name(), heap);
    if (recordDirectory != null) {
      recordings.created(heap);
    }
  }

  @Override
  public synchronized void retired(HeapView heap) {
    heaps.remove(heap.name());
    if (recordDirectory != null) {
      recordings.retired(heap);
    }
  }

  @Override
  public void callCompleted(CallReport report) {
    synchronized (this) {
      initialPages = Math.max(initialPages, report.pagesBefore());
    }
    if (recordDirectory != null) {
      recordings.callCompleted(report);
    }
  }

  /** A block was executed, in order or in a pass after that. */
  synchronized void executed(Entry entry, BlockResult result, int inPass) {
    BlockFigures took = result.figures();
    if (inPass == IN_ORDER) {
      seen.add(entry);
    }
    if (took.ran()) {
      count(took, inPass);
    }
    if (!(result instanceof BlockResult.Executed)) {
      failed(entry, result.label(), wordsOf(result));
    }
  }

  private void count(BlockFigures took, int inPass) {
    executions++;
    executedInOrder += inPass == IN_ORDER ? 1 : 0;
    executedInPass++;
    if (isOfNewKind(inPass)) {
      measuredPass = inPass;
      block.reset();
      reset.reset();
    }
    block.recordValue(took.nanos());
    if (took.resetNanos() > 0) {
      reset.recordValue(took.resetNanos());
    }
    allocations += took.allocations();
    peakBytes = Math.max(peakBytes, took.peakBytes());
  }

  /**
   * What is measured is the last kind of pass that there was: in order; the first in parallel,
   * which warms up if there are more; all others.
   */
  private boolean isOfNewKind(int inPass) {
    return inPass > measuredPass && measuredPass <= WARMING_UP;
  }

  private void failed(Entry entry, String label, String words) {
    if (failed.add(entry)) {
      failures.merge(label, 1L, Long::sum);
      firstFailures.putIfAbsent(
          label, entry.file() + ": block " + entry.block().header().number() + ": " + words);
    }
  }

  private static String wordsOf(BlockResult result) {
    if (result instanceof GuestFailed guest) {
      return String.valueOf(guest.failure().getMessage());
    }
    if (result instanceof HostFailed host) {
      return String.valueOf(host.failure().getMessage());
    }
    return result.toString();
  }

  // From the main thread.

  synchronized void loaded(long nanos) {
    loaded = true;
    loadSeconds = nanos / 1e9;
  }

  synchronized void orderBegins() {
    order.start();
  }

  synchronized void orderEnds() {
    order.stop();
  }

  /** The block before it has left no state to execute it on. */
  synchronized void noParent(Entry entry) {
    seen.add(entry);
    failed(entry, NO_PARENT, "the block before it failed");
  }

  synchronized void passBegins() {
    executedInPass = 0;
    pass.reset().start();
  }

  /** The first of several passes is for warming up. */
  synchronized void passEnds(int number, int of) {
    pass.stop();
    if (number > WARMING_UP || of == WARMING_UP) {
      passesSeconds += pass.elapsed(TimeUnit.NANOSECONDS) / 1e9;
      executedInPasses += executedInPass;
    }
  }

  synchronized void read(List<ExecutorStatistics> atTheEnd) {
    replaced = atTheEnd.stream().mapToLong(ExecutorStatistics::replaced).sum();
    poisoned = atTheEnd.stream().mapToLong(ExecutorStatistics::poisoned).sum();
    pagesAfterReset = heaps.values().stream().mapToInt(heap -> heap.memory().pages()).max();
  }

  synchronized int failed() {
    return failed.size();
  }

  void requireRecorded() {
    recordings.requireWritten();
  }

  synchronized String json() {
    return RunOutput.json(fields());
  }

  synchronized String table() {
    return RunOutput.table(fields(), firstFailures);
  }

  private Map<String, @Nullable Object> fields() {
    Entry first = seen.isEmpty() ? null : seen.get(0);
    Entry last = seen.isEmpty() ? null : seen.get(seen.size() - 1);
    State state = last == null ? null : last.after();
    double seconds = order.elapsed(TimeUnit.NANOSECONDS) / 1e9;
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("blocks", seen.size());
    fields.put("ok", seen.size() - failed.size());
    fields.put("failed", failed.size());
    fields.put("failures", failures);
    fields.put("first_number", first == null ? null : first.block().header().number());
    fields.put("last_number", last == null ? null : last.block().header().number());
    fields.put("extrinsics", seen.stream().mapToInt(each -> each.block().body().size()).sum());
    fields.put("executions", executions);
    fields.put("state_root", state == null ? null : "0x" + HexFormat.of().formatHex(state.root()));
    fields.put("load_seconds", loaded ? loadSeconds : null);
    fields.put("seconds", seconds);
    fields.put("blocks_per_second", seconds == 0 ? null : executedInOrder / seconds);
    fields.put("repeat_seconds", passesSeconds == 0 ? null : passesSeconds);
    fields.put(
        "repeat_blocks_per_second", passesSeconds == 0 ? null : executedInPasses / passesSeconds);
    fields.put("block_ms", millis(block));
    fields.put("reset_us", RunOutput.micros(reset));
    fields.put("allocations_per_block", executions == 0 ? null : (double) allocations / executions);
    fields.put("peak_bytes_per_block", executions == 0 ? null : peakBytes);
    fields.put("instances", instances);
    fields.put("initial_pages", executions == 0 ? null : initialPages);
    fields.put(
        "pages_after_reset", pagesAfterReset.isPresent() ? pagesAfterReset.getAsInt() : null);
    fields.put("heaps_replaced", replaced);
    fields.put("poisoned", poisoned);
    return fields;
  }

  private static @Nullable Map<String, Double> millis(Histogram nanos) {
    if (nanos.getTotalCount() == 0) {
      return null;
    }
    Map<String, Double> figures = new LinkedHashMap<>();
    figures.put("min", nanos.getMinValue() / 1e6);
    figures.put("p50", nanos.getValueAtPercentile(50) / 1e6);
    figures.put("mean", nanos.getMean() / 1e6);
    figures.put("p99", nanos.getValueAtPercentile(99) / 1e6);
    figures.put("max", nanos.getMaxValue() / 1e6);
    return figures;
  }
}
