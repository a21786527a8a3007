package org.wasmheap.cli;

import com.google.common.hash.HashCode;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.wasmheap.conformance.TraceRecorder;
import org.wasmheap.guest.FailureKind;
import org.wasmheap.heap.HeapView;
import org.wasmheap.heap.PoisonReport;
import org.wasmheap.observe.PoisonReports;
import org.wasmheap.pool.CallReport;
import org.wasmheap.pool.PoolListener;

/**
 * Follows the allocators of all heaps, and writes what the user wants of each behaviour that is
 * seen for the first time. Workers report from their threads: all state is guarded by this object's
 * monitor.
 */
final class Recordings implements PoolListener {
  private static final int MOST_OF_NAME = 100;
  private static final int FINGERPRINT_DIGITS = 12;

  private final @Nullable Path recordDirectory;
  private final @Nullable Path poisonDirectory;
  private final Map<String, TraceRecorder> recorders = new HashMap<>();
  private final Map<String, HeapView> heaps = new HashMap<>();
  private final Map<String, PoisonReport> poisons = new HashMap<>();
  private final Set<HashCode> traces = new HashSet<>();
  private @Nullable CliException notWritten;

  Recordings(@Nullable Path recordDirectory, @Nullable Path poisonDirectory) {
    this.recordDirectory = recordDirectory;
    this.poisonDirectory = poisonDirectory;
  }

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
      notWritten = e;
    } catch (IllegalStateException e) {
      notWritten =
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

  /** How many different behaviours there were. */
  synchronized int distinct() {
    return traces.size();
  }

  /** The largest logical size of a heap that is there. */
  synchronized OptionalInt pages() {
    return heaps.values().stream().mapToInt(heap -> heap.memory().pages()).max();
  }

  synchronized void requireWritten() {
    if (notWritten != null) {
      throw CliException.notWritten(notWritten);
    }
  }
}
