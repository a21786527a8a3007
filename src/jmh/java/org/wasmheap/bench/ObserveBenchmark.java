package org.wasmheap.bench;

import com.google.common.util.concurrent.Futures;
import com.google.common.util.concurrent.ListenableFuture;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import jdk.jfr.Configuration;
import jdk.jfr.Recording;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;
import org.wasmheap.endive.EndiveGuest;
import org.wasmheap.guest.GuestCall;
import org.wasmheap.observe.FlightRecorderListener;
import org.wasmheap.observe.WasmHeapMetrics;
import org.wasmheap.pool.CallOptions;
import org.wasmheap.pool.HeapExecutor;
import org.wasmheap.pool.PoolListener;
import org.wasmheap.runtime.HeapStrategy;
import org.wasmheap.runtime.SubstrateRuntime;

/**
 * What it costs a pooled {@code Core_version} call of Westend to be seen: nobody listens, a
 * listener that does nothing (so that the report is made), Flight Recorder with no recording and
 * with one that has every event, Micrometer.
 *
 * <p>{@code mvn -q test-compile exec:exec@jmh -Djmh.args="ObserveBenchmark"}; add {@code -prof gc}
 * for the garbage of a call.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@Fork(3)
public class ObserveBenchmark {
  private static final String CALL = "Core_version";
  private static final int BATCH = 500;
  private static final Path SETTINGS = Path.of("config", "wasmheap.jfc");

  /** Who listens. */
  public enum Listener {
    /** Nobody. */
    NONE,
    /** One that does nothing. */
    EMPTY,
    /** Flight Recorder, which does not record. */
    JFR_OFF,
    /** Flight Recorder, which records every event. */
    JFR_ON,
    /** Micrometer's simple registry. */
    MICROMETER
  }

  /** Who listens. */
  @Param public Listener listener;

  private HeapExecutor<EndiveGuest> executor;
  private GuestCall<EndiveGuest, byte[]> work;
  private Recording recording;

  /** Loads the runtime, and begins to record. */
  @Setup
  public void setUp() throws IOException, ParseException {
    SubstrateRuntime runtime =
        BenchRuntime.load(HeapStrategy.ofStatic(HeapStrategy.DEFAULT_HEAP_PAGES));
    work = runtime.call(CALL, new byte[0]);
    executor = HeapExecutor.builder(runtime).workers(1).listener(hears()).build();
    if (listener == Listener.MICROMETER) {
      WasmHeapMetrics.of(executor).bindTo(new SimpleMeterRegistry());
    }
    if (listener == Listener.JFR_ON) {
      recording = new Recording(Configuration.create(SETTINGS));
      recording.setMaxSize(64L << 20);
      recording.start();
    }
  }

  private PoolListener hears() {
    return switch (listener) {
      case NONE, MICROMETER -> PoolListener.NONE;
      case EMPTY -> new PoolListener() {};
      case JFR_OFF, JFR_ON -> new FlightRecorderListener();
    };
  }

  /** Checks what calls give, after all measuring; ends the threads and the recording. */
  @TearDown
  public void close() throws ExecutionException, InterruptedException {
    Expected.westend(CALL, pooled());
    executor.close();
    if (recording != null) {
      recording.close();
    }
  }

  /** Calls with many under way; the time of one. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public List<byte[]> pooled() throws ExecutionException, InterruptedException {
    List<ListenableFuture<byte[]>> results = new ArrayList<>(BATCH);
    for (int i = 0; i < BATCH; i++) {
      results.add(executor.submit(CallOptions.named(CALL), work));
    }
    return Futures.allAsList(results).get();
  }
}
