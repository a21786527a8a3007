package org.wasmheap.cli;

import com.google.common.base.Stopwatch;
import com.google.common.hash.HashCode;
import com.google.common.io.BaseEncoding;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
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
import org.wasmheap.conformance.TraceRecorder;
import org.wasmheap.guest.CallException;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.observe.PoisonReports;
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
  private static final int MOST_OF_NAME = 100;
  private static final int FINGERPRINT_DIGITS = 12;
  private static final String VERSION_CALL = "Core_version";

  /** {@code null} until it is loaded. */
  private @Nullable SubstrateRuntime runtime;

  private final String call;
  private final int instances;
  private final @Nullable Path recordDirectory;
  private final @Nullable Path poisonDirectory;

  private final Map<String, TraceRecorder> recorders = new HashMap<>();
  private final Map<String, HeapView> heaps = new HashMap<>();
  private final Map<String, PoisonReport> poisons = new HashMap<>();
  private final Set<HashCode> traces = new HashSet<>();
  private final Set<String> otherResults = new HashSet<>();
  private final Map<String, Long> failures = new TreeMap<>();
  private final Map<String, String> firstFailures = new TreeMap<>();
  private final Histogram run = new Histogram(3);
  private final Histogram queue = new Histogram(3);
  private final Histogram reset = new Histogram(3);
  private final Stopwatch stopwatch = Stopwatch.createUnstarted();

  private byte @Nullable [] firstResult;
  private @Nullable CliException notRecorded;
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
    this.recordDirectory = recordDirectory;
    this.poisonDirectory = poisonDirectory;
  }

  // From the workers.

  @Override
  public synchronized void created(HeapView heap) {
    TraceRecorder recorder =
        recordDirectory == null ? TraceRecorder.ofFingerprints(heap) : new TraceRecorder(heap);
    heap.observe(recorder);
    if (poisonDirectory != null) {
      heap.keepOperations();
    }
    recorders.put(heap.name(), recorder);
    heaps.put(heap.name(), heap);
  }

  @Override
  public synchronized void retired(HeapView heap) {
    heaps.remove(heap.name());
  }

  @Override
  public synchronized void poisoned(HeapView heap, PoisonReport report) {
    poisons.put(heap.name(), report);
  }

  @Override
  public void callCompleted(CallReport report) {
    TraceRecorder recorder = recorderOf(report.heap());
    HashCode trace = recorder.fingerprint();
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
      if (!heaps.containsKey(report.heap())) {
        recorders.remove(report.heap());
      }
      PoisonReport poison = poisons.remove(report.heap());
      if (traces.add(trace)) {
        write(trace, recorder, report, poison);
      }
    }
  }

  private synchronized TraceRecorder recorderOf(String heap) {
    TraceRecorder recorder = recorders.get(heap);
    if (recorder == null) {
      throw new IllegalStateException("heap " + heap + " was never created");
    }
    return recorder;
  }

  /** What the user wants written of a behaviour that is seen for the first time. */
  private void write(
      HashCode trace, TraceRecorder recorder, CallReport report, @Nullable PoisonReport poison) {
    FailureKind failure = report.failure();
    String name = fileName(report.name()) + "-" + trace.toString().substring(0, FINGERPRINT_DIGITS);
    try {
      if (recordDirectory != null) {
        OutputFiles.write(
            recordDirectory.resolve(name + ".trace"),
            recorder.trace(failure == null ? "ok" : failure.label()).toString());
      }
      if (poisonDirectory != null && poison != null) {
        OutputFiles.write(
            poisonDirectory.resolve(name + ".poison.json"), PoisonReports.json(poison));
      }
    } catch (CliException e) {
      notRecorded = e;
    } catch (IllegalStateException e) {
      notRecorded =
          CliException.notWritten(
              recordDirectory == null ? "--poison-reports" : "--record",
              String.valueOf(e.getMessage()),
              e);
    }
  }

  /** A call's name as the beginning of a file's, which has 255 bytes at most. */
  private static String fileName(String call) {
    String plain = call.replaceAll("[^A-Za-z0-9_.-]", "_");
    return plain.substring(0, Math.min(plain.length(), MOST_OF_NAME));
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
    pagesAfterReset = heaps.values().stream().mapToInt(heap -> heap.memory().pages()).max();
  }

  synchronized long failed() {
    return failed;
  }

  synchronized void requireRecorded() {
    if (notRecorded != null) {
      throw CliException.notWritten(notRecorded);
    }
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
    fields.put("distinct_traces", traces.size());
    fields.put("result_bytes", result == null ? null : result.length);
    fields.put("result_blake2_256", result == null ? null : blake2b256(result));
    fields.put("load_seconds", loaded == null ? null : loadSeconds);
    fields.put("seconds", seconds);
    fields.put("calls_per_second", seconds == 0 ? null : (ok + failed) / seconds);
    fields.put("latency_us", micros(run));
    fields.put("queue_us", micros(queue));
    fields.put("reset_us", micros(reset));
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

  private static @Nullable Map<String, Double> micros(Histogram nanos) {
    if (nanos.getTotalCount() == 0) {
      return null;
    }
    Map<String, Double> quantiles = new LinkedHashMap<>();
    quantiles.put("p50", nanos.getValueAtPercentile(50) / 1e3);
    quantiles.put("p99", nanos.getValueAtPercentile(99) / 1e3);
    quantiles.put("max", nanos.getMaxValue() / 1e3);
    return quantiles;
  }
}
