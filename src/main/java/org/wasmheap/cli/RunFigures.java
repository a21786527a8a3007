package org.wasmheap.cli;

import com.google.common.base.Stopwatch;
import com.google.common.io.BaseEncoding;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.HdrHistogram.Histogram;
import org.bouncycastle.crypto.digests.Blake2bDigest;
import org.jspecify.annotations.Nullable;
import org.wasmheap.endive.EndiveModule;
import org.wasmheap.guest.CallException;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.ExecutorStatistics;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.RuntimeVersion;
import org.wasmheap.runtime.SubstrateRuntime;
import org.wasmheap.text.Printable;

/**
 * What a run comes to. Workers report from their threads, so all state is guarded by this object's
 * monitor; what they do inside is short.
 */
final class RunFigures implements PoolListener {
  private static final String VERSION_CALL = "Core_version";

  /** {@code null} until it is loaded. */
  private @Nullable SubstrateRuntime runtime;

  private final String call;
  private final int instances;
  private final Recordings recordings;
  private final Set<String> otherResults = new HashSet<>();
  private final Map<String, Long> failures = new TreeMap<>();
  private final Map<String, String> firstFailures = new TreeMap<>();
  private final Histogram run = new Histogram(3);
  private final Histogram queue = new Histogram(3);
  private final Histogram reset = new Histogram(3);
  private final Stopwatch stopwatch = Stopwatch.createUnstarted();

  private byte @Nullable [] firstResult;
  private @Nullable ExecutorStatistics statistics;
  private double loadSeconds;
  private long ok;
  private long failed;
  private long ran;
  private long allocations;
  private long peakBytes;
  private int peakPages;
  private OptionalInt pagesAfterReset = OptionalInt.empty();

  RunFigures(
      String call, int instances, @Nullable Path recordDirectory, @Nullable Path poisonDirectory) {
    this.call = call;
    this.instances = instances;
    this.recordings = new Recordings(recordDirectory, poisonDirectory);
  }

  // From the workers.

  @Override
  public void created(HeapView heap) {
    recordings.created(heap);
  }

  @Override
  public void retired(HeapView heap) {
    recordings.retired(heap);
  }

  @Override
  public void poisoned(HeapView heap, PoisonReport report) {
    recordings.poisoned(heap, report);
  }

  @Override
  public void callCompleted(CallReport report) {
    recordings.callCompleted(report);
    synchronized (this) {
      ran++;
      run.recordValue(report.runNanos());
      queue.recordValue(Math.max(0, report.queueNanos()));
      if (report.failure() == null) {
        reset.recordValue(report.resetNanos());
      }
      allocations += report.allocations();
      peakBytes = Math.max(peakBytes, report.bytesAllocatedPeak());
      peakPages = Math.max(peakPages, report.pagesPeak());
    }
  }

  synchronized void succeeded(byte[] result) {
    ok++;
    byte[] first = firstResult;
    if (first == null) {
      firstResult = result;
    } else if (!Arrays.equals(first, result)) {
      otherResults.add(blake2b256(result));
    }
  }

  synchronized void failed(CallException failure) {
    failed++;
    failures.merge(failure.kind().label(), 1L, Long::sum);
    firstFailures.putIfAbsent(failure.kind().label(), String.valueOf(failure.getMessage()));
  }

  // From the main thread.

  synchronized void loaded(SubstrateRuntime loaded, long nanos) {
    runtime = loaded;
    loadSeconds = nanos / 1e9;
  }

  synchronized void started() {
    stopwatch.start();
  }

  /** The last call is over, or no more of them count. */
  synchronized void ended() {
    if (stopwatch.isRunning()) {
      stopwatch.stop();
    }
  }

  synchronized void read(ExecutorStatistics atTheEnd) {
    statistics = atTheEnd;
    pagesAfterReset = recordings.pages();
  }

  synchronized long failed() {
    return failed;
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
    SubstrateRuntime loaded = runtime;
    ExecutorStatistics end = statistics;
    double seconds = stopwatch.elapsed(TimeUnit.NANOSECONDS) / 1e9;
    byte[] result = firstResult;
    RuntimeVersion version = versionOf(result);
    Map<String, @Nullable Object> fields = new LinkedHashMap<>();
    fields.put("runtime", loaded == null ? null : text(loaded.code().origin()));
    fields.put("code_hash", loaded == null ? null : loaded.code().codeHashHex());
    fields.put("call", text(call));
    fields.put("instances", instances);
    fields.put("strategy", loaded == null ? null : loaded.strategy().kind().toString());
    fields.put("calls", ok + failed);
    fields.put("ok", ok);
    fields.put("failed", failed);
    fields.put("failures", failures);
    fields.put("spec_name", version == null ? null : text(version.specName()));
    fields.put("spec_version", version == null ? null : version.specVersion());
    fields.put("distinct_results", (result == null ? 0 : 1) + otherResults.size());
    fields.put("distinct_traces", recordings.distinct());
    fields.put("result_bytes", result == null ? null : result.length);
    fields.put("result_blake2_256", result == null ? null : blake2b256(result));
    fields.put("load_seconds", loaded == null ? null : loadSeconds);
    EndiveModule.CodeFigures compiled = loaded == null ? null : loaded.codeFigures();
    fields.put("functions", compiled == null ? null : compiled.functions());
    fields.put("functions_interpreted", compiled == null ? null : compiled.interpreted());
    fields.put("functions_huge", compiled == null ? null : compiled.huge());
    fields.put("class_bytes", compiled == null ? null : compiled.classBytes());
    fields.put("class_bytes_waiting", compiled == null ? null : compiled.waitingClassBytes());
    fields.put("parsed_instructions", compiled == null ? null : compiled.parsedInstructions());
    fields.put("image_bytes", compiled == null ? null : compiled.imageBytes());
    fields.put("code_cached", compiled == null ? null : compiled.fromStore());
    fields.put("seconds", seconds);
    fields.put("calls_per_second", seconds == 0 ? null : (ok + failed) / seconds);
    fields.put("latency_us", RunOutput.micros(run));
    fields.put("queue_us", RunOutput.micros(queue));
    fields.put("reset_us", RunOutput.micros(reset));
    fields.put("initial_pages", loaded == null ? null : loaded.initialPages());
    fields.put("peak_pages", ran == 0 ? null : peakPages);
    fields.put(
        "pages_after_reset", pagesAfterReset.isPresent() ? pagesAfterReset.getAsInt() : null);
    fields.put("materialised_bytes", end == null ? null : end.materialisedBytes());
    fields.put("allocations_per_call", ran == 0 ? null : (double) allocations / ran);
    fields.put("peak_bytes_per_call", ran == 0 ? null : peakBytes);
    fields.put("heaps_replaced", end == null ? 0 : end.replaced());
    fields.put("poisoned", end == null ? 0 : end.poisoned());
    return fields;
  }

  /** As it is, but of a bounded length; escaped by what prints it. */
  private static String text(String foreign) {
    return Printable.cut(foreign, Printable.MAX_TEXT);
  }

  private @Nullable RuntimeVersion versionOf(byte @Nullable [] result) {
    if (result == null || !call.equals(VERSION_CALL)) {
      return null;
    }
    try {
      return RuntimeVersion.decode(result);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static String blake2b256(byte[] bytes) {
    Blake2bDigest digest = new Blake2bDigest(256);
    digest.update(bytes, 0, bytes.length);
    byte[] hash = new byte[digest.getDigestSize()];
    digest.doFinal(hash, 0);
    return "0x" + BaseEncoding.base16().lowerCase().encode(hash);
  }
}
